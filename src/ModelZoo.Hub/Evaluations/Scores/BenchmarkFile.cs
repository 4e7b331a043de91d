using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using ModelZoo.Hub.Kernel;

namespace ModelZoo.Hub.Evaluations.Scores;

/// <summary>What makes a dataset a benchmark, as its files say it.</summary>
sealed record ReadBenchmark(BenchmarkRow Row, IReadOnlyList<BenchmarkTaskRow> Tasks, IReadOnlyList<ScoreProblem> Problems);

/// <summary>
/// Reads <c>eval.yaml</c>: name, description, evaluation_framework, tasks [{id, config, split}]. What is ours stands under <c>zoo</c>, of the whole
/// {labels, daily, metric, suites} and of each task {title, metric, filter, higher_is_better, range, chance, labels}.
/// </summary>
static class BenchmarkFile
{
    public const string Path = "eval.yaml";

    /// <param name="definitions">Facts from task definitions, by the task's id.</param>
    public static ReadBenchmark? Read(long repositoryId, string repositoryName, string text, IReadOnlyDictionary<string, BenchmarkTaskRow> definitions, List<ScoreProblem> problems)
    {
        JsonObject? root;
        try
        {
            root = ScoreYaml.Parse(text) as JsonObject;
        }
        catch (ScoreYamlException broken)
        {
            problems.Add(new(Path, broken.Message));
            return null;
        }
        if (root is null)
        {
            problems.Add(new(Path, "It must be a mapping with name and tasks."));
            return null;
        }
        var zoo = root["zoo"] as JsonObject;
        var tasks = new OrderedDictionary<string, BenchmarkTaskRow>(StringComparer.Ordinal);
        if (root["tasks"] is not JsonArray list) problems.Add(new(Path, "tasks must be a list."));
        else
            for (var i = 0; i < list.Count; i++)
            {
                if (tasks.Count >= ScoreLimits.MaxTasks)
                {
                    problems.Add(new($"{Path}: tasks[{i}]", $"Only the first {ScoreLimits.MaxTasks} tasks count."));
                    break;
                }
                if (list[i] is not JsonObject task || Text(task["id"]) is not { } id) problems.Add(new($"{Path}: tasks[{i}]", "id is missing."));
                else if (!tasks.TryAdd(id, Task(task, id, definitions.GetValueOrDefault(id) ?? TaskDefinitions.FindShipped(id), zoo))) problems.Add(new($"{Path}: tasks[{i}]", $"The id {id} is there twice; the first counts."));
            }
        Suites(zoo?["suites"] as JsonArray, tasks, problems);
        var row = new BenchmarkRow
        {
            RepositoryId = repositoryId, Name = Text(root["name"]) ?? repositoryName, Description = Text(root["description"], 2_000) ?? "", Framework = Text(root["evaluation_framework"]),
            Daily = Number(zoo?["daily"]) is { } daily and >= 0 and <= 1_000_000 ? (long)daily : null,
        };
        return new(row, [.. tasks.Values.Select((task, i) => task with { RepositoryId = repositoryId, Ordinal = i })], problems);
    }

    static BenchmarkTaskRow Task(JsonObject task, string id, BenchmarkTaskRow? defined, JsonObject? common)
    {
        var own = task["zoo"] as JsonObject;
        defined ??= new BenchmarkTaskRow { Id = id, Title = id };
        var facts = defined.Facts;
        var metric = Text(own?["metric"]) ?? defined.Metric ?? Text(common?["metric"]);
        var known = facts.Metrics.FirstOrDefault(fact => fact.Name == metric) ?? (metric is null ? null : MetricNames.Of(metric));
        var range = own?["range"] as JsonArray ?? common?["range"] as JsonArray;
        var higher = Flag(own?["higher_is_better"]) ?? Flag(common?["higher_is_better"]);
        return defined with
        {
            Title = Text(own?["title"]) ?? (defined.Title.Length > 0 ? defined.Title : id), Config = Text(task["config"]) ?? defined.Config, Split = Text(task["split"]) ?? defined.Split, Metric = metric,
            Filter = Text(own?["filter"]) ?? defined.Filter, HigherIsBetter = (higher ?? known?.HigherIsBetter ?? true) ? 1 : 0,
            Least = range is { Count: 2 } ? Number(range[0]) : known?.Least, Most = range is { Count: 2 } ? Number(range[1]) : known?.Most, Chance = Number(own?["chance"]) ?? defined.Chance,
            FactsJson = JsonSerializer.Serialize(facts with { Labels = Text(own?["labels"]) ?? Text(common?["labels"]) }),
        };
    }

    /// <summary>Suites: {id, title, tasks, aggregate}. Their tasks may be suites too, as long as nothing holds itself.</summary>
    static void Suites(JsonArray? suites, OrderedDictionary<string, BenchmarkTaskRow> tasks, List<ScoreProblem> problems)
    {
        foreach (var (node, i) in (suites ?? []).Select((node, i) => (node, i)).Take(ScoreLimits.MaxTasks))
        {
            var place = $"{Path}: zoo.suites[{i}]";
            if (node is not JsonObject suite || Text(suite["id"]) is not { } id || suite["tasks"] is not JsonArray members)
            {
                problems.Add(new(place, "A suite needs id and tasks."));
                continue;
            }
            var names = members.Select(member => Text(member)).OfType<string>().Distinct().Take(ScoreLimits.MaxTasks).ToList();
            var unknown = names.Where(name => !tasks.ContainsKey(name)).ToList();
            if (unknown.Count > 0) problems.Add(new(place, $"There is no task {unknown[0]} before it{(unknown.Count > 1 ? $", nor {unknown.Count - 1} others" : "")}."));
            var known = names.Where(tasks.ContainsKey).ToList();
            if (known.Count == 0) continue;
            var first = tasks[known[0]];
            var aggregate = Text(suite["aggregate"]) ?? "mean";
            if (aggregate is not ("mean" or "weighted" or "normalised"))
            {
                problems.Add(new(place, "aggregate is one of mean, weighted, normalised."));
                aggregate = "mean";
            }
            var row = new BenchmarkTaskRow
            {
                Id = id, Kind = "suite", Title = Text(suite["title"]) ?? id, Split = first.Split, Metric = Text(suite["metric"]) ?? first.Metric, Filter = first.Filter, HigherIsBetter = first.HigherIsBetter,
                Least = first.Least, Most = first.Most, FactsJson = JsonSerializer.Serialize(new BenchmarkFacts { Members = known, Aggregate = aggregate }),
            };
            if (!tasks.TryAdd(id, row)) problems.Add(new(place, $"The id {id} is there twice; the first counts."));
        }
    }

    static string? Text(JsonNode? node, int most = ScoreLimits.MaxName)
    {
        if (node is not JsonValue value) return null;
        var text = JsonText.Storable(value.GetValueKind() == JsonValueKind.String ? value.GetValue<string>() : value.ToJsonString()).Trim();
        return text.Length == 0 ? null : text.Length <= most ? text : text[..most];
    }

    static double? Number(JsonNode? node) =>
        node is JsonValue value && value.GetValueKind() == JsonValueKind.Number && double.TryParse(value.ToJsonString(), NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number) ? number : null;

    static bool? Flag(JsonNode? node) => node is JsonValue value ? value.GetValueKind() switch { JsonValueKind.True => true, JsonValueKind.False => false, _ => null } : null;
}
