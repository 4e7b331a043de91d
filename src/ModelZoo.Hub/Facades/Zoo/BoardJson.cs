using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using ModelZoo.Hub.Evaluations.Leaderboards;
using ModelZoo.Hub.Evaluations.Scores;
using ModelZoo.Hub.Kernel;

namespace ModelZoo.Hub.Facades.Zoo;

/// <summary>Boards, scores and benchmarks as JSON and CSV.</summary>
static class BoardJson
{
    public static JsonObject Of(BoardBenchmark benchmark) => new()
    {
        ["dataset"] = benchmark.FullName, ["name"] = benchmark.Row.Title, ["description"] = benchmark.Row.Description, ["framework"] = benchmark.Row.Framework,
        ["private"] = benchmark.Repository.IsPrivate, ["tasks"] = new JsonArray([.. benchmark.Tasks.Select(task => (JsonNode)Of(task))]),
    };

    public static JsonObject Of(BenchmarkTaskRow task)
    {
        var facts = task.Facts;
        var json = new JsonObject
        {
            ["id"] = task.Id, ["kind"] = task.Kind, ["title"] = task.Title, ["config"] = task.Config, ["split"] = task.Split, ["metric"] = task.Metric, ["filter"] = task.Filter,
            ["higherIsBetter"] = task.HigherIsBetter == 1, ["least"] = task.Least, ["most"] = task.Most, ["chance"] = task.Chance, ["version"] = task.Version, ["hash"] = task.TaskHash,
        };
        if (task.IsSuite) (json["tasks"], json["aggregate"]) = (new JsonArray([.. facts.Members.Select(id => (JsonNode)id)]), facts.Aggregate);
        // Where hidden labels lie is nobody's business.
        else json["takesPredictions"] = facts.Labels is not null;
        return json;
    }

    public static JsonObject Of(BoardView view, int offset, int limit, IReadOnlyDictionary<long, double> flop)
    {
        var board = view.Board;
        var entries = new JsonArray();
        for (var i = offset; i < Math.Min(view.Ranked.Count, offset + limit); i++)
        {
            var item = Of(view.Ranked[i].Entry, flop);
            item.Insert(0, "rank", view.Ranked[i].Rank);
            if (RankRanges.Find(view, i) is var (best, worst)) item["rankRange"] = new JsonArray(best, worst);
            entries.Add(item);
        }
        return new()
        {
            ["dataset"] = board.Benchmark.FullName, ["task"] = board.Task.Id, ["title"] = board.Task.Title, ["metric"] = board.Metric.Name, ["filter"] = board.Key.Filter, ["higherIsBetter"] = board.HigherIsBetter,
            ["setting"] = Of(view.Setting), ["settings"] = new JsonArray([.. board.Settings.Take(20).Select(one => { var json = Of(one.Setting); json["scores"] = one.Count; return (JsonNode)json; })]),
            ["asOf"] = view.Request.AsOf is { } moment ? Clock.Iso(moment) : null, ["total"] = view.Ranked.Count, ["offset"] = offset, ["entries"] = entries,
            ["unranked"] = new JsonArray([.. view.Unranked.Select(entry => (JsonNode)Of(entry, flop))]),
        };
    }

    static JsonObject Of(Setting setting) => new() { ["id"] = setting.Id, ["taskHash"] = setting.TaskHash, ["datasetDigest"] = setting.DatasetDigest, ["protocol"] = setting.Protocol };

    public static JsonObject Of(BoardEntry entry, IReadOnlyDictionary<long, double> flop)
    {
        var score = entry.Score;
        var json = new JsonObject
        {
            ["model"] = entry.Model.FullName, ["value"] = Number(score.Value), ["valueText"] = score.ValueText, ["stderr"] = score.Stderr, ["low"] = score.Low, ["high"] = score.High, ["n"] = score.N,
            ["standing"] = score.Standing.Word(), ["marks"] = Marks(entry.Marks), ["measuredAt"] = score.MeasuredAt > 0 ? Clock.Iso(score.MeasuredAt) : null, ["commit"] = score.ModelCommit, ["score"] = score.Key,
            ["path"] = score.Path, ["evidence"] = score.Evidence, ["samples"] = score.Samples, ["remark"] = score.Remark,
            ["parameters"] = entry.Model.Parameters, ["flop"] = flop.TryGetValue(entry.Model.Repository.Id, out var work) ? work : null, ["secondsPerSample"] = score.SecondsPerSample, ["host"] = score.Host,
            ["licence"] = entry.Model.Licence, ["architecture"] = entry.Model.Architecture,
        };
        if (entry.Obstacle is { } obstacle) json["unranked"] = obstacle;
        return json;
    }

