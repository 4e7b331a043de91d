using System.Diagnostics;
using System.Globalization;
using System.Numerics;
using System.Runtime.InteropServices;
using ModelZoo.Learning.Analyses;
using ModelZoo.Learning.Merging;
using ModelZoo.Weights;

namespace ModelZoo.Bench;

/// <summary>A soup of eight transformers of 22 million float32 parameters and all distances between sixteen, against numpy on the same files and against the memory.</summary>
static class SoupBench
{
    const int Models = 16;
    const int InSoup = 8;
    const int Width = 384;
    const int Depth = 12;
    const string Python = "/usr/bin/python3";

    public static async Task<Section> RunAsync(BenchOptions options)
    {
        var parameters = Shapes().Sum(shape => shape.Shape.Aggregate(1L, (product, axis) => product * axis));
        for (var i = 0; i < Models; i++) await WriteAsync(Path.Combine(options.Folder, $"{i}.safetensors"), i);
        var (soupBytes, allBytes) = (InSoup * parameters * sizeof(float), Models * parameters * sizeof(float));
        var memory = MemoryRate();
        var hasNumpy = Run("-c", "import numpy") is not null;
        if (!hasNumpy) Console.Error.WriteLine("bench: there is no numpy for /usr/bin/python3 (apt-get install python3-numpy); its columns are left out.");
        var script = Path.Combine(options.Folder, "peer.py");
        await File.WriteAllTextAsync(script, Peer);
        (string Name, string? Peer, string PeerName, long Bytes, Func<Task> Ours)[] works =
        [
            ("soup of 8, float64, written and durable", "soup64", "numpy in float64", soupBytes, () => SoupAsync(options, durable: true)),
            ("soup of 8, float64, written and durable", "soup32", "numpy in float32 (other bits)", soupBytes, () => SoupAsync(options, durable: true)),
            ("soup of 8, float64, not written", "soup64dry", "numpy in float64", soupBytes, () => SoupAsync(options, durable: false)),
            ("distances of 16, by differences in float64", "pairs", "numpy, by differences in float64", allBytes, () => DistancesAsync(options)),
            ("distances of 16, by differences in float64", "gram", "numpy with BLAS, X·Xᵀ in float64 (loses digits)", allBytes, () => DistancesAsync(options)),
        ];
        var rows = new List<IReadOnlyList<string>>();
        foreach (var work in works)
        {
            var (theirs, ours) = (new List<double>(), new List<double>());
            for (var round = 0; round <= options.Rounds; round++)
            {
                var peer = hasNumpy ? double.Parse(Run(script, work.Peer!, options.Folder)!, CultureInfo.InvariantCulture) : double.NaN;
                var clock = Stopwatch.StartNew();
                await work.Ours();
                if (round == 0) continue;          // warms the cache and the compiler
                theirs.Add(peer);
                ours.Add(clock.Elapsed.TotalSeconds);
            }
            rows.Add([work.Name, work.PeerName, hasNumpy ? $"{theirs.Median():F2}" : "", $"{ours.Median():F2}", hasNumpy ? theirs.Zip(ours, (a, b) => a / b).ToList().Spread() : "", $"{work.Bytes / ours.Median() / 1e9:F1}", $"{work.Bytes / ours.Median() / memory:P0}"]);
        }
        return new("soups", "Soups and distances",
            $"Models of {parameters / 1e6:0.0} million float32 parameters, {Models} files in the page cache. Goal: the speed at which memory can be read, and faster than numpy on the same files.",
            ["", "against", "that s", "ours s", "that / ours: median (range)", "ours, GB/s of input", "of memory's"], rows,
            [
                $"{options.Rounds} rounds, the two sides in turn, after one to warm up. Memory is read here at {memory / 1e9:F1} GB/s by all cores (sums over 1 GiB, best of five).",
                "numpy maps the files, adds tensor by tensor (or block by block, for distances) and its start is not counted; its sums and ours are the same bits where both are in float64. Distances of 16 models are 120 pairs: each number is read once and used fifteen times.",
            ]);
    }

    static async Task SoupAsync(BenchOptions options, bool durable)
    {
        var opened = new List<ModelContent>();
        for (var i = 0; i < InSoup; i++) opened.Add(await ModelContent.OpenAsync(new FolderFiles(options.Folder), $"{i}.safetensors", CancellationToken.None));
        var merged = Merger.Merge([.. opened.Select((model, i) => new MergeInput($"{i}", model.Tensors))], null, new Average());
        var target = Path.Combine(options.Folder, "soup.bin");
        File.Delete(target);
        if (durable) await SafetensorsModel.WriteAsync(target, merged.Tensors, new Dictionary<string, string>(), null, null, CancellationToken.None);
        else await SafetensorsWriter.WriteAsync(Stream.Null, merged.Tensors, new Dictionary<string, string>(), CancellationToken.None);
        foreach (var model in opened) model.Dispose();
    }

    static async Task DistancesAsync(BenchOptions options)
    {
        var opened = new List<ModelContent>();
        for (var i = 0; i < Models; i++) opened.Add(await ModelContent.OpenAsync(new FolderFiles(options.Folder), $"{i}.safetensors", CancellationToken.None));
        var table = await DistanceTable.ComputeAsync([.. opened.Select((model, i) => new Checkpoint($"{i}", model.Tensors, Scope.All))], CancellationToken.None);
        if (!(table.Distance(0, 1) > 0)) throw new InvalidOperationException("The distances are wrong.");
        foreach (var model in opened) model.Dispose();
    }

