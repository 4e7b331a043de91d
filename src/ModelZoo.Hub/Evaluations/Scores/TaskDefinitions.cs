using System.Text;
using System.Text.Json;
using ModelZoo.Evaluation;
using ModelZoo.Evaluation.Tasks;
using ModelZoo.Git;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Repositories;

namespace ModelZoo.Hub.Evaluations.Scores;

/// <summary>
/// What boards need of the task definitions of a benchmark: the same files, read by the same library, that a run resolves, so that a board knows the hash of
/// the task as it is now. Benchmarks whose tasks come along with the hub need none.
/// </summary>
sealed class TaskDefinitions(ScoreFiles files, TreeReader trees)
{
    public const string Folder = "tasks";

    /// <summary>The tasks that the repository's own files define, by id. What is broken becomes a problem.</summary>
    public async Task<IReadOnlyDictionary<string, BenchmarkTaskRow>> ReadAsync(long spaceId, ObjectId tree, List<ScoreProblem> problems, CancellationToken stop)
    {
        var found = new Dictionary<string, BenchmarkTaskRow>(StringComparer.Ordinal);
        var texts = new Dictionary<string, string>(StringComparer.Ordinal);
        if (await trees.FindEntryAsync(spaceId, tree, RepoPath.Parse(Folder), stop) is not { Mode: EntryMode.Folder }) return found;
        await foreach (var file in trees.WalkAsync(spaceId, tree, null, stop))
        {
            // Beside definitions lie files that they include, whatever these are called.
            if (!file.Path.Value.StartsWith(Folder + "/", StringComparison.Ordinal) || file.Mode is not (EntryMode.File or EntryMode.Executable)) continue;
            if (texts.Count == ScoreLimits.MaxTasks) break;
            if (await files.FindContentAsync(spaceId, file, ScoreLimits.MaxFileBytes, stop) is { } content) texts[file.Path.Value] = Encoding.UTF8.GetString(content);
        }
        var library = new TaskLibrary(new TaskTexts(texts));
        foreach (var problem in library.Problems) problems.Add(new(problem.Path, problem.Message));
        foreach (var name in library.TaskNames)
        {
            try
            {
                found[name] = Row(library.GetTasks(name)[0]);
            }
            catch (EvaluationException broken)
            {
                problems.Add(new($"{Folder}: {name}", broken.Message));
            }
        }
        return found;
    }

    /// <summary>A task that comes along with the hub; null: there is none of that id.</summary>
    public static BenchmarkTaskRow? FindShipped(string id) => SuiteCatalogue.Library.TaskNames.Contains(id) ? Row(SuiteCatalogue.Library.GetTasks(id)[0]) : null;

    static BenchmarkTaskRow Row(TaskDefinition task)
    {
        var metrics = task.Metrics.Select(metric => metric.HigherIsBetter is { } stated ? MetricNames.Of(metric.Name) with { HigherIsBetter = stated } : MetricNames.Of(metric.Name)).ToList();
        var primary = metrics.FirstOrDefault(fact => fact.Name == task.Zoo.PrimaryMetric) ?? metrics.FirstOrDefault();
        return new BenchmarkTaskRow
        {
            Id = Storable(task.Name) ?? "", Title = Storable(task.Alias) ?? Storable(task.Name) ?? "", Config = Storable(task.DatasetName), Split = Storable(task.EvaluatedSplit) ?? "test",
            Metric = Storable(primary?.Name), Filter = Storable(task.Zoo.PrimaryFilter ?? (task.Filters is [var first, ..] ? first.Name : null)) ?? "none", HigherIsBetter = primary?.HigherIsBetter == false ? 0 : 1,
            Least = primary?.Least, Most = primary?.Most, Chance = task.Zoo.Chance, Version = Storable(task.Version), TaskHash = task.Hash,
            FactsJson = JsonSerializer.Serialize(new BenchmarkFacts { Metrics = metrics }),
        };
    }

    static string? Storable(string? text) => text is null ? null : JsonText.Storable(text).Trim() is { Length: > 0 } kept ? kept.Length <= ScoreLimits.MaxName ? kept : kept[..ScoreLimits.MaxName] : null;
}
