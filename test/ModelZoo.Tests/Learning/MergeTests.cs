using System.Runtime.InteropServices;
using FsCheck;
using FsCheck.Fluent;
using ModelZoo.Learning.Merging;
using ModelZoo.Learning.Randomness;
using ModelZoo.Weights;

namespace ModelZoo.Tests.Learning;

/// <summary>Merges against plain loops over whole arrays in double precision, rounded once: equal to the bit.</summary>
public sealed class MergeTests
{
    /// <summary>More than one block, and no multiple of anything.</summary>
    const int Rows = 131;
    const int Columns = 257;
    const int Count = Rows * Columns;

    static readonly float[] s_base = Numbers(100, Count);
    static readonly float[][] s_inputs = [.. Enumerable.Range(0, 4).Select(i => Numbers((ulong)i, Count).Zip(s_base, (d, b) => b + 0.1f * d).ToArray())];

    [Fact]
    public async Task A_uniform_soup_is_the_mean() =>
        await Check(new Average(), e => s_inputs.Aggregate(0.0, (sum, x) => sum + x[e]) / 4);

    [Fact]
    public async Task A_weighted_soup_is_the_weighted_mean() =>
        await Check(new Average(), e => (0.5 * s_inputs[0][e] + 1.5 * s_inputs[1][e] + -0.25 * s_inputs[2][e] + 2 * s_inputs[3][e]) / 3.75, weights: [0.5, 1.5, -0.25, 2]);

    [Fact]
    public async Task A_moving_average_follows_the_order() =>
        await Check(new MovingAverage(0.9), e => s_inputs.Skip(1).Aggregate((double)s_inputs[0][e], (mean, x) => 0.9 * mean + (1 - 0.9) * x[e]));

    [Fact]
    public async Task Interpolation_lies_between_base_and_model() =>
        await Check(new Interpolation(0.3), e => (1 - 0.3) * s_base[e] + 0.3 * s_inputs[0][e], inputs: 1);

    [Fact]
    public async Task Task_arithmetic_adds_differences() =>
        await Check(new TaskArithmetic(0.4), e => s_base[e] + 0.4 * s_inputs.Aggregate(0.0, (sum, x) => sum + 1.0 * ((double)x[e] - s_base[e])));

    [Fact]
    public async Task Slerp_keeps_to_the_great_circle()
    {
        double Dot(float[] a, float[] b) => a.Zip(b, (x, y) => (double)x * y).Sum();
        var (a, b) = (s_inputs[0], Numbers(55, Count));
        var angle = Math.Acos(Dot(a, b) / Math.Sqrt(Dot(a, a)) / Math.Sqrt(Dot(b, b)));
        var merged = await RunAsync([a, b], null, new Slerp(0.25));
        for (var e = 0; e < Count; e++) Assert.Equal((float)(Math.Sin(0.75 * angle) / Math.Sin(angle) * a[e] + Math.Sin(0.25 * angle) / Math.Sin(angle) * b[e]), merged[e]);
        // Nearly parallel: a straight line.
        var near = a.Select(x => x * 1.001f).ToArray();
        var line = await RunAsync([a, near], null, new Slerp(0.25));
        for (var e = 0; e < Count; e++) Assert.Equal((float)(0.75 * a[e] + 0.25 * near[e]), line[e]);
    }

    [Theory]
    [InlineData(0.2)]
    [InlineData(0.00001)]
    [InlineData(1.0)]
    public async Task Ties_trims_elects_and_averages(double density)
    {
        var kept = s_inputs.Select(x => Trim([.. x.Zip(s_base, (a, b) => (double)a - b)], 0, Math.Max(1, (int)(density * Count)))).ToArray();
        await Check(new Ties(0.7), e => s_base[e] + 0.7 * Elect([.. kept.Select(d => d[e])], true), density: density);
    }

    [Fact]
    public async Task Equal_sizes_are_kept_by_index()
    {
        var x = Enumerable.Range(0, 40_000).Select(i => i % 2 == 0 ? 1f : -1f).ToArray();
        var merged = await RunAsync([x], new float[x.Length], new Ties(), density: 0.5);
        Assert.Equal(x.Take(20_000), merged.Take(20_000));
        Assert.All(merged.Skip(20_000), value => Assert.Equal(0, value));
    }

    [Theory]
    [InlineData(Rescale.Inverse, false)]
    [InlineData(Rescale.None, true)]
    [InlineData(Rescale.L1, false)]
    public async Task Dare_drops_what_its_streams_say(Rescale rescale, bool elect)
    {
        const double p = 0.7;
        var thinned = s_inputs.Select((x, i) =>
        {
            var d = x.Zip(s_base, (a, b) => (double)a - b).ToArray();
            var stream = RandomSource.Named(7, $"dare/{i}/w");
            var kept = d.Select(value => stream.NextUnit() >= 1 - (1 - p) ? value : 0).ToArray();
            var scale = rescale switch { Rescale.Inverse => 1 / (1 - p), Rescale.None => 1, _ => d.Sum(Math.Abs) / kept.Sum(Math.Abs) };
            return kept.Select(value => value * scale).ToArray();
        }).ToArray();
        await Check(new Dare(1, elect, Normalize: elect, rescale, 7), e => s_base[e] + (elect ? Elect([.. thinned.Select(d => d[e])], true) : thinned.Sum(d => d[e])), density: 1 - p);
    }