    /// <summary>Bytes per second that all cores together read from memory.</summary>
    static double MemoryRate()
    {
        var numbers = new long[1 << 27];
        Array.Fill(numbers, 1);
        var best = double.PositiveInfinity;
        for (var round = 0; round < 5; round++)
        {
            var clock = Stopwatch.StartNew();
            long sum = 0;
            Parallel.For(0, Environment.ProcessorCount, core =>
            {
                var part = numbers.AsSpan((int)((long)numbers.Length * core / Environment.ProcessorCount), numbers.Length / Environment.ProcessorCount);
                var (lanes, more) = (Vector<long>.Zero, Vector<long>.Zero);
                foreach (var pair in MemoryMarshal.Cast<long, (Vector<long>, Vector<long>)>(part)) (lanes, more) = (lanes + pair.Item1, more + pair.Item2);
                Interlocked.Add(ref sum, Vector.Sum(lanes + more));
            });
            if (sum == 0) throw new InvalidOperationException("Nothing was read.");
            best = Math.Min(best, clock.Elapsed.TotalSeconds);
        }
        return numbers.Length * 8.0 / best;
    }

    static async Task WriteAsync(string path, int seed)
    {
        var random = new Random(seed);
        var noise = new float[1 << 20];
        for (var i = 0; i < noise.Length; i++) noise[i] = random.NextSingle() - 0.5f;
        await using var file = File.Create(path);
        await SafetensorsWriter.WriteAsync(file, Shapes().Select(shape =>
        {
            var values = new float[shape.Shape.Aggregate(1L, (product, axis) => product * axis)];
            for (var at = 0; at < values.Length; at += noise.Length) noise.AsSpan(0, Math.Min(noise.Length, values.Length - at)).CopyTo(values.AsSpan(at));
            var bytes = MemoryMarshal.AsBytes(values.AsSpan()).ToArray();
            return new TensorContent(shape.Name, DType.F32, shape.Shape, new MemoryByteSource(bytes), 0, bytes.Length);
        }), new Dictionary<string, string>(), CancellationToken.None);
    }

    /// <summary>ViT-S/16 with a head of 1000 classes.</summary>
    static IEnumerable<(string Name, long[] Shape)> Shapes()
    {
        yield return ("cls_token", [1, 1, Width]);
        yield return ("pos_embed", [1, 197, Width]);
        yield return ("patch_embed.proj.weight", [Width, 3, 16, 16]);
        yield return ("patch_embed.proj.bias", [Width]);
        for (var i = 0; i < Depth; i++)
            foreach (var (name, shape) in ((string, long[])[])[("norm1.weight", [Width]), ("norm1.bias", [Width]), ("attn.qkv.weight", [3 * Width, Width]), ("attn.qkv.bias", [3 * Width]), ("attn.proj.weight", [Width, Width]), ("attn.proj.bias", [Width]),
                ("norm2.weight", [Width]), ("norm2.bias", [Width]), ("mlp.fc1.weight", [4 * Width, Width]), ("mlp.fc1.bias", [4 * Width]), ("mlp.fc2.weight", [Width, 4 * Width]), ("mlp.fc2.bias", [Width])])
                yield return ($"blocks.{i}.{name}", shape);
        yield return ("norm.weight", [Width]);
        yield return ("norm.bias", [Width]);
        yield return ("head.weight", [1000, Width]);
        yield return ("head.bias", [1000]);
    }

    static string? Run(params string[] arguments)
    {
        if (!File.Exists(Python)) return null;
        using var process = Process.Start(new ProcessStartInfo(Python, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var errors = process.StandardError.ReadToEndAsync();
        var text = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0 && arguments[0] != "-c") throw new InvalidOperationException($"Python failed: {errors.Result}");
        return process.ExitCode == 0 ? text : null;
    }

    const string Peer = """
        import json, os, sys, time
        import numpy as np
        what, at = sys.argv[1], sys.argv[2]
        def open_model(path):
            with open(path, "rb") as f:
                n = int.from_bytes(f.read(8), "little")
                header = json.loads(f.read(n))
            data = np.memmap(path, np.uint8, "r", 8 + n)
            return {k: data[v["data_offsets"][0]:v["data_offsets"][1]].view(np.float32) for k, v in header.items() if k != "__metadata__"}, data[:len(data) // 4 * 4].view(np.float32)
        begin = time.perf_counter()
        if what.startswith("soup"):
            models = [open_model(f"{at}/{i}.safetensors")[0] for i in range(8)]
            target = None if what.endswith("dry") else open(f"{at}/numpy.bin", "wb")
            for name in models[0]:
                acc = models[0][name].astype(np.float32 if what == "soup32" else np.float64)
                for m in models[1:]: acc += m[name]
                acc /= 8
                out = acc.astype(np.float32, copy=False)
                if target: target.write(memoryview(out))
            if target:
                target.flush()
                os.fsync(target.fileno())
        else:
            flat = [open_model(f"{at}/{i}.safetensors")[1] for i in range(16)]
            d = np.zeros((16, 16))
            block = 1 << 14
            for first in range(0, len(flat[0]), block):
                x = np.stack([f[first:first + block] for f in flat]).astype(np.float64)
                if what == "gram": d += x @ x.T
                else:
                    for i in range(1, 16):
                        e = x[:i] - x[i]
                        d[i, :i] += np.einsum("ij,ij->i", e, e)
        print(time.perf_counter() - begin)
        """;
}
