using System.Runtime.InteropServices;
using ModelZoo.Learning.Analyses;
using ModelZoo.Learning.Merging;
using ModelZoo.Learning.Randomness;
using ModelZoo.Weights;

namespace ModelZoo.Tests.Learning;

/// <summary>Metrics against their definitions and the identities between them.</summary>
public sealed class AnalysisTests
{
    [Fact]
    public async Task Distances_stream_over_tensors_and_agree_with_plain_loops()
    {
        var thetas = Enumerable.Range(0, 7).Select(i => Numbers((ulong)i + 1, 70_001)).ToArray();
        var table = await DistanceTable.ComputeAsync([.. thetas.Select((theta, i) => Checkpoint($"m{i}", theta))], default);
        var meanSquare = 0.0;
        for (var i = 0; i < 7; i++)
            for (var j = 0; j < i; j++)
            {
                var expected = Math.Sqrt(thetas[i].Zip(thetas[j], (a, b) => ((double)a - b) * ((double)a - b)).Sum());
                meanSquare += expected * expected / 21;
                Assert.Equal(expected, table.Distance(i, j), 1e-9);
                Assert.Equal(table.Distance(i, j), table.Distance(j, i));
                Assert.Equal(expected / (0.5 * (table.Norm(i) + table.Norm(j))), table.Relative(i, j)!.Value, 1e-12);
                Assert.Equal(thetas[i].Zip(thetas[j], (a, b) => (double)a * b).Sum() / (table.Norm(i) * table.Norm(j)), table.Cosine(i, j)!.Value, 1e-12);
            }
        // Mean over pairs of d² = 2N/(N − 1)·s², with s² computed from the mean itself.
        var mean = Enumerable.Range(0, 70_001).Select(p => thetas.Average(theta => (double)theta[p])).ToArray();
        var spread = Math.Sqrt(thetas.Average(theta => theta.Zip(mean, (x, m) => (x - m) * (x - m)).Sum()));
        Assert.Equal(spread, table.Spread, 1e-9);
        Assert.Equal(meanSquare, 2.0 * 7 / 6 * spread * spread, 1e-6);
        var components = table.Components(6);
        Assert.Equal(7 * spread * spread, components.Eigenvalues.Sum(), 1e-5);
        Assert.Equal(0, components.Eigenvalues[6], 1e-6);
        // Distances alone give the same directions.
        var distances = new double[7, 7];
        for (var i = 0; i < 7; i++)
            for (var j = 0; j < 7; j++) distances[i, j] = i == j ? 0 : table.Distance(i, j);
        var scaled = PrincipalComponents.OfDistances(distances, 6);
        for (var k = 0; k < 6; k++)
        {
            Assert.Equal(components.Eigenvalues[k], scaled.Eigenvalues[k], 1e-6);
            for (var i = 0; i < 7; i++) Assert.Equal(components.Coordinates[i][k], scaled.Coordinates[i][k], 1e-5);
        }
        for (var i = 0; i < 7; i++)
            for (var j = 0; j < i; j++) Assert.Equal(table.Distance(i, j), Math.Sqrt(components.Coordinates[i].Zip(components.Coordinates[j], (a, b) => (a - b) * (a - b)).Sum()), 1e-6);
    }

    [Fact]
    public async Task Near_equal_checkpoints_keep_their_digits()
    {
        var theta = Numbers(3, 10_000).Select(x => x * 1000).ToArray();
        var moved = theta.ToArray();
        moved[77] = BitConverter.Int32BitsToSingle(BitConverter.SingleToInt32Bits(moved[77]) + 1);
        var table = await DistanceTable.ComputeAsync([Checkpoint("a", theta), Checkpoint("b", moved)], default);
        Assert.Equal(Math.Abs((double)moved[77] - theta[77]), table.Distance(0, 1));
    }

    [Fact]
    public async Task Checkpoints_of_other_shapes_are_not_compared() => await Assert.ThrowsAsync<MergeException>(() =>
        DistanceTable.ComputeAsync([Checkpoint("a", Numbers(1, 10)), Checkpoint("b", Numbers(1, 12))], default));

