using System.Diagnostics;
using System.Runtime.InteropServices;
using ModelZoo.Learning.Merging;
using ModelZoo.Learning.Randomness;
using ModelZoo.Tests.Client;
using ModelZoo.Weights;

namespace ModelZoo.Tests.Learning;

/// <summary>
/// Every method against the plainest possible program over whole arrays in double precision, rounded once at the end: equal to the bit, for random models of
/// random sizes, types, weights and settings. The references share nothing with what they test but the named streams.
/// </summary>
public sealed class MergeReferenceTests
{
    sealed record Case(DType Type, double[][] Inputs, double[] Base, double[] Weights, double Density, double Lambda, IReadOnlyList<MergeInput> Models, MergeInput Origin)
    {
        public int Count => Base.Length;

        public double[] Delta(int i) => [.. Inputs[i].Select((x, e) => x - Base[e])];
    }

    static Case Make(int seed)
    {
        var random = new Random(seed * 7919 + 13);
        var type = new[] { DType.F32, DType.F16, DType.BF16 }[seed % 3];
        // From one number to more than two blocks.
        var count = seed % 4 == 0 ? 1 + random.Next(20) : 1000 + random.Next(40_000);
        var origin = Rounded(type, [.. Enumerable.Range(0, count).Select(_ => random.NextDouble() - 0.5)]);
        var inputs = Enumerable.Range(0, 2 + random.Next(4)).Select(_ => Rounded(type, [.. origin.Select(x => random.Next(5) == 0 ? x : x + 0.2 * (random.NextDouble() - 0.5))])).ToArray();
        var weights = inputs.Select(_ => Math.Round(0.1 + random.NextDouble(), 3)).ToArray();
        var density = Math.Round(0.05 + 0.9 * random.NextDouble(), 3);
        return new(type, inputs, origin, weights, density, Math.Round(random.NextDouble() * 2, 3),
            [.. inputs.Select((x, i) => new MergeInput($"m{i}", [Tensor(type, x)]) { Weight = weights[i], Density = density })], new("base", [Tensor(type, origin)]));
    }

    public static TheoryData<int> Seeds => [.. Enumerable.Range(0, 12)];

    [Theory, MemberData(nameof(Seeds))]
    public async Task Averages_are_plain_sums_divided_once(int seed)
    {
        var each = Make(seed);
        await SameAsync(each, new Average(), e =>
        {
            double sum = 0, weight = 0;
            for (var i = 0; i < each.Inputs.Length; i++)
            {
                sum += each.Weights[i] * each.Inputs[i][e];
                weight += each.Weights[i];
            }
            return sum / weight;
        });
        var equal = each with { Models = [.. each.Models.Select(model => model with { Weight = 1 })] };
        await SameAsync(equal, new Average(), e =>
        {
            double sum = 0;
            foreach (var input in each.Inputs) sum += input[e];
            return sum / each.Inputs.Length;
        });
        await SameAsync(each, new MovingAverage(0.75), e =>
        {
            var mean = each.Inputs[0][e];
            for (var i = 1; i < each.Inputs.Length; i++) mean = 0.75 * mean + (1 - 0.75) * each.Inputs[i][e];
            return mean;
        });
        await SameAsync(each with { Models = [each.Models[0]] }, new Interpolation(each.Density), e => (1 - each.Density) * each.Base[e] + each.Density * each.Inputs[0][e]);
    }

