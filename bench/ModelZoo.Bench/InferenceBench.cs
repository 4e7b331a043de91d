using System.Diagnostics;
using System.Globalization;
using System.Text;
using ModelZoo.Inference.Runtime;
using ModelZoo.Inference.Tokenizers;

namespace ModelZoo.Bench;

/// <summary>Calls of models against onnxruntime-node, and tokenizers against @huggingface/tokenizers: the same files, one thread, rounds interleaved.</summary>
static class InferenceBench
{
    const string Packages = "onnxruntime-node@1.30.0 @huggingface/tokenizers@0.2.0";

    static readonly (string Name, string Path, long[] Shape)[] s_models =
    [
        ("MNIST CNN (26 KB)", "mnist-cnn-cntk/mnist.onnx", [1, 1, 28, 28]),
        ("ResNet-20 (1.1 MB)", "resnet20-cifar10/model.onnx", [1, 3, 32, 32]),
        ("UltraFace RFB-320 (1.2 MB)", "ultraface-rfb-320/version-RFB-320.onnx", [1, 3, 240, 320]),
    ];

    static readonly (string Name, string Path)[] s_tokenizers =
    [
        ("WordPiece (bert-base-uncased)", "tokenizers/bert-base-uncased"), ("byte-level BPE (roberta-base)", "tokenizers/roberta-base"),
        ("Unigram (t5-small)", "tokenizers/t5-small"), ("BPE with byte fallback (shakespeare-spm)", "tokenizers/shakespeare-spm"),
    ];

    public static async Task<Section> RunAsync(BenchOptions options)
    {
        var data = FindData();
        using var peer = await StartPeerAsync(options.Folder);
        var rows = new List<IReadOnlyList<string>>();
        foreach (var (name, path, shape) in s_models) rows.Add(await CallAsync(name, Path.Combine(data, "models", path), shape, peer, options));
        var text = Path.Combine(data, "eval", "tinyshakespeare", "input.txt");
        foreach (var (name, path) in s_tokenizers) rows.Add(await TokenizeAsync(name, Path.Combine(data, "models", path, "tokenizer.json"), text, peer, options));
        return new(
            "inference", "Calls of models, and tokenizers", "Processor time, one thread, against onnxruntime-node 1.30.0 (the same native library) and @huggingface/tokenizers 0.2.0. Aim: not behind either.",
            ["", "ModelZoo", "peer", "ModelZoo faster by"], rows,
            [
                $"{options.Rounds} rounds of {options.Seconds:0.#} s a side, interleaved; medians and ranges of the rounds.",
                "Calls: processor microseconds each, input made anew and output copied out. Tokenizers: MB of text per processor second, without special tokens, in paragraphs of 1.1 MB of plays; both sides must count the same tokens.",
            ]);
    }

    static async Task<IReadOnlyList<string>> CallAsync(string name, string path, long[] shape, Process peer, BenchOptions options)
    {
        using var session = await OnnxSession.OpenAsync(path, SessionSettings.Default, CancellationToken.None);
        var input = session.Inputs[0].Name;
        var numbers = Enumerable.Range(0, (int)shape.Aggregate(1L, (a, b) => a * b)).Select(i => (float)Math.Sin(0.01 * i)).ToArray();
        var (ours, theirs) = (new List<double>(), new List<double>());
        for (var round = 0; round <= options.Rounds; round++)
        {
            var own = PerUnit(options.Seconds, () =>
            {
                using var tensor = Tensor.Of<float>(numbers, shape);
                using var outputs = session.Run([(input, tensor)], CancellationToken.None);
                for (var i = 0; i < outputs.Names.Count; i++) outputs[i].ToFloats();
            });
            var other = (await AskAsync(peer, "call", path, input, string.Join('x', shape), options.Seconds))[0];
            if (round == 0) continue;
            ours.Add(own);
            theirs.Add(other);
        }
        return [$"{name}, µs a call", ours.Spread(), theirs.Spread(), Ratio(theirs.Median(), ours.Median())];
    }