    [Fact]
    public void Statistics_of_a_tensor_are_those_of_the_definition()
    {
        var statistics = TensorStatistics.Of("w", [3, 1, 2, 5, 4], PercentileSet.Unterthiner);
        Assert.Equal((3, 2, 5), (statistics.Mean, statistics.Variance, statistics.LargestSize));
        Assert.Equal([1.0, 2, 3, 4, 5], statistics.Percentiles);
        Assert.Equal(-1.3, statistics.Kurtosis!.Value, 1e-12);
        Assert.Equal(1.04, TensorStatistics.Of("w", [3, 1, 2, 5, 4], PercentileSet.Inner).Percentiles[0], 1e-12);
        Assert.Null(TensorStatistics.Of("w", [2, 2], PercentileSet.Inner).Kurtosis);
        Assert.Equal(1, TensorStatistics.Of("w", [2, double.NaN], PercentileSet.Inner).NotFinite);
    }

    [Fact]
    public void The_spectrum_of_a_diagonal_matrix_is_its_diagonal()
    {
        var spectrum = Spectrum.Of(3, 2, [0, 2, 0, 0, 1, 0]);
        Assert.Equal([2, 1], spectrum.SingularValues.Select(value => Math.Round(value, 12)));
        Assert.Equal(1.25, spectrum.StableRank, 1e-12);
        Assert.Equal(Math.Exp(-(2 / 3.0 * Math.Log(2 / 3.0) + 1 / 3.0 * Math.Log(1 / 3.0))), spectrum.EffectiveRank, 1e-12);
    }

    [Fact]
    public void Behaviour_is_measured_as_defined()
    {
        float[] one = [2, 0, 0, 2, 0, 2, 1, 0], other = [2, 0, 2, 0, 2, 0, 1, 0];
        int[] labels = [0, 1, 0, 1];
        var (a, b) = (new Predictions(one, labels, 2), new Predictions(other, labels, 2));
        Assert.Equal((2, 2), (a.Correct, b.Correct));
        var compared = Comparison.Of(a, b);
        Assert.Equal(0.5, compared.Agreement);
        Assert.Equal(0.5, compared.Expected);
        Assert.Equal(0.25, compared.DoubleFault);
        Assert.Equal(1 / 3.0, compared.ErrorOverlap, 1e-12);
        Assert.Equal(1, compared.SameWrongAnswer);
        Assert.InRange(compared.JensenShannon, 0, Math.Log(2));
        Assert.Equal((1, 1, 0), (Comparison.Of(a, a).Agreement, Comparison.Of(a, a).Kappa, Comparison.Of(a, a).JensenShannon));
        var p = Math.Exp(2) / (1 + Math.Exp(2));
        var q = Math.E / (1 + Math.E);
        Assert.Equal(-(2 * Math.Log(p) + Math.Log(1 - p) + Math.Log(1 - q)) / 4, a.NegativeLogLikelihood, 1e-9);
        Assert.Equal((2 * 2 * (1 - p) * (1 - p) + 2 * p * p + 2 * q * q) / 4, a.Brier, 1e-9);
        Assert.Equal(3 / 4.0 * Math.Abs(2 / 3.0 - p) + 1 / 4.0 * q, a.CalibrationError, 1e-9);
        Assert.Equal(0.5, Predictions.EnsembleAccuracy([a, a]));
    }

    [Fact]
    public void Alignment_of_representations_ignores_rotation_and_scale()
    {
        var x = Numbers(5, 40 * 6);
        var turned = new float[x.Length];
        for (var s = 0; s < 40; s++)
            for (var k = 0; k < 6; k += 2)
            {
                turned[s * 6 + k] = 3 * (0.6f * x[s * 6 + k] - 0.8f * x[s * 6 + k + 1]);
                turned[s * 6 + k + 1] = 3 * (0.8f * x[s * 6 + k] + 0.6f * x[s * 6 + k + 1]);
            }
        Assert.Equal(1, KernelAlignment.Linear(x, x, 40)!.Value, 1e-12);
        Assert.Equal(1, KernelAlignment.Linear(x, turned, 40)!.Value, 1e-5);
        Assert.Equal(1, KernelAlignment.Debiased(x, turned, 40)!.Value, 1e-5);
        Assert.InRange(KernelAlignment.Debiased(x, Numbers(6, 40 * 6), 40)!.Value, -0.2, 0.2);
        Assert.Null(KernelAlignment.Linear(new float[240], x, 40));
    }