    [Theory, MemberData(nameof(Seeds))]
    public async Task Differences_are_thinned_elected_and_added(int seed)
    {
        var each = Make(seed);
        var n = each.Inputs.Length;
        await SameAsync(each, new TaskArithmetic(each.Lambda), e => each.Base[e] + each.Lambda * Sum(n, i => each.Weights[i] * (each.Inputs[i][e] - each.Base[e])));

        var kept = Enumerable.Range(0, n).Select(i => Largest(each.Delta(i), 0, Math.Max(1, (int)(each.Density * each.Count)))).ToArray();
        await SameAsync(each, new Ties(each.Lambda), e => each.Base[e] + each.Lambda * Elect(each, kept, e, true));
        await SameAsync(each, new Ties(each.Lambda, Normalize: false), e => each.Base[e] + each.Lambda * Elect(each, kept, e, false));

        var p = 1 - each.Density;
        var dropped = Enumerable.Range(0, n).Select(i =>
        {
            var stream = RandomSource.Named((ulong)seed, $"dare/{i}/w");
            return each.Delta(i).Select(d => stream.NextUnit() >= 1 - each.Density ? d * (1 / each.Density) : 0).ToArray();
        }).ToArray();
        Assert.True(p > 0);
        await SameAsync(each, new Dare(each.Lambda, Seed: (ulong)seed), e => each.Base[e] + each.Lambda * Sum(n, i => each.Weights[i] * dropped[i][e]));
        await SameAsync(each, new Dare(each.Lambda, Elect: true, Normalize: true, Seed: (ulong)seed), e => each.Base[e] + each.Lambda * Elect(each, dropped, e, true));

        var skip = Math.Min((int)(0.02 * each.Count), each.Count - 1);
        var crumbs = Enumerable.Range(0, n).Select(i => Largest(each.Delta(i), skip, Math.Min(Math.Max(1, (int)(each.Density * each.Count)), each.Count - skip))).ToArray();
        await SameAsync(each, new Breadcrumbs(0.02, each.Lambda), e => each.Base[e] + each.Lambda * Sum(n, i => each.Weights[i] * crumbs[i][e]));

        var ranked = Enumerable.Range(0, n).Select(i =>
        {
            var delta = each.Delta(i);
            var order = Enumerable.Range(0, delta.Length).OrderBy(e => Math.Abs(delta[e])).ToArray();      // stable: equal ones by index
            var stream = RandomSource.Named((ulong)seed, $"dare/{i}/w");
            var draws = delta.Select(_ => stream.NextUnit()).ToArray();
            var result = new double[delta.Length];
            for (var rank = 0; rank < order.Length; rank++)
            {
                var share = order.Length > 1 ? rank / (order.Length - 1.0) : 1;
                var stays = Math.Clamp(each.Density - 0.1 + 2 * 0.1 * share, 0, 1);
                if (draws[order[rank]] >= 1 - stays) result[order[rank]] = delta[order[rank]] / stays;
            }
            return result;
        }).ToArray();
        await SameAsync(each, new Della(0.1, each.Lambda, Elect: false, Normalize: false, Seed: (ulong)seed), e => each.Base[e] + each.Lambda * Sum(n, i => each.Weights[i] * ranked[i][e]));
    }

    [Theory, MemberData(nameof(Seeds))]
    public async Task Angles_decide_where_it_goes(int seed)
    {
        var each = Make(seed);
        var n = each.Inputs.Length;
        var (a, b) = (each.Inputs[0], each.Inputs[1].Select((x, e) => x - 0.7 * each.Inputs[0][e]).ToArray());
        b = Rounded(each.Type, b);
        var cosine = Dot(a, b) / Math.Sqrt(Dot(a, a)) / Math.Sqrt(Dot(b, b));
        var omega = Math.Acos(Math.Clamp(cosine, -1, 1));
        var (wa, wb) = Math.Abs(cosine) > 0.9995 ? (1 - 0.3, 0.3) : (Math.Sin((1 - 0.3) * omega) / Math.Sin(omega), Math.Sin(0.3 * omega) / Math.Sin(omega));
        await SameAsync(each with { Models = [each.Models[0], new("b", [Tensor(each.Type, b)])] }, new Slerp(0.3), e => wa * a[e] + wb * b[e]);

        var deltas = Enumerable.Range(0, n).Select(each.Delta).ToArray();
        var sum = 0.0;
        for (var i = 0; i < n; i++)
            for (var j = i + 1; j < n; j++)
            {
                var norms = Math.Sqrt(Dot(deltas[i], deltas[i])) * Math.Sqrt(Dot(deltas[j], deltas[j]));
                sum += norms > 0 ? Dot(deltas[i], deltas[j]) / norms : 0;
            }
        var mean = sum / (n * (n - 1) / 2.0);
        var below = 1 + (n - 1) * mean;
        var t = below != 0 ? n * mean / below : 0;
        await SameAsync(each, new ModelStock(), e => each.Base[e] + t * (Sum(n, i => deltas[i][e]) / n));
    }

