using FsCheck;
using FsCheck.Fluent;
using ModelZoo.Evaluation.Leaderboards;
using ModelZoo.Evaluation.Metrics;
using ModelZoo.Evaluation.Metrics.Texts;
using Outcome = ModelZoo.Evaluation.Metrics.Outcome;

namespace ModelZoo.Tests.Evaluation;

/// <summary>Fast ways against the definitions written out.</summary>
public class MetricPropertyTests
{
    static void Holds<T>(Gen<T> cases, Func<T, bool> law) => FsCheck.Check.One(Config.QuickThrowOnFailure.WithMaxTest(200), Prop.ForAll(cases.ToArbitrary(), law));

    static Gen<int[]> Numbers(int most, int least = 1) => Gen.Choose(least, 14).SelectMany(length => Gen.Choose(0, most).ArrayOf(length));
    static Gen<(int[] A, int[] B)> Pairs(int most) => Gen.Choose(1, 14).SelectMany(length => Gen.Choose(0, most).ArrayOf(length).SelectMany(a => Gen.Choose(0, most).ArrayOf(length).Select(b => (a, b))));
    static double[] Real(int[] whole) => Array.ConvertAll(whole, n => n / 4.0);
    static bool Near(double a, double b) => (double.IsNaN(a) && double.IsNaN(b)) || Math.Abs(a - b) < 1e-9;

    [Fact]
    public void Edit_distance_and_common_subsequence_are_those_of_the_table() => Holds(
        Gen.Choose(0, 200).SelectMany(a => Gen.Choose(0, 3).ArrayOf(a)).SelectMany(a => Gen.Choose(0, 200).SelectMany(b => Gen.Choose(0, 3).ArrayOf(b)).Select(b => (a, b))), pair =>
    {
        var (edits, common) = (new int[pair.a.Length + 1, pair.b.Length + 1], new int[pair.a.Length + 1, pair.b.Length + 1]);
        for (var i = 0; i <= pair.a.Length; i++)
            for (var j = 0; j <= pair.b.Length; j++)
            {
                if (i == 0 || j == 0)
                {
                    edits[i, j] = i + j;
                    continue;
                }
                var same = pair.a[i - 1] == pair.b[j - 1];
                edits[i, j] = Math.Min(edits[i - 1, j - 1] + (same ? 0 : 1), 1 + Math.Min(edits[i - 1, j], edits[i, j - 1]));
                common[i, j] = same ? common[i - 1, j - 1] + 1 : Math.Max(common[i - 1, j], common[i, j - 1]);
            }
        return EditDistance.Of(pair.a, pair.b) == edits[pair.a.Length, pair.b.Length] && EditDistance.CommonLength(pair.a, pair.b) == common[pair.a.Length, pair.b.Length];
    });

    [Fact]
    public void The_area_under_the_curve_is_the_share_of_pairs_in_order() => Holds(Pairs(6), pair =>
    {
        var (scores, positive) = (Real(pair.A), Array.ConvertAll(pair.B, b => b > 3));
        var (won, pairs) = (0.0, 0);
        for (var i = 0; i < scores.Length; i++)
            for (var j = 0; j < scores.Length; j++)
            {
                if (!positive[i] || positive[j]) continue;
                won += scores[i] > scores[j] ? 1 : scores[i] == scores[j] ? 0.5 : 0;
                pairs++;
            }
        return Near(RankCurves.Area(scores, positive), pairs == 0 ? double.NaN : won / pairs);
    });

    [Fact]
    public void Kendall_counts_pairs() => Holds(Pairs(5), pair =>
    {
        var (x, y) = (Real(pair.A), Real(pair.B));
        var (balance, untiedX, untiedY) = (0.0, 0, 0);
        for (var i = 0; i < x.Length; i++)
            for (var j = 0; j < i; j++)
            {
                balance += Math.Sign(x[i] - x[j]) * Math.Sign(y[i] - y[j]);
                if (x[i] != x[j]) untiedX++;
                if (y[i] != y[j]) untiedY++;
            }
        return Near(Correlations.KendallTauB(x, y), untiedX == 0 || untiedY == 0 ? double.NaN : balance / Math.Sqrt((double)untiedX * untiedY));
    });