    [Fact]
    public void Ridge_solves_either_way_round_to_the_same_weights()
    {
        var rows = Enumerable.Range(0, 8).Select(i => Numbers((ulong)i + 20, 8).Select(x => (double)x).ToArray()).ToList();
        var targets = rows.Select(row => 2 * row[0] - row[3] + 1).ToList();
        var square = Ridge.Fit(rows, targets, 0.5);
        // One more feature that never varies changes nothing but the form that is solved.
        var wide = Ridge.Fit([.. rows.Select(row => row.Append(7.0).ToArray())], targets, 0.5);
        foreach (var row in rows) Assert.Equal(square.Predict(row), wide.Predict([.. row, 7.0]), 1e-9);
        Assert.Equal(1, PropertyPrediction.RSquaredOf([1, 2, 3], [1, 2, 3]));
        Assert.Equal(0.8164965809277261, PropertyPrediction.Kendall([1, 2, 3], [1, 2, 2])!.Value, 1e-12);
        Assert.Null(PropertyPrediction.Kendall([1, 1], [1, 2]));
    }

    [Fact]
    public void Trees_find_what_no_line_does_and_always_the_same()
    {
        var rows = Enumerable.Range(0, 240).Select(i => Numbers((ulong)i + 500, 6).Select(x => (double)x).ToArray()).ToList();
        var targets = rows.Select(row => row[1] * row[4] > 0 ? 1.0 : -1).ToList();
        var (seen, unseen) = (rows[..160], rows[160..]);
        var trees = BoostedTrees.Fit(seen, targets[..160]);
        var again = BoostedTrees.Fit(seen, targets[..160]);
        var line = Ridge.Fit(seen, targets[..160], 1);
        Assert.All(rows, row => Assert.Equal(trees.Predict(row), again.Predict(row)));
        Assert.True(PropertyPrediction.RSquaredOf(targets[160..], [.. unseen.Select(trees.Predict)]) > 0.6);
        Assert.True(PropertyPrediction.RSquaredOf(targets[160..], [.. unseen.Select(line.Predict)]) < 0.2);
    }

    [Fact]
    public void A_tree_splits_where_the_least_is_left_over()
    {
        // By hand: of three splits the one between 2 and 10 leaves 0.5 + 0.5; each side is told its mean at rate 1.
        double[][] rows = [[1, 7], [2, 7], [10, 7], [11, 7]];
        var one = BoostedTrees.Fit(rows, [0, 1, 5, 6], trees: 1, depth: 1, rate: 1);
        Assert.Equal([0.5, 0.5, 5.5, 5.5], rows.Select(one.Predict));
        Assert.Equal(0.5, one.Predict([6, 0]));
        Assert.Equal(5.5, one.Predict([6.01, 0]));
        // Depth 2 tells all four apart; more trees change nothing then, and rows that are equal cannot be parted.
        Assert.Equal([0, 1, 5, 6], rows.Select(BoostedTrees.Fit(rows, [0, 1, 5, 6], trees: 3, depth: 2, rate: 1).Predict));
        Assert.Equal(2, BoostedTrees.Fit([[3], [3], [3]], [1, 2, 3]).Predict([3]), 1e-12);
        Assert.Equal(4, BoostedTrees.Fit([[1], [2]], [4, 4]).Predict([9]));
        Assert.Throws<ArgumentException>(() => BoostedTrees.Fit([[double.NaN], [1]], [1, 2]));
    }

    [Fact]
    public void Prediction_is_told_with_and_without_the_progress_of_training()
    {
        var samples = new List<PropertySample>();
        for (var member = 0; member < 60; member++)
            foreach (var epoch in (int[])[1, 5, 10])
            {
                var noise = Numbers((ulong)(member * 100 + epoch), 3);
                // The target follows the epoch; within an epoch nothing of it can be seen.
                samples.Add(new($"m{member}", epoch, member < 40 ? "train" : member < 50 ? "val" : "test", [epoch + 0.1 * noise[0], noise[1]], epoch * 0.08 + 0.05 * noise[2]));
            }
        var found = PropertyPrediction.Run(samples);
        Assert.InRange(found.All!.RSquared!.Value, 0.9, 1);
        Assert.All(found.WithinEpoch.Values, score => Assert.InRange(score.RSquared!.Value, -1, 0.4));
        var trees = PropertyPrediction.Run(samples, PropertyModel.Trees);
        Assert.InRange(trees.All!.RSquared!.Value, 0.85, 1);
        Assert.Null(trees.All.Alpha);
    }