    [Fact]
    public async Task Edges_of_the_definitions_hold()
    {
        // Trimming keeps at least one entry, of equal ones the first; zero elects plus; where nobody agrees, nothing is added.
        Same([0, 2, 0, 0], await ValuesAsync(new Ties(), [0, 0, 0, 0], 0.01, [1, 2, -2, 0]));
        Same([3, 2, 0], await ValuesAsync(new Ties(), [0, 0, 0], 1, [3, 2, 0], [-1, -2, 0]));
        Same([1, -4], await ValuesAsync(new Ties(), [0, 0], 1, [1, -5], [-0.5f, -3]));
        // Model stock: equal differences go all the way, opposite and missing ones nowhere.
        Same([2, 4], await ValuesAsync(new ModelStock(), [1, 1], 1, [2, 4], [2, 4]));
        Same([1, 1], await ValuesAsync(new ModelStock(), [1, 1], 1, [2, 2], [0, 0]));
        Same([1, 1], await ValuesAsync(new ModelStock(), [1, 1], 1, [1, 1], [2, 3]));
        // Each row by its own angle.
        var rows = Merger.Merge([Rows([2, 1, 0, 0]), Rows([2, 1, 0, 2])], Rows([1, 1, 1, 1]), new ModelStock(PerRow: true));
        Same([2, 1], (await ReadAsync(DType.F32, rows.Tensors[0]))[..2]);
        // DARE with nothing dropped is task arithmetic.
        Same([4, 6], await ValuesAsync(new Dare(), [1, 1], 1, [2, 3], [3, 4]));
        Assert.Contains("above 0", Assert.Throws<MergeException>(() => Merger.Merge([Rows([1, 2, 3, 4]) with { Density = 0 }], Rows([1, 1, 1, 1]), new Dare())).Message);
        // A zero vector is not normalised.
        Same([1, 2], await ValuesAsync(new Slerp(0.5), null, 1, [0, 0], [1 / (float)Math.Sqrt(0.5) / 1, 2 / (float)Math.Sqrt(0.5)], 1e-6));

        static void Same(double[] expected, double[] found) => Assert.Equal(expected, found);

        static MergeInput Rows(float[] x) => new("r", [new("w", DType.F32, [2, 2], new MemoryByteSource(MemoryMarshal.AsBytes(x.AsSpan()).ToArray()), 0, 16)]);
    }

    static async Task<double[]> ValuesAsync(MergeMethod method, float[]? origin, double density, params float[][] inputs) => await ReadAsync(DType.F32, Merger.Merge(
        [.. inputs.Select((x, i) => new MergeInput($"m{i}", [Tensor(DType.F32, [.. x.Select(v => (double)v)])]) { Density = density })], origin is null ? null : new("base", [Tensor(DType.F32, [.. origin.Select(v => (double)v)])]), method).Tensors[0]);

    static async Task<double[]> ValuesAsync(MergeMethod method, float[]? origin, double density, float[] a, float[] b, double within) =>
        [.. (await ValuesAsync(method, origin, density, a, b)).Select(value => Math.Round(value / within) * within).Select(value => Math.Round(value, 3))];

