using System.Diagnostics;
using System.IO.Compression;
using System.Runtime.InteropServices;
using System.Text;
using ModelZoo.Weights;

namespace ModelZoo.Bench;

/// <summary>Conversion of weights: a checkpoint against `cp` of the same file, casts and quantisers against a plain copy of the numbers they read.</summary>
static class ConvertBench
{
    const int Tensors = 16;
    const int ComputeElements = 32 << 20;

    public static async Task<Section> RunAsync(BenchOptions options)
    {
        var rows = new List<IReadOnlyList<string>>();
        var checkpoint = Path.Combine(options.Folder, "pytorch_model.bin");
        WriteCheckpoint(checkpoint, options.FileBytes / Tensors / 4);
        var bytes = new FileInfo(checkpoint).Length;
        var (copies, conversions) = (new List<double>(), new List<double>());
        for (var round = 0; round <= options.Rounds; round++)
        {
            // Each makes a new file, from memory that the other does not leave behind for it.
            var (copied, converted) = (Path.Combine(options.Folder, "copy.bin"), Path.Combine(options.Folder, "model.safetensors"));
            File.Delete(copied);
            var copy = Time(() => Copy(checkpoint, copied));
            File.Delete(converted);
            var clock = Stopwatch.StartNew();
            await WeightConverter.ConvertAsync(new FolderFiles(options.Folder), "pytorch_model.bin", converted,
                new ConversionOptions(ConversionTarget.Safetensors), CancellationToken.None);
            if (round == 0) continue;          // warms the cache and the compiler
            copies.Add(copy);
            conversions.Add(clock.Elapsed.TotalSeconds);
        }
        rows.Add(["PyTorch → safetensors", "`cp`, then `sync` of the copy", Rate(bytes, copies), Rate(bytes, conversions), Ratio(copies, conversions)]);
        await AddTorchAsync(rows, checkpoint, bytes, options);
        foreach (var type in (DType[])[DType.BF16, DType.F16, DType.Q80, DType.Q40, DType.Q4K]) rows.Add(Compute(type, options));
        return new("convert", "Conversion of weights",
            $"A checkpoint of {bytes / 1e9:0.#} GB; casts and quantisers over {ComputeElements * 4 / 1e6:0} MB of F32 on one core. Goal: the disk's copy speed; for Q8_0 and Q4_0 one core's memory bandwidth.",
            ["", "against", "that MB/s", "ours MB/s", "ours / that: median (range)"], rows,
            [
                $"{options.Rounds} rounds, the two sides in turn, after one to warm up. MB are of the input.",
                "Both files are on disk before the clock stops, and both are new: what the last round made is removed before. A plain copy loop moves each number once in and once out; a quantiser reads as much and writes less.",
            ]);
    }

    /// <summary>Python with Debian's PyTorch: torch.load, then each tensor's bytes into a file that is durable at the end. Its start is not counted.</summary>
    static async Task AddTorchAsync(List<IReadOnlyList<string>> rows, string checkpoint, long bytes, BenchOptions options)
    {
        const string python = "/usr/bin/python3";
        const string program = """
            import os, sys, time, torch
            def run(source, target):
                begin = time.perf_counter()
                tensors = torch.load(source, map_location="cpu")
                with open(target, "wb") as file:
                    for name in sorted(tensors): file.write(memoryview(tensors[name].contiguous().numpy()).cast("B"))
                    file.flush()
                    os.fsync(file.fileno())
                return time.perf_counter() - begin
            print(run(sys.argv[1], sys.argv[2]))
            """;
        if (!File.Exists(python) || TryRun(python, "-c", "import torch, numpy") is null)
        {
            Console.Error.WriteLine("bench: there is no PyTorch for /usr/bin/python3 (apt-get install python3-torch python3-numpy); its row is left out.");
            return;
        }
        var (theirs, ours) = (new List<double>(), new List<double>());
        var (copied, converted) = (Path.Combine(options.Folder, "copy.bin"), Path.Combine(options.Folder, "model.safetensors"));
        for (var round = 0; round <= options.Rounds; round++)
        {
            File.Delete(copied);
            var seconds = double.Parse(TryRun(python, "-c", program, checkpoint, copied) ?? throw new InvalidOperationException($"Python could not load {checkpoint}."), System.Globalization.CultureInfo.InvariantCulture);
            File.Delete(converted);
            var clock = Stopwatch.StartNew();
            await WeightConverter.ConvertAsync(new FolderFiles(options.Folder), "pytorch_model.bin", converted, new ConversionOptions(ConversionTarget.Safetensors), CancellationToken.None);
            if (round == 0) continue;
            theirs.Add(seconds);
            ours.Add(clock.Elapsed.TotalSeconds);
        }
        rows.Add(["PyTorch → safetensors", "Python: `torch.load`, the bytes written, `fsync`", Rate(bytes, theirs), Rate(bytes, ours), Ratio(theirs, ours)]);
    }

