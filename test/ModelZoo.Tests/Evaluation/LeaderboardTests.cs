using System.Text.Json;
using ModelZoo.Evaluation;
using ModelZoo.Evaluation.Leaderboards;
using ModelZoo.Evaluation.Statistics;
using ModelZoo.Evaluation.Submissions;

namespace ModelZoo.Tests.Evaluation;

public class LeaderboardTests
{
    static DateTimeOffset Day(int day) => new(2026, 1, day, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Equal_values_share_a_rank_and_the_next_is_skipped()
    {
        BoardEntry[] entries =
        [
            new("a", 0.5), new("b", 0.9) { Cost = 5 }, new("c", 0.9) { Standing = BoardStanding.SelfReported }, new("d", 0.9) { Standing = BoardStanding.Verified }, new("e", 0.8999999999999999),
            new("f", 1) { Standing = BoardStanding.Revoked },
        ];
        var ranked = Ranking.Of(entries, higherIsBetter: true);
        Assert.Equal(["d", "b", "c", "e", "a", "f"], ranked.Select(r => entries[r.Index].Id));
        Assert.Equal([1, 1, 1, 4, 5, null], ranked.Select(r => r.Rank));
        Assert.Equal(["a", "e", "d", "b", "c"], Ranking.Of(entries, higherIsBetter: false).Take(5).Select(r => entries[r.Index].Id));
        Assert.Throws<EvaluationException>(() => Ranking.Of([new("x", double.NaN)], true));
    }

    [Fact]
    public void Rank_ranges_join_what_is_not_separated()
    {
        BoardEntry[] entries = [new("a", 0.90) { Stderr = 0.01 }, new("b", 0.89) { Stderr = 0.01 }, new("c", 0.80) { Stderr = 0.01 }, new("d", 0.5)];
        var ranked = Ranking.Of(entries, true);
        var ranges = RankRange.Of(entries, ranked, ..);
        // d has no error: nothing separates it from anyone, and it has no range itself.
        Assert.Equal([new(1, 3), new(1, 3), new(3, 4), null], ranges);
        var tested = RankRange.Of(entries, ranked, .., (a, b) => 1e-9);
        Assert.Equal([new(1, 1), new(2, 2), new(3, 3), new(4, 4)], tested);
    }

    [Fact]
    public void A_wide_board_compares_outward_until_models_are_separated()
    {
        BoardEntry[] entries = [.. Enumerable.Range(0, 1000).Select(i => new BoardEntry($"{i}", 1 - i * 0.001) { Stderr = 0.05 })];
        var range = RankRange.Of(entries, Ranking.Of(entries, true), 500..501)[0]!;
        // About z = 3.5 and more after correction for hundreds of neighbours, over √2·0.05.
        Assert.InRange(500 - range.Best, 200, 330);
        Assert.InRange(range.Worst - 500, 200, 330);
    }

    [Fact]
    public void The_frontier_moves_on_strict_improvements_only()
    {
        BoardEntry[] entries =
        [
            new("a", 0.5) { Date = Day(1), Standing = BoardStanding.Verified }, new("b", 0.6) { Date = Day(2) }, new("c", 0.6) { Date = Day(3), Standing = BoardStanding.Verified },
            new("d", 0.9) { Date = Day(4), Contamination = ContaminationLevel.Strong }, new("e", 0.7) { Date = Day(5), Standing = BoardStanding.Revoked, StandingBefore = BoardStanding.Verified, StandingSince = Day(8) },
            new("f", 0.65) { Date = Day(6), Standing = BoardStanding.Reproduced },
        ];
        string[] Ids(IEnumerable<FrontierEvent> events) => [.. events.Select(e => entries[e.Index].Id)];
        var now = Frontier.Of(entries, true);
        Assert.Equal(["a", "c", "f"], Ids(now.Verified));
        Assert.Equal(["a", "b", "f"], Ids(now.Reported));
        var then = Frontier.Of(entries, true, Day(7));
        Assert.Equal(["a", "c", "e"], Ids(then.Verified));
        Assert.Equal(["a"], Ids(Frontier.Of(entries, true, Day(1)).Reported));
        Assert.Equal(["a"], Ids(Frontier.Of(entries, false).Verified));
    }

    [Fact]
    public void State_of_the_art_needs_three_competitors_and_says_when_it_is_noise()
    {
        BoardEntry Entry(string id, double value) => new(id, value) { Standing = BoardStanding.Verified, Stderr = 0.01 };
        Assert.Null(Frontier.Claim([Entry("a", 1), Entry("b", 0.5)], true));
        Assert.Equal((0, 3, true), Frontier.Claim([Entry("a", 1), Entry("b", 0.5), Entry("c", 0.5)], true));
        Assert.Equal((0, 3, false), Frontier.Claim([Entry("a", 0.505), Entry("b", 0.5), Entry("c", 0.5)], true));
        Assert.Null(Frontier.Claim([Entry("a", 0.5), Entry("b", 0.5), Entry("c", 0.4)], true));
        Assert.Null(Frontier.Claim([new("a", 0.5), new("b", 0.6), new("c", 0.4)], true));
    }

    [Fact]
    public void The_Pareto_front_keeps_equal_points_together()
    {
        BoardEntry[] entries = [new("a", 0.5) { Cost = 1 }, new("b", 0.7) { Cost = 2 }, new("c", 0.7) { Cost = 2 }, new("d", 0.7) { Cost = 3 }, new("e", 0.6) { Cost = 2 }, new("f", 0.99), new("g", 0.8) { Cost = 9 }];
        Assert.Equal([true, true, true, false, false, null, true], ParetoFront.Of(entries, true));
        Assert.Equal([true, false, false, false, false, null, false], ParetoFront.Of(entries, false));
    }

    [Fact]
    public void Win_rates_agree_with_their_vector()
    {
        var vector = MetricVectors.All["winrate"];
        var rows = vector.Inputs.GetProperty("rows").EnumerateArray().Select(row => (IReadOnlyList<double?>)[.. row.EnumerateArray().Select(cell => cell.ValueKind == JsonValueKind.Null ? (double?)null : cell.GetDouble())]).ToList();
        var lower = vector.Inputs.GetProperty("lower_is_better").EnumerateArray().Select(flag => flag.ValueKind == JsonValueKind.Null ? (bool?)null : flag.GetBoolean()).ToList();
        MetricVectors.Same(vector.Expected, JsonSerializer.SerializeToNode(SuiteScores.MeanWinRates(rows, lower)), vector.Tolerance);
    }

    [Fact]
    public void The_BLiMP_table_builds_its_boards_and_aggregates()
    {
        var scores = SubmissionReader.Read([SubmissionFile.Of("models_summary.jsonl", File.ReadAllBytes(SharedEvaluation.Require("blimp/models_summary.jsonl")))], SubmissionTests.Options).Scores;
        string[] models = ["ngram", "lstm", "txl", "gpt2"];
        var boards = scores.GroupBy(score => score.Record.Task.Id).ToDictionary(board => board.Key, board => models.Select(model => board.Single(score => score.ModelName == model).Record.Value).ToArray());
        var tasks = scores.Where(score => score.Record.Task.Id != $"blimp_{score.Notes}" && score.Record.Task.Id != "blimp").Select(score => score.Record.Task.Id).Distinct().ToList();
        var categories = boards.Keys.Except(tasks).Where(name => name != "blimp").ToList();
        Assert.Equal((67, 12, 80), (tasks.Count, categories.Count, boards.Count));
        for (var model = 0; model < 4; model++)
        {
            double[] means = [0.612403, 0.698119, 0.696254, 0.830239];
            var mean = SuiteScores.MacroMean([.. tasks.Select(task => boards[task][model])])!.Value;
            Assert.Equal(means[model], mean, 5e-7);
            Assert.Equal(boards["blimp"][model]!.Value, mean, 1e-9);
        }
        double?[] Rates(List<string> names) => SuiteScores.MeanWinRates([.. models.Select((_, model) => (IReadOnlyList<double?>)[.. names.Select(name => boards[name][model])])], [.. names.Select(_ => (bool?)false)]);
        Assert.Equal([0.213930, 0.465174, 0.422886, 0.898010], Rates(tasks).Select(rate => Math.Round(rate!.Value, 6)));
        Assert.Equal([0.111111, 0.416667, 0.472222, 1.0], Rates(categories).Select(rate => Math.Round(rate!.Value, 6)));
        Assert.Equal(2, tasks.Count(task => boards[task].Distinct().Count() < 4));
    }

    [Fact]
    public void Incomplete_suites_have_no_mean()
    {
        Assert.Null(SuiteScores.MacroMean([0.5, null]));
        Assert.Null(SuiteScores.WeightedMean([(0.5, 10), (0.7, null)]));
        Assert.Equal(0.65, SuiteScores.WeightedMean([(0.5, 10), (0.7, 30)])!.Value, 1e-15);
        Assert.Equal((0, 0.5), (SuiteScores.ChanceNormalised(0.2, 0.25, 1), SuiteScores.ChanceNormalised(0.625, 0.25, 1)));
        Assert.Equal(new SubgroupGap("a", "b", 0.25), SubgroupGap.Of([("a", 0.75, 50), ("b", 0.5, 30), ("c", 0.1, 29)], true));
        Assert.Null(SubgroupGap.Of([("a", 0.75, 50), ("c", 0.1, 29)], true));
    }

    [Theory]
    [InlineData(10_000, 43, 67, 0.005, QualityVerdict.Pass, true)]
    [InlineData(10_000, 67, 43, 0.005, QualityVerdict.Warn, false)]
    [InlineData(10_000, 67, 43, 0.002, QualityVerdict.Fail, false)]
    [InlineData(100, 0, 0, 0.005, QualityVerdict.Pass, false)]
    [InlineData(100, 5, 4, 0.005, QualityVerdict.Inconclusive, false)]
    [InlineData(100, 10, 5, 0.005, QualityVerdict.Fail, false)]
    public void A_candidate_passes_warns_waits_or_fails(long n, long b, long c, double margin, QualityVerdict verdict, bool improved)
    {
        var decided = PairedVerdict.Of(n, b, c, margin);
        Assert.Equal((verdict, improved), (decided.Verdict, decided.IsImproved));
        if (n != 10_000) return;
        Assert.Equal(0.0024, Math.Abs(decided.Difference), 1e-15);
        Assert.Equal(0.02785, decided.P, 5e-6);
        Assert.Equal((0.00034, 0.00446), (Math.Round(Math.Min(Math.Abs(decided.Ci95.Low), Math.Abs(decided.Ci95.High)), 5), Math.Round(Math.Max(Math.Abs(decided.Ci95.Low), Math.Abs(decided.Ci95.High)), 5)));
    }

    [Fact]
    public void Two_models_are_compared_on_the_samples_they_share()
    {
        Dictionary<string, double> first = [], second = [];
        for (var i = 0; i < 3080; i++) first[$"{i}"] = second[$"{i}"] = 1;
        for (var i = 0; i < 149; i++) second[$"{i}"] = 0;
        for (var i = 149; i < 393; i++) first[$"{i}"] = 0;
        first["alone"] = 1;
        var compared = ModelComparison.Of(first, second)!;
        Assert.Equal((3080, 149, 244), (compared.Shared, compared.OnlyFirst, compared.OnlySecond));
        Assert.Equal(1.900438825709686e-06, compared.P, 1e-15);
        Assert.Null(ModelComparison.Of(first, new Dictionary<string, double>()));
        second["0"] = 0.5;
        Assert.Equal("paired bootstrap", ModelComparison.Of(first, second)!.Test);
    }

    [Fact]
    public void Rules_of_standing_and_contamination_are_as_written()
    {
        Assert.False(BoardRules.IsMismatch(0.9, 0.01, 0.919, (0, 1)));
        Assert.True(BoardRules.IsMismatch(0.9, 0.01, 0.921, (0, 1)));
        Assert.True(BoardRules.IsMismatch(0.9, null, 0.906, (0, 1)));
        Assert.False(BoardRules.IsMismatch(0.9, null, 0.904, (0, 1)));
        Assert.True(BoardRules.IsReproduced(0.9, 0.9009, null, isDeterministic: true));
        Assert.Equal(ContaminationLevel.Strong, BoardRules.Contamination(0.1, false, false, false, null, null));
        Assert.Equal(ContaminationLevel.Weak, BoardRules.Contamination(0.01, false, false, false, null, null));
        Assert.Equal(ContaminationLevel.NoneKnown, BoardRules.Contamination(0.01, false, false, false, Day(5), Day(4)));
        Assert.Equal(ContaminationLevel.Strong, BoardRules.Contamination(null, true, false, false, Day(5), Day(4)));
        Assert.Equal(ContaminationLevel.NoneKnown, BoardRules.Contamination(0.009, false, false, false, null, null));
    }
}