    [Fact]
    public async Task Numpy_finds_the_same_bytes()
    {
        using var folder = new TemporaryFolder();
        var models = Enumerable.Range(0, 5).Select(i => Make(3).Base.Select((x, e) => (float)(x + 0.1 * Math.Sin(e * (i + 1.7)))).ToArray()).ToArray();
        var origin = Make(3).Base.Select(x => (float)x).ToArray();
        for (var i = 0; i < models.Length; i++) File.WriteAllBytes(folder[$"{i}.f32"], MemoryMarshal.AsBytes(models[i].AsSpan()).ToArray());
        File.WriteAllBytes(folder["b.f32"], MemoryMarshal.AsBytes(origin.AsSpan()).ToArray());
        File.WriteAllText(folder["reference.py"], """
            import sys, numpy as np
            at = sys.argv[1]
            x = [np.fromfile(f"{at}/{i}.f32", np.float32).astype(np.float64) for i in range(5)]
            b = np.fromfile(f"{at}/b.f32", np.float32).astype(np.float64)
            (sum(x[1:], x[0]) / 5).astype(np.float32).tofile(f"{at}/soup.f32")
            (sum(x[1:], x[0]) / 5).astype(np.float16).tofile(f"{at}/soup.f16")
            kept = []
            for m in x:
                d = m - b
                order = np.argsort(-np.abs(d), kind="stable")[:max(1, int(0.2 * len(d)))]
                t = np.zeros_like(d); t[order] = d[order]; kept.append(t)
            s = np.where(sum(kept[1:], kept[0]) >= 0, 1, -1)
            agree = [np.where(np.sign(t) == s, t, 0) for t in kept]
            n = sum((np.sign(t) == s).astype(np.float64) for t in kept)
            (b + 0.7 * (sum(agree[1:], agree[0]) / np.where(n == 0, 1, n))).astype(np.float32).tofile(f"{at}/ties.f32")
            """);
        Process? python;
        try
        {
            // Debian keeps its packages with its own interpreter, whatever else is first on the path.
            python = Process.Start(new ProcessStartInfo(File.Exists("/usr/bin/python3") ? "/usr/bin/python3" : "python3", [folder["reference.py"], folder["."]]) { RedirectStandardError = true });
        }
        catch (System.ComponentModel.Win32Exception)
        {
            Assert.Skip("There is no python3 here, so numpy was not asked.");
            return;
        }
        var problem = await python!.StandardError.ReadToEndAsync();
        await python.WaitForExitAsync();
        Assert.SkipWhen(problem.Contains("No module named 'numpy'", StringComparison.Ordinal), "python3-numpy is not here, so numpy was not asked.");
        Assert.True(python.ExitCode == 0, problem);
        var inputs = models.Select((x, i) => new MergeInput($"m{i}", [Tensor(DType.F32, [.. x.Select(v => (double)v)])]) { Density = 0.2 }).ToList();
        var start = new MergeInput("b", [Tensor(DType.F32, [.. origin.Select(v => (double)v)])]);
        Assert.Equal(File.ReadAllBytes(folder["soup.f32"]), await BytesAsync(Merger.Merge(inputs, null, new Average()).Tensors[0]));
        Assert.Equal(File.ReadAllBytes(folder["soup.f16"]), await BytesAsync(Merger.Merge(inputs, null, new Average(), new(DType.F16)).Tensors[0]));
        Assert.Equal(File.ReadAllBytes(folder["ties.f32"]), await BytesAsync(Merger.Merge(inputs, start, new Ties(0.7)).Tensors[0]));
    }

    static double Sum(int n, Func<int, double> of)
    {
        var sum = 0.0;
        for (var i = 0; i < n; i++) sum += of(i);
        return sum;
    }

    static double Dot(double[] a, double[] b)
    {
        var sum = 0.0;
        for (var e = 0; e < a.Length; e++) sum += a[e] * b[e];
        return sum;
    }

    /// <summary>Keeps entries of rank skip to skip + keep by size, of equal ones the first.</summary>
    static double[] Largest(double[] delta, int skip, int keep)
    {
        var result = new double[delta.Length];
        foreach (var e in Enumerable.Range(0, delta.Length).OrderByDescending(e => Math.Abs(delta[e])).Skip(skip).Take(keep)) result[e] = delta[e];
        return result;
    }

