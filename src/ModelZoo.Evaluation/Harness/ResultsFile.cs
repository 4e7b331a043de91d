using System.Globalization;
using System.Text;
using ModelZoo.Evaluation.Records;
using ModelZoo.Evaluation.Tasks;

namespace ModelZoo.Evaluation.Harness;

/// <summary>The results as lm-evaluation-harness writes them, for whoever reads those files.</summary>
static class ResultsFile
{
    public static async Task<string> WriteAsync(EvaluationPlan plan, IReadOnlyList<TaskOutcome> outcomes, IReadOnlyList<ScoreRecord> groups, ModelIdentity model, string kind, DateTimeOffset started, CancellationToken stop)
    {
        var name = model.Repo ?? (plan.ModelFolder is { } folder ? Path.GetFileName(Path.GetFullPath(folder)) : "model");
        var results = new Dictionary<string, object?>
        {
            ["results"] = outcomes.ToDictionary(outcome => outcome.Task.Name, object? (outcome) => Result(outcome.Task.Name, outcome.Task.Alias, outcome.Samples, outcome.Scores)),
            ["groups"] = groups.GroupBy(score => score.Task.Id).ToDictionary(group => group.Key, object? (group) => Result(group.Key, null, null, [.. group])),
            ["group_subtasks"] = plan.Group is null ? new Dictionary<string, object?>() : Groups(plan.Group).DistinctBy(group => group.Name).ToDictionary(group => group.Name, object? (group) => group.Members.Select(member => member.Name).ToList()),
            ["configs"] = ByTask(outcomes, outcome => outcome.Task.Resolved),
            ["versions"] = ByTask(outcomes, outcome => double.TryParse(outcome.Task.Version, NumberStyles.Float, CultureInfo.InvariantCulture, out var version) ? version : outcome.Task.Version),
            ["n-shot"] = ByTask(outcomes, outcome => outcome.Scores.Count > 0 ? outcome.Scores[0].Protocol.NumFewshot ?? 0 : 0),
            ["higher_is_better"] = ByTask(outcomes, outcome => outcome.Scores.GroupBy(score => score.Metric).ToDictionary(group => group.Key, object? (group) => group.First().HigherIsBetter)),
            ["n-samples"] = ByTask(outcomes, outcome => new Dictionary<string, object?> { ["original"] = outcome.Scores is [{ Dataset.NOriginal: { } all }, ..] ? all : outcome.Samples, ["effective"] = outcome.Samples }),
            ["config"] = new Dictionary<string, object?>
            {
                ["model"] = kind, ["model_args"] = plan.Endpoint is null ? $"pretrained={name}" : $"base_url={plan.Endpoint.Address},model={plan.Endpoint.Model}", ["model_revision"] = model.Revision, ["model_sha"] = model.Revision ?? "",
                ["batch_size"] = plan.BatchSize, ["device"] = "cpu", ["limit"] = plan.Limit, ["bootstrap_iters"] = plan.BootstrapIterations, ["gen_kwargs"] = null,
                ["random_seed"] = plan.Seed, ["numpy_seed"] = plan.Seed, ["torch_seed"] = plan.Seed, ["fewshot_seed"] = plan.Prompts.FewshotSeed,
            },
            ["git_hash"] = null,
            ["date"] = started.ToUnixTimeMilliseconds() / 1000.0,
            ["harness"] = $"{EvaluationRun.HarnessName} {EvaluationRun.HarnessVersion}",
            ["model_source"] = kind,
            ["model_name"] = name,
            ["model_name_sanitized"] = name.Replace('/', '_'),
            ["system_instruction"] = plan.Prompts.SystemInstruction,
            ["system_instruction_sha"] = plan.Prompts.SystemInstruction is { } instruction ? JsonText.HashOf(instruction) : null,
            ["fewshot_as_multiturn"] = plan.Prompts.FewshotAsMultiturn,
            ["chat_template"] = null,
            ["chat_template_sha"] = plan.ChatTemplateDigest,
            ["task_hashes"] = ByTask(outcomes, outcome => outcome.Hash),
            ["total_evaluation_time_seconds"] = (DateTimeOffset.UtcNow - started).TotalSeconds.ToString("0.###", CultureInfo.InvariantCulture),
        };
        var text = new StringBuilder();
        JsonText.Append(text, results, indent: 2);
        var path = Path.Combine(plan.OutputFolder, $"results_{started.UtcDateTime:yyyy-MM-ddTHH-mm-ss.ffffff}.json");
        await OutputFiles.WriteAsync(path, Encoding.UTF8.GetBytes(text.Append('\n').ToString()), stop);
        return path;
    }

    static Dictionary<string, object?> ByTask(IReadOnlyList<TaskOutcome> outcomes, Func<TaskOutcome, object?> value) => outcomes.ToDictionary(outcome => outcome.Task.Name, value);

    static IEnumerable<TaskGroup> Groups(TaskGroup group) => [group, .. group.Members.Select(member => member.Group).OfType<TaskGroup>().SelectMany(Groups)];

    static Dictionary<string, object?> Result(string name, string? alias, int? count, IReadOnlyList<ScoreRecord> scores)
    {
        var result = new Dictionary<string, object?> { ["alias"] = alias ?? name, ["name"] = name };
        if (count is not null) result["sample_len"] = count;
        foreach (var score in scores.Where(score => score.Subgroup is null))
        {
            result[$"{score.Metric},{score.Filter}"] = score.Value;
            result[$"{score.Metric}_stderr,{score.Filter}"] = score.Stderr is { } error ? error : "N/A";
        }
        return result;
    }
}
