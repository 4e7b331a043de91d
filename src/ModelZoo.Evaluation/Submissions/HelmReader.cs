using System.Text.Json;
using ModelZoo.Evaluation.Records;

namespace ModelZoo.Evaluation.Submissions;

/// <summary>What HELM's <c>run_spec.json</c> says of a run.</summary>
sealed record HelmRun(string Task, string? Model, int? Shots, string? Method);

/// <summary>HELM's <c>stats.json</c> beside its <c>run_spec.json</c>: one score for each statistic on split test; perturbed ones show robustness and are not ranked.</summary>
static class HelmReader
{
    /// <summary>Counts and costs that HELM keeps among the statistics of a run.</summary>
    static readonly string[] s_bookkeeping = ["num_", "inference_", "training_", "batch_size", "max_prob", "finish_reason", "logprob", "prompt_truncated", "estimated_num", "none"];

    public static HelmRun ReadSpec(SubmissionFile file, SubmissionOptions options)
    {
        using var document = SubmissionJson.Parse(file, options);
        var root = document.RootElement;
        var name = root.FindText("name") ?? throw new EvaluationException($"{file.Path}: the run has no name.");
        // mmlu:subject=anatomy,model=x: what is left without the model is the task.
        var colon = name.IndexOf(':');
        var task = colon < 0 ? name : name[..colon];
        var rest = colon < 0 ? "" : string.Join(',', name[(colon + 1)..].Split(',').Where(part => !part.StartsWith("model=", StringComparison.Ordinal) && !part.StartsWith("model_deployment=", StringComparison.Ordinal)));
        return new(rest.Length == 0 ? task : $"{task}:{rest}", root.FindText("adapter_spec", "model"), root.FindWhole("adapter_spec", "max_train_instances"), root.FindText("adapter_spec", "method"));
    }

    public static void Read(SubmissionFile file, HelmRun? run, Collected into)
    {
        into.Format("helm");
        if (run is null) throw new EvaluationException($"{file.Path}: run_spec.json of the same run is missing.");
        using var document = SubmissionJson.Parse(file, into.Options);
        int? instances = null;
        foreach (var item in document.RootElement.EnumerateArray())
            if (item.FindText("name", "name") == "num_instances" && item.FindText("name", "split") == "test" && item.Find("name", "perturbation") is null) instances = item.FindWhole("mean");
        foreach (var item in document.RootElement.EnumerateArray())
        {
            var metric = item.FindText("name", "name") ?? throw new EvaluationException($"{file.Path}: a statistic has no name.");
            if (item.FindText("name", "split") != "test" || s_bookkeeping.Any(prefix => metric.StartsWith(prefix, StringComparison.Ordinal))) continue;
            if (item.Find("mean") is not { } mean || SubmissionJson.Number(mean) is not { } stated) continue;
            var perturbation = item.Find("name", "perturbation") is { } change ? change.FindText("name") ?? "changed" : null;
            var record = new ScoreRecord
            {
                Model = new(run.Model, null, null), Task = new(run.Task, null, null), Harness = new("helm", null, null), Protocol = new(run.Shots, null, null, run.Method, null),
                Metric = metric, Value = ValueRules.Value($"{file.Path}: {metric}", metric, stated), HigherIsBetter = ValueRules.HigherIsBetter(metric), N = instances,
                Dataset = new(null, null, null, "test", null, null, null), Subgroup = item.FindText("name", "sub_split"),
                Unranked = perturbation is null ? ValueRules.Revision(null, into.Options) : $"perturbed: {perturbation}",
            };
            into.Scores.Add(new(record, file.Path) { ModelName = run.Model, Perturbation = perturbation });
        }
    }
}