    [Fact]
    public async Task Breadcrumbs_drop_outliers_and_noise()
    {
        var skip = (long)(0.05 * Count);
        var kept = s_inputs.Select(x => Trim([.. x.Zip(s_base, (a, b) => (double)a - b)], (int)skip, (int)(0.4 * Count))).ToArray();
        await Check(new Breadcrumbs(0.05), e => s_base[e] + kept.Aggregate(0.0, (sum, d) => sum + d[e]), density: 0.4);
    }

    [Fact]
    public async Task Della_keeps_large_differences_more_often()
    {
        var merged = await RunAsync(s_inputs[..1], s_base, new Della(0.2, Elect: false, Normalize: false, Seed: 3), density: 0.5);
        var d = s_inputs[0].Zip(s_base, (a, b) => (double)a - b).ToArray();
        var order = Enumerable.Range(0, Count).OrderBy(e => Math.Abs(d[e])).ToArray();
        double Share(IEnumerable<int> entries) => entries.Average(e => merged[e] != s_base[e] ? 1.0 : 0);
        Assert.InRange(Share(order[..(Count / 4)]), 0.30, 0.40);
        Assert.InRange(Share(order[^(Count / 4)..]), 0.60, 0.70);
    }

    [Fact]
    public async Task Model_stock_goes_as_far_as_the_angle_says()
    {
        var d = s_inputs.Select(x => x.Zip(s_base, (a, b) => (double)a - b).ToArray()).ToArray();
        double Dot(double[] a, double[] b) => a.Zip(b, (x, y) => x * y).Sum();
        var cosine = 0.0;
        for (var i = 0; i < 4; i++)
            for (var j = i + 1; j < 4; j++) cosine += Dot(d[i], d[j]) / Math.Sqrt(Dot(d[i], d[i])) / Math.Sqrt(Dot(d[j], d[j])) / 6;
        var t = 4 * cosine / (1 + 3 * cosine);
        await Check(new ModelStock(), e => s_base[e] + t * (d.Aggregate(0.0, (sum, each) => sum + each[e]) / 4));
    }

    [Fact]
    public async Task The_mean_on_the_sphere_is_where_all_pulls_cancel()
    {
        var far = Enumerable.Range(0, 3).Select(i => Numbers((ulong)(70 + i), Count)).ToArray();
        var merged = (await RunAsync(far, null, new Karcher())).Select(x => (double)x).ToArray();
        double Norm(double[] a) => Math.Sqrt(a.Sum(x => x * x));
        var m = merged.Select(x => x / Norm(merged)).ToArray();
        var pull = new double[Count];
        foreach (var x in far.Select(x => x.Select(v => (double)v).ToArray()))
        {
            var unit = x.Select(v => v / Norm(x)).ToArray();
            var along = unit.Zip(m, (a, b) => a * b).Sum();
            var angle = Math.Acos(along);
            for (var e = 0; e < Count; e++) pull[e] += angle / Math.Sin(angle) * (unit[e] - along * m[e]);
        }
        Assert.InRange(Norm(pull), 0, 1e-6);
        Assert.Equal(far.Average(x => Norm([.. x.Select(v => (double)v)])), Norm(merged), 1e-3);
    }

    [Fact]
    public async Task Every_number_type_is_rounded_once()
    {
        foreach (var type in new[] { DType.F16, DType.BF16, DType.F64 })
        {
            var merged = Merger.Merge([Model("a", s_inputs[0]), Model("b", s_inputs[1])], null, new Average(), new(type));
            var bytes = await ReadAsync(merged.Tensors[0]);
            var expected = new byte[bytes.Length];
            TensorCast.Convert(DType.F64, MemoryMarshal.AsBytes<double>(Enumerable.Range(0, Count).Select(e => ((double)s_inputs[0][e] + s_inputs[1][e]) / 2).ToArray()), type, expected);
            Assert.Equal(expected, bytes);
        }
    }

    [Fact]
    public void Averages_of_equal_models_are_the_model() =>
        Check_property(Gen.Choose(1, 7), n =>
        {
            var merged = RunAsync([.. Enumerable.Repeat(s_inputs[0], n)], s_base, new Average()).GetAwaiter().GetResult();
            return merged.SequenceEqual(s_inputs[0]);
        });

