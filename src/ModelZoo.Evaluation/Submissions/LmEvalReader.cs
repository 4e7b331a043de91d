using System.Text.Json;
using ModelZoo.Evaluation.Records;

namespace ModelZoo.Evaluation.Submissions;

/// <summary>lm-evaluation-harness's <c>results_….json</c>, and the older ones whose metrics carry no filter.</summary>
static class LmEvalReader
{
    public static void Read(SubmissionFile file, Collected into)
    {
        into.Format("lm-eval results");
        using var document = SubmissionJson.Parse(file, into.Options);
        var root = document.RootElement;
        var config = root.Find("config") is { ValueKind: JsonValueKind.Object } own ? own : default;
        var started = ValueRules.Moment(file.Path, root.Find("date") is { } date ? SubmissionJson.Number(date) : null, into.Options);
        var sha = config.FindText("model_sha");
        var unranked = config.Find("limit") is { } limit && SubmissionJson.Number(limit) is not null ? "limited" : ValueRules.Revision(sha, into.Options);
        var run = new RunFacts(started, root.Find("total_evaluation_time_seconds") is { } seconds ? SubmissionJson.Number(seconds) : null, null, config.FindWhole("random_seed"));
        foreach (var (section, isGroup) in new[] { ("results", false), ("groups", true) })
            foreach (var task in root.Members(section))
            {
                if (task.Value.ValueKind != JsonValueKind.Object) throw new EvaluationException($"{file.Path}: '{task.Name}' holds no metrics.");
                // Groups also stand among the results of some versions; each counts once.
                if (isGroup && root.Find("results", task.Name) is not null) continue;
                foreach (var entry in task.Value.EnumerateObject())
                {
                    if (entry.Name is "alias" or "name" or "sample_len" or "samples" or "sample_count") continue;
                    var (metric, filter) = entry.Name.IndexOf(',') is > 0 and var comma ? (entry.Name[..comma], entry.Name[(comma + 1)..]) : (entry.Name, "none");
                    if (metric.EndsWith("_stderr", StringComparison.Ordinal)) continue;
                    if (entry.Value.ValueKind != JsonValueKind.Number) continue;
                    into.Scores.Add(Score(file, root, config, task, entry.Value.GetDouble(), metric, filter, run, unranked, into.Options));
                }
            }
        if (into.Scores.Count == 0) into.Note(file, null, "The file holds no values.");
    }

    static ImportedScore Score(
        SubmissionFile file, JsonElement root, JsonElement config, JsonProperty task, double stated, string metric, string filter, RunFacts run, string? unranked, SubmissionOptions options)
    {
        var place = $"{file.Path}: {task.Name}";
        var value = ValueRules.Value(place, metric, stated);
        var error = task.Value.Find($"{metric}_stderr,{filter}") ?? (filter == "none" ? task.Value.Find($"{metric}_stderr") : null);
        var higher = root.Find("higher_is_better", task.Name, metric) is { ValueKind: JsonValueKind.True or JsonValueKind.False } said ? said.GetBoolean() : ValueRules.HigherIsBetter(metric);
        var own = root.Find("configs", task.Name) ?? default;
        var record = new ScoreRecord
        {
            Model = new(root.FindText("model_name"), config.FindText("model_sha"), null),
            Dataset = new(own.FindText("dataset_path"), null, own.FindText("dataset_name"), null, null, root.FindWhole("n-samples", task.Name, "original"), root.FindWhole("n-samples", task.Name, "effective")),
            Task = new(task.Name, root.FindText("versions", task.Name), null),
            Harness = new("lm-eval", root.FindText("lm_eval_version") ?? root.FindText("git_hash"), null),
            Protocol = new(
                root.FindWhole("n-shot", task.Name) ?? config.FindWhole("num_fewshot"), config.FindWhole("fewshot_seed"), root.FindText("chat_template_sha"), null,
                config.Find("limit") is { } limit && SubmissionJson.Number(limit) is >= 1 and <= int.MaxValue and var count ? (int)count : null),
            Metric = metric, Filter = filter, Value = value, HigherIsBetter = higher,
            Stderr = ValueRules.Error(place, metric, error is { ValueKind: JsonValueKind.Number } number ? number.GetDouble() : null),
            N = root.FindWhole("n-samples", task.Name, "effective") ?? task.Value.FindWhole("sample_len"),
            Run = run, Unranked = unranked,
        };
        return new(record, file.Path) { ModelName = root.FindText("model_name") ?? config.FindText("model_args") ?? config.FindText("model"), Date = run.Started?.ToString("O") };
    }
}
