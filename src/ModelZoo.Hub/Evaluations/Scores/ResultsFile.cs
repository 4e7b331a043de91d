using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using ModelZoo.Hub.Kernel;

namespace ModelZoo.Hub.Evaluations.Scores;

/// <summary>
/// Reads a file of <c>.eval_results</c>: a list of {dataset {id, task_id, revision}, value, verifyToken, date, source, notes}. What is ours stands
/// under <c>zoo</c>: {metric, filter, evidence, samples, n, stderr}. An entry that lacks something required is left out, and said.
/// </summary>
static class ResultsFile
{
    public static (IReadOnlyList<ScoreRow> Rows, IReadOnlyList<ScoreProblem> Problems) Read(string path, string text, DateTimeOffset now)
    {
        var rows = new List<ScoreRow>();
        var problems = new List<ScoreProblem>();
        try
        {
            if (ScoreYaml.Parse(text) is not JsonArray list) return ([], [new(path, "It must be a list of results.")]);
            for (var i = 0; i < list.Count; i++)
            {
                var place = $"{path}[{i}]";
                if (rows.Count >= ScoreLimits.MaxScores)
                {
                    problems.Add(new(place, $"Only the first {ScoreLimits.MaxScores} results of a file count."));
                    break;
                }
                if (Entry(list[i], path, place, now, problems) is { } row) rows.Add(row);
            }
        }
        catch (ScoreYamlException broken)
        {
            problems.Add(new(path, broken.Message));
        }
        return (rows, problems);
    }

    static ScoreRow? Entry(JsonNode? node, string path, string place, DateTimeOffset now, List<ScoreProblem> problems)
    {
        ScoreRow? Leave(string problem)
        {
            problems.Add(new(place, problem));
            return null;
        }

        if (node is not JsonObject entry) return Leave("A result must be a mapping.");
        var dataset = entry["dataset"] as JsonObject;
        if (Text(dataset?["id"]) is not { } id) return Leave("dataset.id is missing.");
        if (Text(dataset?["task_id"]) is not { } task) return Leave("dataset.task_id is missing.");
        if (id.Length > ScoreLimits.MaxName || task.Length > ScoreLimits.MaxName) return Leave($"dataset.id and dataset.task_id may have {ScoreLimits.MaxName} characters.");
        if (entry["value"] is not { } value) return Leave("value is missing.");
        if (Number(value) is not { } number) return Leave($"value must be a finite number, not {Shown(value)}.");
        var zoo = entry["zoo"] as JsonObject;
        var date = Date(entry["date"]);
        if (entry["date"] is not null && date is null) problems.Add(new(place, "date is no date of ISO 8601, so the commit's counts."));
        if (date > now.AddDays(1)) return Leave("date lies in the future.");
        var source = entry["source"] as JsonObject;
        if (source is not null && Text(source["url"]) is null) problems.Add(new(place, "source needs url."));
        return new ScoreRow
        {
            Path = path, Dataset = id, DatasetKey = id.ToLowerInvariant(), TaskId = task, DatasetRevision = Text(dataset?["revision"]),
            Metric = Text(zoo?["metric"]), Filter = Text(zoo?["filter"]) ?? "none", Value = number, ValueText = Shown(value),
            Stderr = Number(zoo?["stderr"]) is { } error and >= 0 ? error : null, N = Number(zoo?["n"]) is { } n and >= 1 and < 1e15 ? (long)n : null,
            MeasuredAt = date?.ToUnixTimeMilliseconds(), Evidence = Inside(Text(zoo?["evidence"])), Samples = Inside(Text(zoo?["samples"])),
            SourceJson = source is { Count: > 0 } && source.ToJsonString() is { Length: < 4_000 } json ? JsonText.Storable(json) : null,
            Notes = Text(entry["notes"]) is { } notes ? notes[..Math.Min(notes.Length, ScoreLimits.MaxNotes)] : null, Token = Text(entry["verifyToken"], 8_000),
            Standing = source is null && Text(zoo?["standing"]) != Standing.Reported.Word() ? Standing.Claimed.Word() : Standing.Reported.Word(), Unranked = Text(zoo?["unranked"]),
        };
    }

    /// <summary>Evidence is a file of <c>.eval_results</c>, and nothing else of the repository.</summary>
    static string? Inside(string? path) => path is not null && path.StartsWith(ResultsLayout.Folder + "/", StringComparison.Ordinal) ? path : null;

    static string? Text(JsonNode? node, int most = 1_000)
    {
        if (node is not JsonValue value) return null;
        var text = value.GetValueKind() == JsonValueKind.String ? value.GetValue<string>() : value.ToJsonString();
        text = JsonText.Storable(text).Trim();
        return text.Length is > 0 && text.Length <= most ? text : null;
    }

    static double? Number(JsonNode? node) =>
        node is JsonValue value && value.GetValueKind() == JsonValueKind.Number && double.TryParse(value.ToJsonString(), NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number) ? number : null;

    static DateTimeOffset? Date(JsonNode? node) =>
        Text(node) is { } text && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var date) && date.Year is >= 1950 and < 9000 ? date : null;

    static string Shown(JsonNode node)
    {
        var text = node is JsonValue value && value.GetValueKind() == JsonValueKind.String ? value.GetValue<string>() : node.ToJsonString();
        text = JsonText.Storable(text);
        return text.Length > 60 ? text[..60] + "…" : text;
    }
}
