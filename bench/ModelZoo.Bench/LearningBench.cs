using System.Diagnostics;
using System.Globalization;
using System.IO.Compression;
using System.Text;
using System.Text.RegularExpressions;
using ModelZoo.Cli.Populations;
using ModelZoo.Inference.Runtime;
using ModelZoo.Learning.Datasets;
using ModelZoo.Learning.Models;
using ModelZoo.Learning.Training;

namespace ModelZoo.Bench;

/// <summary>The laptop recipe against PyTorch: an epoch of 1,000 images in 20 steps of AdamW, one member and as many as there are cores.</summary>
static partial class LearningBench
{
    const int Images = 1000, Batch = 50, Epochs = 15;

    public static async Task<Section> RunAsync(BenchOptions options)
    {
        var data = Path.Combine(options.Folder, "images.csv.gz");
        var set = Shapes8.Make(Images, 1);
        await WriteAsync(set, data);
        var cores = Environment.ProcessorCount;
        var rows = new List<IReadOnlyList<string>>();
        foreach (var dim in (int[])[32, 64])
            foreach (var members in (int[])[1, cores])
            {
                var (theirs, ours, graphs) = (new List<double>(), new List<double>(), new List<double>());
                for (var round = 0; round <= options.Rounds; round++)
                {
                    var their = members * Images / 1000.0 / await TorchAsync(data, dim, members);
                    var our = members * Images / 1000.0 / Own(set, dim, members);
                    var graph = members == 1 ? 1 / await GraphAsync(set, dim, options.Folder) : 0;
                    if (round == 0) continue;
                    theirs.Add(their);
                    ours.Add(our);
                    graphs.Add(graph);
                }
                rows.Add([$"dim {dim}, {(members == 1 ? "one member" : $"{members} members at once")}", theirs.Spread(), ours.Spread(), ours.Zip(theirs, (a, b) => a / b).ToList().Spread(), members == 1 ? graphs.Spread() : "–"]);
            }
        return new("learning", "Training the laptop recipe", "Epochs a second of the tiny ViT (4 blocks, 4 heads; 1,000 images of 8×8, 20 steps of 50, AdamW). Aim: 3 times PyTorch on the same cores, never below 1.7.",
            ["", "PyTorch", "ours", "ours / PyTorch: median (range)", "graph in ONNX Runtime, at most"], rows,
            [
                $"{options.Rounds} rounds after one to warm up, the sides in turn; each round's figure is its best epoch of {Epochs}, so that a busy machine disturbs little. Evaluation is not counted.",
                "PyTorch: Debian's, one thread a process (its best here), as many processes as members. Ours: one thread a member in one process.",
                "Graph: the forward pass alone of the same model as an ONNX graph, one thread, counted three times because a backward pass does twice its arithmetic. Gradients of norms and softmax, the optimiser and parameters as inputs would come on top: a bound from above for a step executed by ONNX Runtime, and no measured step.",
            ]);
    }

    /// <summary>Seconds of the best epoch; of several processes that ran at once, their mean.</summary>
    static async Task<double> TorchAsync(string data, int dim, int processes)
    {
        var script = Path.Combine(Report.Repository(), "bench", "learning", "torch_epochs.py");
        var found = await Task.WhenAll(Enumerable.Range(0, processes).Select(async _ =>
        {
            using var process = Process.Start(new ProcessStartInfo("/usr/bin/python3", [script, data, $"{dim}", $"{Epochs}"]) { RedirectStandardOutput = true })!;
            var text = await process.StandardOutput.ReadToEndAsync();
            await process.WaitForExitAsync();
            return EpochTime().Match(text) is { Success: true } match ? double.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture) / 1000 : throw new InvalidOperationException($"PyTorch did not run: {text}");
        }));
        return found.Average();
    }

    static double Own(ImageSet set, int dim, int members)
    {
        var best = new double[members];
        Clients.Run(members, member =>
        {
            var model = Model(dim);
            var head = new HeadShape(HeadKind.Linear, 0, set.Classes);
            var settings = new TrainSettings { Epochs = Epochs, Batch = Batch, LearningRate = 1e-3, WeightDecay = 1e-4, LabelSmoothing = 0.1 };
            var trainer = new MemberTrainer(new(model, head, settings, set, [], (ulong)member + 1, StartingPoint.Of(model, head, Initialization.XavierUniform, 1, 1)));
            best[member] = double.MaxValue;
            for (var epoch = 0; epoch < Epochs; epoch++)
            {
                var clock = Stopwatch.StartNew();
                trainer.RunEpoch(CancellationToken.None, evaluate: false);
                best[member] = Math.Min(best[member], clock.Elapsed.TotalSeconds);
            }
        });
        return best.Average();
    }

    /// <summary>Seconds that an epoch's forward passes take at best, times three.</summary>
    static async Task<double> GraphAsync(ImageSet set, int dim, string folder)
    {
        var model = Model(dim);
        var head = new HeadShape(HeadKind.Linear, 0, set.Classes);
        var path = Path.Combine(folder, $"member-{dim}.onnx");
        await File.WriteAllBytesAsync(path, MemberGraph.Write(model, head, StartingPoint.Of(model, head, Initialization.XavierUniform, 1, 1)));
        using var session = await OnnxSession.OpenAsync(path, SessionSettings.Default, CancellationToken.None);
        var input = new float[Batch * set.PixelsEach];
        for (var i = 0; i < Batch; i++) set.Read(i, input.AsSpan(i * set.PixelsEach, set.PixelsEach));
        var best = double.MaxValue;
        for (var epoch = 0; epoch < Epochs; epoch++)
        {
            var clock = Stopwatch.StartNew();
            for (var step = 0; step < Images / Batch; step++)
            {
                using var tensor = Tensor.Of<float>(input, [Batch, 1, set.Side, set.Side]);
                using var outputs = session.Run([("pixel_values", tensor)], CancellationToken.None);
                outputs[0].ToFloats();
            }
            best = Math.Min(best, clock.Elapsed.TotalSeconds);
        }
        return 3 * best;
    }

    static Architecture Model(int dim) => new() { Family = Family.Vit, Image = 8, Patch = 2, Dim = dim, Depth = 4, Heads = 4, Mlp = 2 * dim };

    /// <summary>As the file of digits: 64 numbers and the class in each row.</summary>
    static async Task WriteAsync(ImageSet set, string path)
    {
        var text = new StringBuilder();
        for (var i = 0; i < set.Count; i++) text.AppendJoin(',', set.Pixels.AsSpan(i * set.PixelsEach, set.PixelsEach).ToArray()).Append(',').Append(set.Labels[i]).Append('\n');
        await using var packed = new GZipStream(File.Create(path), CompressionLevel.Fastest);
        await packed.WriteAsync(Encoding.ASCII.GetBytes(text.ToString()));
    }

    [GeneratedRegex(@": (\d+(?:\.\d+)?) ms an epoch")]
    private static partial Regex EpochTime();
}