    [Fact]
    public void Spearman_is_Pearson_of_average_ranks() => Holds(Pairs(5), pair =>
    {
        static double[] Ranks(double[] values) => Array.ConvertAll(values, v => values.Count(other => other < v) + (values.Count(other => other == v) + 1) / 2.0);
        var (x, y) = (Real(pair.A), Real(pair.B));
        return Near(Correlations.Spearman(x, y), Correlations.Pearson(Ranks(x), Ranks(y)));
    });

    [Fact]
    public void Weights_are_the_same_as_repeated_samples() => Holds(Pairs(3).SelectMany(pair => Gen.Choose(0, 3).ArrayOf(pair.A.Length).Select(weights => (pair.A, pair.B, Weights: weights))), c =>
    {
        if (c.Weights.Sum() == 0) return true;
        Outcome[] numbers = [.. c.A.Zip(c.B, (a, b) => new NumberOutcome(a / 4.0, b))], labels = [.. c.A.Zip(c.B, (a, b) => new LabelOutcome(a, b))];
        Outcome[] sure = [.. c.A.Zip(c.B, (a, b) => new ClassOutcome([a / 3.0, 1 - a / 3.0], b % 2))];
        T[] Repeated<T>(T[] items) => [.. items.SelectMany((item, i) => Enumerable.Repeat(item, c.Weights[i]))];
        static int[] Ones(int count) => [.. Enumerable.Repeat(1, count)];
        foreach (var metric in new[] { "pearson", "spearman", "kendall_tau_b", "r2" })
            if (!Near(Correlations.Statistic(numbers, metric)(c.Weights), Correlations.Statistic(Repeated(numbers), metric)(Ones(c.Weights.Sum())))) return false;
        foreach (var value in new Func<Confusion, double>[] { m => m.BalancedAccuracy(), m => m.Score("macro").F1, m => m.Matthews(), m => m.Kappa() })
            if (!Near(Confusion.Statistic(labels, "x", value)(c.Weights), Confusion.Statistic(Repeated(labels), "x", value)(Ones(c.Weights.Sum())))) return false;
        return Near(Calibration.Statistic(sure, "ece", 4, false)(c.Weights), Calibration.Statistic(Repeated(sure), "ece", 4, false)(Ones(c.Weights.Sum())))
            && Near(RankCurves.AveragePrecision(sure, "ap", 1)(c.Weights), RankCurves.AveragePrecision(Repeated(sure), "ap", 1)(Ones(c.Weights.Sum())));
    });

    [Fact]
    public void Every_token_is_predicted_once_and_what_is_read_stands_before_it() => Holds(
        Gen.Choose(0, 40).SelectMany(n => Gen.Choose(1, 9).SelectMany(most => Gen.Choose(1, most).Select(context => (n, most, context)))), c =>
    {
        int[] tokens = [.. Enumerable.Range(0, c.n)];
        var windows = RollingWindows.Of(tokens, -1, c.most, c.context).ToList();
        return windows.SelectMany(window => window.Predicted).SequenceEqual(tokens)
            && windows.All(window => window.Context.Length + window.Predicted.Length <= c.most + 1 && window.Context[^1] == window.Predicted[0] - 1);
    });

    [Fact]
    public void Ranks_count_the_better() => Holds(Numbers(5), values =>
    {
        BoardEntry[] entries = [.. values.Select((value, i) => new BoardEntry($"{i}", value))];
        return Ranking.Of(entries, true).All(ranked => ranked.Rank == 1 + values.Count(other => other > values[ranked.Index]));
    });

    [Fact]
    public void The_front_is_what_nothing_dominates() => Holds(Pairs(5), pair =>
    {
        BoardEntry[] entries = [.. pair.A.Zip(pair.B, (cost, value) => new BoardEntry($"{cost} {value}", value) { Cost = cost })];
        var front = ParetoFront.Of(entries, true);
        return Enumerable.Range(0, entries.Length).All(i => front[i] == !Enumerable.Range(0, entries.Length).Any(j =>
            pair.A[j] <= pair.A[i] && pair.B[j] >= pair.B[i] && (pair.A[j] < pair.A[i] || pair.B[j] > pair.B[i])));
    });
}
