using System.Diagnostics;
using ModelZoo.Evaluation.Leaderboards;

namespace ModelZoo.Bench;

/// <summary>A board of 100,000 scores: what a request for a page of it computes.</summary>
static class LeaderboardBench
{
    const int Entries = 100_000;

    public static Task<Section> RunAsync(BenchOptions options)
    {
        var random = new Random(5);
        // Three digits: many models share a value.
        BoardEntry[] entries = [.. Enumerable.Range(0, Entries).Select(i => new BoardEntry($"zoo/model-{i}", Math.Round(random.NextDouble(), 3))
        {
            Stderr = 0.005, N = 10_000, Cost = random.Next(1, 1000) * 1e6, Date = DateTimeOffset.UnixEpoch.AddMinutes(random.Next(1_000_000)),
            Standing = (BoardStanding)random.Next(4),
        })];
        Ranked[] ranked = [];
        var rows = new List<string[]>
        {
            Row("rank all", () => ranked = Ranking.Of(entries, higherIsBetter: true)),
            Row("rank ranges of a page of 50", () => RankRange.Of(entries, ranked, 500..550)),
            Row("Pareto front", () => ParetoFront.Of(entries, higherIsBetter: true)),
            Row("state of the art over time, two series", () => Frontier.Of(entries, higherIsBetter: true)),
        };
        return Task.FromResult(new Section(
            "ranking", "Ranking", $"A board of {Entries:N0} scores in memory, on one core; the goal is ranks in less than 50 ms.", ["", "ms, median (range)"], rows,
            [$"{options.Rounds * 4} rounds after one to warm up."]));

        string[] Row(string name, Action work)
        {
            var millis = new List<double>();
            for (var round = 0; round <= options.Rounds * 4; round++)
            {
                var watch = Stopwatch.StartNew();
                work();
                if (round > 0) millis.Add(watch.Elapsed.TotalMilliseconds);
            }
            return [name, millis.Spread()];
        }
    }
}