    static async Task<IReadOnlyList<string>> TokenizeAsync(string name, string path, string text, Process peer, BenchOptions options)
    {
        var tokenizer = Tokenizer.Parse(await File.ReadAllBytesAsync(path));
        var lines = (await File.ReadAllTextAsync(text)).Split("\n\n");
        var bytes = lines.Sum(line => (long)Encoding.UTF8.GetByteCount(line));
        var ids = new List<int>();
        var (ours, theirs) = (new List<double>(), new List<double>());
        for (var round = 0; round <= options.Rounds; round++)
        {
            var tokens = 0;
            var own = PerUnit(options.Seconds, () =>
            {
                tokens = 0;
                foreach (var line in lines)
                {
                    ids.Clear();
                    tokenizer.EncodeIds(line, ids);
                    tokens += ids.Count;
                }
            });
            var answer = await AskAsync(peer, "tokenize", path, text, options.Seconds);
            if ((int)answer[1] != tokens) throw new InvalidOperationException($"{name}: {tokens} tokens here, {answer[1]} there.");
            if (round == 0) continue;
            ours.Add(bytes / own);
            theirs.Add(1 / answer[0]);
        }
        return [$"{name}, MB/s", ours.Spread(), theirs.Spread(), Ratio(ours.Median(), theirs.Median())];
    }

    static string Ratio(double above, double below) => (above / below).ToString("F2", CultureInfo.InvariantCulture);

    /// <summary>Processor microseconds of one piece of work.</summary>
    static double PerUnit(double seconds, Action work)
    {
        var watch = Stopwatch.StartNew();
        var before = Environment.CpuUsage.TotalTime;
        var count = 0;
        for (; count == 0 || watch.Elapsed.TotalSeconds < seconds; count++) work();
        return (Environment.CpuUsage.TotalTime - before).TotalMicroseconds / count;
    }

    internal static async Task<Process> StartPeerAsync(string folder)
    {
        // Its own install script would fetch libraries for other processors.
        using (var install = Process.Start(new ProcessStartInfo("npm", $"install --silent --no-audit --no-fund --ignore-scripts --prefix \"{folder}\" {Packages}"))!)
        {
            await install.WaitForExitAsync();
            if (install.ExitCode != 0) throw new InvalidOperationException($"npm could not install {Packages}.");
        }
        File.Copy(Path.Combine(Report.Repository(), "bench", "inference.mjs"), Path.Combine(folder, "inference.mjs"), overwrite: true);
        return Process.Start(new ProcessStartInfo("node", "inference.mjs") { WorkingDirectory = folder, RedirectStandardInput = true, RedirectStandardOutput = true })!;
    }

    internal static async Task<double[]> AskAsync(Process peer, params object[] question)
    {
        await peer.StandardInput.WriteLineAsync(string.Join('\t', question.Select(part => Convert.ToString(part, CultureInfo.InvariantCulture))));
        await peer.StandardInput.FlushAsync();
        var answer = await peer.StandardOutput.ReadLineAsync() ?? throw new InvalidOperationException("The peer ended.");
        return [.. answer.Split('\t').Select(number => double.Parse(number, CultureInfo.InvariantCulture))];
    }

    internal static string FindData()
    {
        if (Environment.GetEnvironmentVariable("MODELZOO_SHARED") is { Length: > 0 } named) return Path.Combine(named, "data");
        for (var folder = Directory.GetParent(Report.Repository()); folder is not null; folder = folder.Parent)
            if (Directory.Exists(Path.Combine(folder.FullName, "shared", "data", "models"))) return Path.Combine(folder.FullName, "shared", "data");
        throw new DirectoryNotFoundException("The models are not here: set MODELZOO_SHARED to a folder that has data/models and data/eval.");
    }
}
