using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using ModelZoo.Git;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Repositories;

namespace ModelZoo.Hub.Evaluations.Scores;

/// <summary>Reads the task definitions of a benchmark, as far as boards need them.</summary>
sealed class TaskDefinitions(ScoreFiles files, TreeReader trees)
{
    public const string Folder = "tasks";

    public async Task<IReadOnlyDictionary<string, BenchmarkTaskRow>> ReadAsync(long spaceId, ObjectId tree, List<ScoreProblem> problems, CancellationToken stop)
    {
        var found = new Dictionary<string, BenchmarkTaskRow>(StringComparer.Ordinal);
        var at = RepoPath.Parse(Folder);
        if (await trees.FindEntryAsync(spaceId, tree, at, stop) is not { Mode: EntryMode.Folder } folder) return found;
        foreach (var file in (await trees.ListAsync(spaceId, folder.Id, at, stop)).Where(file => !file.IsFolder && file.Path.Value.EndsWith(".yaml", StringComparison.Ordinal)).Take(ScoreLimits.MaxTasks))
        {
            if (await files.FindContentAsync(spaceId, file, ScoreLimits.MaxFileBytes, stop) is not { } content) continue;
            try
            {
                if (ScoreYaml.Parse(Encoding.UTF8.GetString(content)) is JsonObject task && Read(task) is { } row) found.TryAdd(row.Id, row);
            }
            catch (ScoreYamlException broken)
            {
                problems.Add(new(file.Path.Value, broken.Message));
            }
        }
        return found;
    }

    static BenchmarkTaskRow? Read(JsonObject task)
    {
        if (Text(task["task"]) is not { } id) return null;
        var zoo = task["zoo"] as JsonObject;
        var metrics = (task["metric_list"] as JsonArray ?? []).OfType<JsonObject>().Select(metric => Text(metric["metric"]) is { } name
            ? metric["higher_is_better"] is JsonValue { } stated && stated.GetValueKind() is JsonValueKind.True or JsonValueKind.False ? MetricNames.Of(name) with { HigherIsBetter = metric["higher_is_better"]!.GetValue<bool>() } : MetricNames.Of(name) : null)
            .OfType<MetricFact>().ToList();
        var primary = metrics.FirstOrDefault(fact => fact.Name == Text(zoo?["primary_metric"])) ?? metrics.FirstOrDefault();
        return new BenchmarkTaskRow
        {
            Id = id, Title = Text(task["task_alias"]) ?? id, Config = Text(task["dataset_name"]), Split = Text(task["test_split"]) ?? Text(task["validation_split"]) ?? "test",
            Metric = primary?.Name, Filter = Text(zoo?["primary_filter"]) ?? Text((task["filter_list"] as JsonArray)?.OfType<JsonObject>().FirstOrDefault()?["name"]) ?? "none",
            HigherIsBetter = primary?.HigherIsBetter == false ? 0 : 1, Least = primary?.Least, Most = primary?.Most,
            Chance = zoo?["chance"] is JsonValue chance && chance.GetValueKind() == JsonValueKind.Number && double.TryParse(chance.ToJsonString(), NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number : null,
            Version = Text((task["metadata"] as JsonObject)?["version"]), FactsJson = JsonSerializer.Serialize(new BenchmarkFacts { Metrics = metrics }),
        };
    }

    static string? Text(JsonNode? node)
    {
        if (node is not JsonValue value) return null;
        var text = JsonText.Storable(value.GetValueKind() == JsonValueKind.String ? value.GetValue<string>() : value.ToJsonString()).Trim();
        return text.Length is > 0 and <= ScoreLimits.MaxName ? text : null;
    }
}