    static double Elect(Case each, double[][] deltas, int e, bool normalize)
    {
        var n = deltas.Length;
        var sign = Sum(n, i => each.Weights[i] * deltas[i][e]) >= 0 ? 1 : -1;
        double sum = 0, weight = 0;
        for (var i = 0; i < n; i++)
        {
            if (Math.Sign(each.Weights[i] * deltas[i][e]) != sign) continue;
            sum += each.Weights[i] * deltas[i][e];
            weight += each.Weights[i];
        }
        return normalize && weight != 0 ? sum / weight : sum;
    }

    static async Task SameAsync(Case each, MergeMethod method, Func<int, double> expected)
    {
        var merged = Assert.Single(Merger.Merge(each.Models, method.NeedsBase ? each.Origin : null, method).Tensors);
        Assert.Equal(each.Type, merged.DType);
        var found = await BytesAsync(merged);
        var wanted = Bytes(each.Type, [.. Enumerable.Range(0, each.Count).Select(expected)]);
        for (var e = 0; e < each.Count; e++)
            Assert.True(found.AsSpan(e * each.Type.BytesPerBlock, each.Type.BytesPerBlock).SequenceEqual(wanted.AsSpan(e * each.Type.BytesPerBlock, each.Type.BytesPerBlock)), $"{method}, {each.Type}: entry {e} of {each.Count} should be {expected(e)}.");
    }

    static TensorContent Tensor(DType type, double[] values)
    {
        var bytes = Bytes(type, values);
        return new("w", type, [values.Length], new MemoryByteSource(bytes), 0, bytes.Length);
    }

    /// <summary>Numbers as the type holds them.</summary>
    static double[] Rounded(DType type, double[] values) => Values(type, Bytes(type, values));

    static double[] Values(DType type, byte[] bytes) => type == DType.F32 ? [.. MemoryMarshal.Cast<byte, float>(bytes).ToArray().Select(x => (double)x)]
        : type == DType.F16 ? [.. MemoryMarshal.Cast<byte, Half>(bytes).ToArray().Select(x => (double)x)]
        : [.. MemoryMarshal.Cast<byte, ushort>(bytes).ToArray().Select(x => (double)BitConverter.UInt32BitsToSingle((uint)x << 16))];

    static byte[] Bytes(DType type, double[] values) => type == DType.F32 ? MemoryMarshal.AsBytes(values.Select(x => (float)x).ToArray().AsSpan()).ToArray()
        : type == DType.F16 ? MemoryMarshal.AsBytes(values.Select(x => (Half)x).ToArray().AsSpan()).ToArray()
        : MemoryMarshal.AsBytes(values.Select(Brain).ToArray().AsSpan()).ToArray();

    /// <summary>bfloat16 by comparing the two neighbours: the nearer one, of equally near ones the even one.</summary>
    static ushort Brain(double x)
    {
        var bits = (ushort)(BitConverter.SingleToUInt32Bits((float)x) >> 16);
        // (float)x may have been rounded up across a neighbour; step down until it does not lie beyond x.
        while (Math.Abs(Value(bits)) > Math.Abs(x)) bits--;
        var next = (ushort)(bits + 1);
        var (under, over) = (Math.Abs(x) - Math.Abs(Value(bits)), Math.Abs(Value(next)) - Math.Abs(x));
        return under < over || (under == over && bits % 2 == 0) ? bits : next;

        static double Value(ushort bits) => BitConverter.UInt32BitsToSingle((uint)bits << 16);
    }

    static async Task<double[]> ReadAsync(DType type, TensorContent tensor) => Values(type, await BytesAsync(tensor));

    static async Task<byte[]> BytesAsync(TensorContent tensor)
    {
        var bytes = new byte[tensor.ByteLength];
        for (var done = 0; done < bytes.Length;)
        {
            var read = await tensor.Source.ReadAsync(tensor.Offset + done, bytes.AsMemory(done), default);
            Assert.True(read > 0);
            done += read;
        }
        return bytes;
    }
}