    [Fact]
    public async Task Tensors_that_the_base_lacks_are_averaged()
    {
        MergeInput With(string name, float[] x, float[] head) => new(name, [Tensor("w", x), Tensor("head.weight", head)]);
        var merged = Merger.Merge([With("a", [1, 2], [2, 4]), With("b", [3, 4], [4, 8])], new("base", [Tensor("w", [1f, 1])]), new TaskArithmetic());
        var (w, head) = (await FloatsAsync(merged.Tensors[0]), await FloatsAsync(merged.Tensors[1]));
        Assert.Equal((3, 5, 3, 6), (w[0], w[1], head[0], head[1]));
        Assert.Contains("averaged", merged.Remarks[0]);
    }

    [Fact]
    public void Models_of_other_shapes_are_refused_unless_told_to_skip()
    {
        var (a, b) = (new MergeInput("a", [Tensor("w", [1f, 2])]), new MergeInput("b", [Tensor("w", [1f, 2, 3])]));
        Assert.Contains("[2] in 'a' and [3] in 'b'", Assert.Throws<MergeException>(() => Merger.Merge([a, b], null, new Average())).Message);
        Assert.Contains("copied", Merger.Merge([a, b], null, new Average(), new(SkipMismatch: true)).Remarks[0]);
        Assert.Contains("sum to zero", Assert.Throws<MergeException>(() => Merger.Merge([a with { Weight = 1 }, a with { Weight = -1 }], null, new Average())).Message);
        Assert.Throws<MergeException>(() => Merger.Merge([a], null, new Ties()));
        Assert.Throws<MergeException>(() => Merger.Merge([a], null, new Slerp(0.5)));
        Assert.Contains("low-rank", Assert.Throws<MergeException>(() => Merger.Merge([new("x", [Tensor("m.lora_A.weight", [1f])]), new("y", [Tensor("m.lora_A.weight", [2f])])], null, new Average())).Message);
    }

    [Fact]
    public async Task What_is_no_number_stays_none()
    {
        var merged = await RunAsync([[float.NaN, 1, float.PositiveInfinity], [1, 1, 1]], null, new Average());
        Assert.True(float.IsNaN(merged[0]));
        Assert.Equal((1, float.PositiveInfinity), (merged[1], merged[2]));
    }

    static void Check_property(Gen<int> numbers, Func<int, bool> holds) => FsCheck.Check.One(Config.QuickThrowOnFailure.WithMaxTest(10), Prop.ForAll(numbers.ToArbitrary(), holds));

    static async Task Check(MergeMethod method, Func<int, double> expected, int inputs = 4, double density = 1, double[]? weights = null)
    {
        var merged = await RunAsync(s_inputs[..inputs], s_base, method, density, weights);
        for (var e = 0; e < Count; e++) Assert.Equal((float)expected(e), merged[e]);
    }

    static async Task<float[]> RunAsync(float[][] inputs, float[]? origin, MergeMethod method, double density = 1, double[]? weights = null)
    {
        var merged = Merger.Merge([.. inputs.Select((x, i) => Model($"m{i}", x) with { Density = density, Weight = weights?[i] ?? 1 })], origin is null ? null : Model("base", origin), method);
        return await FloatsAsync(Assert.Single(merged.Tensors));
    }

    static MergeInput Model(string name, float[] x) => new(name, [Tensor("w", x)]);

    static TensorContent Tensor(string name, float[] x)
    {
        var bytes = MemoryMarshal.AsBytes(x.AsSpan()).ToArray();
        return new(name, DType.F32, x.Length == Count ? [Rows, Columns] : [x.Length], new MemoryByteSource(bytes), 0, bytes.Length);
    }

    static async Task<float[]> FloatsAsync(TensorContent tensor) => MemoryMarshal.Cast<byte, float>(await ReadAsync(tensor)).ToArray();

    /// <summary>In pieces of an odd size, as a writer might.</summary>
    static async Task<byte[]> ReadAsync(TensorContent tensor)
    {
        var bytes = new byte[tensor.ByteLength];
        for (var done = 0; done < bytes.Length;) done += await tensor.Source.ReadAsync(tensor.Offset + done, bytes.AsMemory(done, Math.Min(99_991, bytes.Length - done)), default);
        return bytes;
    }

    static double[] Trim(double[] d, int skip, int keep)
    {
        var kept = new double[d.Length];
        foreach (var e in Enumerable.Range(0, d.Length).OrderByDescending(e => Math.Abs(d[e])).ThenBy(e => e).Skip(skip).Take(keep)) kept[e] = d[e];
        return kept;
    }

    static double Elect(double[] parts, bool normalize)
    {
        var sign = parts.Aggregate(0.0, (sum, part) => sum + part) >= 0 ? 1 : -1;
        var agreeing = parts.Where(part => Math.Sign(part) == sign).ToArray();
        return agreeing.Length == 0 ? 0 : agreeing.Aggregate(0.0, (sum, part) => sum + part) / (normalize ? agreeing.Length : 1);
    }

    static float[] Numbers(ulong seed, int count)
    {
        var source = new RandomSource(seed * 7919 + 1);
        return [.. Enumerable.Range(0, count).Select(_ => (float)source.NextNormal())];
    }
}
