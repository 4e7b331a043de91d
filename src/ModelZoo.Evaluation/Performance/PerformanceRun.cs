using System.Globalization;
using System.Text;
using ModelZoo.Evaluation.Harness;
using ModelZoo.Evaluation.Models;
using ModelZoo.Evaluation.Prompts;
using ModelZoo.Evaluation.Records;
using ModelZoo.Evaluation.Requests;
using ModelZoo.Evaluation.Tasks;

namespace ModelZoo.Evaluation.Performance;

/// <summary>A performance task: samples are loaded and prepared before the clock runs, then asked as the scenario says.</summary>
static class PerformanceRun
{
    /// <summary>Samples that are kept ready; queries take them in turn.</summary>
    const int Pool = 1024;

    public static async Task<TaskOutcome> RunAsync(EvaluationPlan plan, TaskDefinition task, IModelAdapter model, ModelIdentity identity, TimeSpan load, CancellationToken stop)
    {
        var fields = task.Zoo.Scenario ?? throw new EvaluationException($"The task '{task.Name}' has no scenario.");
        var started = DateTimeOffset.UtcNow;
        var folder = TaskSplits.Open(plan, task, out var source);
        var split = TaskSplits.Get(folder, task, task.EvaluatedSplit ?? throw new EvaluationException($"The task '{task.Name}' names no split."));
        var builder = new PromptBuilder(task, plan.Prompts, PromptBuilder.FindExampleSplit(task, plan.Prompts) is { } examples ? [.. TaskSplits.Get(folder, task, examples).Read(stop)] : null);
        var requests = split.Read(stop).Take(Math.Min(Pool, plan.Limit ?? Pool)).SelectMany(document => builder.Build(document).Requests).ToList();
        if (requests.Count == 0) throw new EvaluationException($"The split '{split.Name}' is empty.");
        if (!model.Abilities.Contains(ModelAbilities.Of(requests[0]))) throw ModelAbilities.Missing(model, ModelAbilities.Of(requests[0]));
        await ProveAsync(model, requests[0], stop);

        var size = fields.Kind switch { "multi_stream" => fields.SamplesPerQuery, "offline" => plan.BatchSize ?? model.BatchSize, _ => 1 };
        var queries = Enumerable.Range(0, Math.Max(1, requests.Count / size)).Select(i => model.Time([.. Enumerable.Range(0, size).Select(k => requests[((i * size) + k) % requests.Count])])).ToList();
        Task Query(int i, CancellationToken ended) => queries[i % queries.Count](ended);
        var (minima, workers) = (Minima.Of(fields), plan.Concurrency ?? model.Concurrency);
        await Scenario.WarmUpAsync(Query, stop);
        var measured = fields.Kind switch
        {
            "single_stream" => await Scenario.StreamAsync(Query, 1, minima, stop),
            "multi_stream" => await Scenario.StreamAsync(Query, size, minima, stop),
            "server" => await Scenario.ServeAsync(Query, fields.QueriesPerSecond ?? throw new EvaluationException($"The task '{task.Name}' names no rate."), workers, plan.Seed, minima, stop),
            "offline" => await Scenario.OfflineAsync(Query, size, workers, minima, stop),
            var other => throw new EvaluationException($"There is no scenario '{other}'."),
        };
        var report = PerformanceReport.Of(fields, measured, minima);
        var values = new Dictionary<string, double>(report.Values);
        if (plan.ModelFolder is not null)
        {
            values["load_seconds"] = load.TotalSeconds;
            if (PeakResidentBytes() is { } peak) values["peak_rss_bytes"] = peak;
        }
        var dataset = new DatasetIdentity(source.Repo, source.Revision, task.DatasetName, split.Name, await split.DigestAsync(stop), null, requests.Count);
        var facts = new RunIdentity(plan, task, model, identity, dataset, size);
        var run = new RunFacts(started, measured.Elapsed.TotalSeconds, Machine.Processor, plan.Seed);
        var path = Path.Combine(plan.OutputFolder, $"performance_{OutputFiles.Safe(task.Name)}.json");
        await WriteAsync(path, report, values, minima, workers, stop);
        // The value that the scenario is about stands first.
        var scores = values.OrderByDescending(value => value.Key == report.Headline).Select(value => new ScoreRecord
        {
            Model = facts.Model, Dataset = facts.Dataset, Task = facts.Task, Harness = facts.Harness, Protocol = facts.Protocol, Metric = value.Key, Value = value.Value,
            HigherIsBetter = value.Key is "samples_per_second" or "queries_per_second", N = (int)Math.Min(int.MaxValue, report.Queries), Run = run, Unranked = report.Invalid,
        });
        return new(task, null, requests.Count, 0, 0, [.. scores]);
    }

    /// <summary>A model that answers with an error would be the fastest of all.</summary>
    static async Task ProveAsync(IModelAdapter model, ModelRequest request, CancellationToken stop)
    {
        if ((await model.AskAsync([request], stop))[0] is FailedAnswer failed) throw new EvaluationException($"The model does not answer what is to be timed: {failed.Reason}");
    }

    static async Task WriteAsync(string path, PerformanceReport report, Dictionary<string, double> values, Minima minima, int workers, CancellationToken stop)
    {
        var text = new StringBuilder();
        JsonText.Append(text, new Dictionary<string, object?>
        {
            ["scenario"] = report.Scenario, ["headline"] = report.Headline, ["result"] = report.IsValid ? "VALID" : "INVALID", ["reason"] = report.Invalid, ["early_stopping_satisfied"] = report.StopsEarly,
            ["queries"] = report.Queries, ["min_seconds"] = minima.Duration.TotalSeconds, ["min_queries"] = minima.Queries, ["workers"] = workers, ["cpu"] = Machine.Processor,
            ["values"] = values.ToDictionary(value => value.Key, object? (value) => value.Value),
        }, indent: 2);
        await OutputFiles.WriteAsync(path, Encoding.UTF8.GetBytes(text.Append('\n').ToString()), stop);
    }

    /// <summary>The most memory that this process ever had; null where the system does not say.</summary>
    static double? PeakResidentBytes()
    {
        const string path = "/proc/self/status";
        if (!File.Exists(path)) return null;
        var line = File.ReadLines(path).FirstOrDefault(line => line.StartsWith("VmHWM:", StringComparison.Ordinal));
        return line is not null && double.TryParse(line.AsSpan(6).TrimEnd("kB").Trim(), CultureInfo.InvariantCulture, out var kilobytes) ? kilobytes * 1024 : null;
    }
}