    [Fact]
    public void The_cheapest_tree_is_found_through_cycles()
    {
        double[,] cost = { { 0, 10, 8, 12 }, { 9, 0, 1, 5 }, { 9, 1, 0, 6 }, { 9, 7, 2, 0 } };
        Assert.Equal([-1, 2, 0, 1], Lineage.Arborescence(4, 0, (i, j) => cost[i, j]));
        for (ulong seed = 1; seed < 40; seed++)
        {
            var random = new RandomSource(seed);
            var c = new double[5, 5];
            for (var i = 0; i < 5; i++)
                for (var j = 0; j < 5; j++) c[i, j] = random.Below(20);
            var parents = Lineage.Arborescence(5, 0, (i, j) => c[i, j]);
            Assert.Equal(Cheapest(c), Enumerable.Range(1, 4).Sum(v => c[parents[v], v]));
            Assert.All(Enumerable.Range(1, 4), v => Assert.True(Reaches(parents, v)));
        }

        static bool Reaches(int[] parents, int v)
        {
            for (var steps = 0; steps < 5 && v != 0; steps++) v = parents[v];
            return v == 0;
        }

        static double Cheapest(double[,] c)
        {
            var best = double.MaxValue;
            for (var code = 0; code < 625; code++)
            {
                int[] parents = [-1, code % 5, code / 5 % 5, code / 25 % 5, code / 125];
                if (Enumerable.Range(1, 4).All(v => parents[v] != v && Reaches(parents, v))) best = Math.Min(best, Enumerable.Range(1, 4).Sum(v => c[parents[v], v]));
            }
            return best;
        }
    }

    [Fact]
    public void Families_are_recovered_and_compared()
    {
        double[] at = [0, 0.1, 0.2, 10, 10.3, 10.1];
        double Distance(int i, int j) => Math.Abs(at[i] - at[j]);
        Assert.Equal((0, 1), (Lineage.FindNearest(1, [0, 3], Distance).Candidate, Lineage.Medoid(3, Distance)));
        Assert.Equal(99, Lineage.FindNearest(1, [0, 3], Distance).Margin!.Value, 1e-9);
        Assert.Equal([-1, 0, 1], Lineage.Arborescence(3, 0, Distance));
        Assert.Equal(1, Lineage.AdjustedRand(["a", "a", "b"], ["x", "x", "y"]));
        Assert.Equal(0, Lineage.AdjustedRand(["a", "a", "b", "b"], ["x", "x", "x", "x"]), 1e-12);
    }

    [Fact]
    public void Effects_of_factors_are_ranked_and_held_against_chance()
    {
        var members = new List<(IReadOnlyDictionary<string, string>, double)>();
        foreach (var (optimizer, seed) in from o in new[] { "adamw", "sgd" } from s in Enumerable.Range(0, 5) select (o, s))
            members.Add((new Dictionary<string, string> { ["optimizer"] = optimizer, ["seed"] = $"{seed}", ["constant"] = "1" }, (optimizer == "sgd" ? 0.5 : 0.9) + 0.001 * seed));
        var effects = FactorEffect.Of(members);
        Assert.Equal(["optimizer", "seed"], effects.Select(effect => effect.Factor));
        Assert.InRange(effects[0].Explained!.Value, 0.99, 1);
        Assert.Equal(4 / 9.0, effects[1].Chance, 1e-12);
    }

    [Fact]
    public async Task A_barrier_is_what_the_middle_loses()
    {
        var ends = new[] { new MergeInput("a", [Tensor("w", [0f])]), new MergeInput("b", [Tensor("w", [1f])]) };
        var path = await LinearPath.MeasureAsync(ends[0], ends[1], async (model, stop) =>
        {
            var bytes = new byte[4];
            await model.Tensors[0].Source.ReadAsync(0, bytes, stop);
            var x = BitConverter.ToSingle(bytes);
            return (4 * x * (1 - x) + x, 1 - 2 * x * (1 - x));
        }, default);
        Assert.Equal(11, path.Points.Count);
        Assert.Equal(1, path.LossBarrier, 1e-6);
        Assert.Equal(0.5, path.AccuracyBarrier, 1e-6);
        Assert.False(path.IsConnected);
    }

    static Checkpoint Checkpoint(string name, float[] theta) =>
        new(name, [Tensor("a", theta[..(theta.Length / 3)]), Tensor("b", theta[(theta.Length / 3)..])], Scope.All);

    static TensorContent Tensor(string name, float[] x)
    {
        var bytes = MemoryMarshal.AsBytes(x.AsSpan()).ToArray();
        return new(name, DType.F32, [x.Length], new MemoryByteSource(bytes), 0, bytes.Length);
    }

    static float[] Numbers(ulong seed, int count)
    {
        var source = new RandomSource(seed * 7919 + 1);
        return [.. Enumerable.Range(0, count).Select(_ => (float)source.NextNormal())];
    }
}