    public static JsonArray Marks(IEnumerable<MarkRow> marks) => new([.. marks.Select(mark => (JsonNode)new JsonObject
    {
        ["id"] = Ids.ToWire(mark.Id), ["kind"] = mark.Kind, ["task"] = mark.TaskId, ["score"] = mark.ScoreKey.Length > 0 ? mark.ScoreKey : null, ["reason"] = mark.Reason, ["by"] = mark.Handle,
        ["at"] = Clock.Iso(mark.MarkedAt), ["liftedAt"] = mark.LiftedAt is { } lifted ? Clock.Iso(lifted) : null,
    })]);

    public static JsonObject Of(SuiteView view, int offset, int limit) => new()
    {
        ["dataset"] = view.Benchmark.FullName, ["suite"] = view.Suite.Id, ["title"] = view.Suite.Title, ["aggregate"] = view.Suite.Facts.Aggregate, ["tasks"] = new JsonArray([.. view.Columns.Select(column => (JsonNode)column.Task.Id)]),
        ["total"] = view.Rows.Count, ["offset"] = offset,
        ["roster"] = new JsonArray([.. view.Rows.Where(row => row.WinRate is not null).Take(1_000).Select(row => (JsonNode)row.Model.FullName)]),
        ["entries"] = new JsonArray([.. view.Rows.Skip(offset).Take(limit).Select(row => (JsonNode)new JsonObject
        {
            ["rank"] = row.Rank, ["model"] = row.Model.FullName, ["value"] = row.Aggregate, ["missing"] = row.Missing, ["meanWinRate"] = row.WinRate, ["verified"] = row.IsVerified, ["parameters"] = row.Model.Parameters,
            ["values"] = new JsonObject(view.Columns.Where(column => column.Values.ContainsKey(row.Model.Repository.Id)).Select(column => KeyValuePair.Create(column.Task.Id, (JsonNode?)column.Values[row.Model.Repository.Id].Value))),
        })]),
    };

    public static JsonObject Of(Comparison comparison)
    {
        var json = new JsonObject
        {
            ["first"] = comparison.First.Model.FullName, ["second"] = comparison.Second.Model.FullName, ["firstValue"] = Number(comparison.First.Score.Value), ["secondValue"] = Number(comparison.Second.Score.Value),
            ["difference"] = comparison.Difference, ["low"] = comparison.Low, ["high"] = comparison.High, ["method"] = comparison.Method, ["p"] = comparison.P, ["significant"] = comparison.P is null ? null : comparison.IsSignificant,
            ["sharedSamples"] = comparison.Shared, ["reason"] = comparison.Reason,
        };
        if (comparison.Discordant is var (first, second)) json["discordant"] = new JsonArray(first, second);
        return json;
    }

    const int MostLines = 100_000;

    /// <summary>Lines for which the range of ranks is computed.</summary>
    const int MostRanges = 1_000;

    public static string Csv(BoardView view, IReadOnlyDictionary<long, double> flop)
    {
        var text = new StringBuilder("rank,rank_best,rank_worst,model,value,stderr,low,high,n,standing,measured_at,commit,parameters,flop,seconds_per_sample,licence,architecture,score\n");
        for (var i = 0; i < Math.Min(view.Ranked.Count, MostLines); i++)
        {
            var (rank, entry) = view.Ranked[i];
            var (score, model) = (entry.Score, entry.Model);
            var range = i < MostRanges ? RankRanges.Find(view, i) : null;
            var fields = new[]
            {
                Text(rank), Text(range?.Best), Text(range?.Worst), model.FullName, Text(score.Value), Text(score.Stderr), Text(score.Low), Text(score.High), Text(score.N), score.Standing.Word(),
                score.MeasuredAt > 0 ? Clock.Iso(score.MeasuredAt) : "", score.ModelCommit ?? "", Text(model.Parameters), flop.TryGetValue(model.Repository.Id, out var work) ? Text(work) : "", Text(score.SecondsPerSample),
                model.Licence ?? "", model.Architecture ?? "", score.Key,
            };
            text.AppendJoin(',', fields.Select(Field)).Append('\n');
        }
        return text.ToString();
    }

    static string Text(IFormattable? value) => value?.ToString(value is double ? "R" : null, CultureInfo.InvariantCulture) ?? "";

    /// <summary>Quoted where it must be; and nothing that a spreadsheet would take for a formula.</summary>
    static string Field(string text)
    {
        if (text.Length > 0 && text[0] is '=' or '+' or '@' or '\t') text = "'" + text;
        return text.AsSpan().ContainsAny(",\"\n\r") ? $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : text;
    }

    static JsonValue? Number(double? value) => value is { } number && double.IsFinite(number) ? JsonValue.Create(number) : null;
}