    /// <summary>What a program prints; null when it fails.</summary>
    static string? TryRun(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var errors = process.StandardError.ReadToEndAsync();
        var text = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        _ = errors.Result;
        return process.ExitCode == 0 ? text : null;
    }

    static IReadOnlyList<string> Compute(DType type, BenchOptions options)
    {
        var numbers = new float[ComputeElements];
        var random = new Random(1);
        for (var i = 0; i < numbers.Length; i++) numbers[i] = random.NextSingle() - 0.5f;
        var (source, copy) = (MemoryMarshal.AsBytes(numbers.AsSpan()).ToArray(), new byte[ComputeElements * 4L]);
        var target = new byte[ComputeElements / type.ElementsPerBlock * type.BytesPerBlock];
        var (plain, ours) = (new List<double>(), new List<double>());
        for (var round = 0; round <= options.Rounds; round++)
        {
            var copied = Time(() => source.CopyTo(copy, 0));
            var converted = Time(() => TensorCast.Convert(DType.F32, source, type, target));
            if (round == 0) continue;
            plain.Add(copied);
            ours.Add(converted);
        }
        return [$"F32 → {type}", "copy in memory, one core", Rate(source.Length, plain), Rate(source.Length, ours), Ratio(plain, ours)];
    }

    /// <summary>A checkpoint as torch.save writes it: a pickle and one stored entry for each tensor.</summary>
    static void WriteCheckpoint(string path, long elements)
    {
        var pickle = new List<byte> { 0x80, 2, (byte)'}', (byte)'(' };
        for (var i = 0; i < Tensors; i++)
        {
            Text($"layers.{i}.weight");
            pickle.AddRange("ctorch._utils\n_rebuild_tensor_v2\n(("u8);
            Text("storage");
            pickle.AddRange("ctorch\nFloatStorage\n"u8);
            Text($"{i}");
            Text("cpu");
            Number(elements);
            pickle.AddRange("tQK\0("u8);
            Number(elements);
            pickle.AddRange([.. "t(K"u8, 1, (byte)'t', 0x89, .. "ccollections\nOrderedDict\n)RtR"u8]);
        }
        pickle.AddRange("u."u8);
        using var zip = ZipFile.Open(path, ZipArchiveMode.Create);
        using (var entry = zip.CreateEntry("m/data.pkl", CompressionLevel.NoCompression).Open()) entry.Write([.. pickle]);
        using (var entry = zip.CreateEntry("m/version", CompressionLevel.NoCompression).Open()) entry.Write("3\n"u8);      // PyTorch reads none without it
        var piece = new byte[1 << 20];
        new Random(2).NextBytes(piece);
        for (var i = 0; i < Tensors; i++)
        {
            using var entry = zip.CreateEntry($"m/data/{i}", CompressionLevel.NoCompression).Open();
            for (var left = elements * 4; left > 0; left -= piece.Length) entry.Write(piece, 0, (int)Math.Min(piece.Length, left));
        }

        void Text(string text) => pickle.AddRange([(byte)'X', (byte)text.Length, 0, 0, 0, .. Encoding.ASCII.GetBytes(text)]);
        void Number(long number) => pickle.AddRange([0x8a, 8, .. BitConverter.GetBytes(number)]);
    }

    static void Copy(string from, string to)
    {
        Run("cp", from, to);
        Run("sync", to);
    }

    static void Run(string program, params string[] arguments)
    {
        using var process = Process.Start(program, arguments);
        process.WaitForExit();
        if (process.ExitCode != 0) throw new InvalidOperationException($"{program} ended with {process.ExitCode}.");
    }

    static double Time(Action work)
    {
        var clock = Stopwatch.StartNew();
        work();
        return clock.Elapsed.TotalSeconds;
    }

    static string Rate(long bytes, List<double> seconds) => $"{bytes / seconds.Median() / 1e6:F0}";

    static string Ratio(List<double> theirs, List<double> ours) => theirs.Zip(ours, (a, b) => a / b).ToList().Spread();
}
