using ModelZoo.Evaluation.Models;
using ModelZoo.Evaluation.Performance;
using ModelZoo.Evaluation.Records;
using ModelZoo.Evaluation.Tasks;
using ModelZoo.Inference.Adapters;

namespace ModelZoo.Evaluation.Harness;

/// <summary>
/// Measures a model: the one entry for the command line and for workers. Everything is local: a model's folder (or an endpoint), datasets' folders, resolved
/// tasks, a folder for what comes out. Writes there <c>samples_{task}.jsonl</c>, <c>results_{time}.json</c> and <c>scores.json</c>.
/// </summary>
/// <example><code>
/// var outcome = await EvaluationRun.RunAsync(new EvaluationPlan { Tasks = [task], ModelFolder = model, Dataset = new(data), OutputFolder = output }, progress, stop);
/// </code></example>
public static class EvaluationRun
{
    public const string HarnessName = "modelzoo";

    public static string HarnessVersion { get; } = typeof(EvaluationRun).Assembly.GetName().Version?.ToString(3) ?? "0.0.0";

    /// <param name="progress">Told after each batch of answers.</param>
    /// <exception cref="EvaluationException">The run cannot be made, or failed; the message says why. What was answered is kept for the next try.</exception>
    public static async Task<EvaluationOutcome> RunAsync(EvaluationPlan plan, IProgress<EvaluationProgress>? progress, CancellationToken stop)
    {
        if (plan.Tasks.Count == 0) throw new EvaluationException("There is no task to run.");
        if ((plan.ModelFolder is null) == (plan.Endpoint is null)) throw new EvaluationException("A run needs either a model's folder or an endpoint.");
        foreach (var task in plan.Tasks)
            if (!task.IsRunnable) throw new EvaluationException($"The task '{task.Name}' cannot run here: {task.Defects[0]}");
        Directory.CreateDirectory(plan.OutputFolder);
        var started = DateTimeOffset.UtcNow;
        var loading = System.Diagnostics.Stopwatch.StartNew();
        using var model = plan.ModelFolder is { } folder ? await ModelFolder.OpenAsync(folder, plan.AdapterFolders, stop) : null;
        var load = loading.Elapsed;
        await using var endpoint = plan.Endpoint is { } settings ? await HttpAdapter.OpenAsync(settings, stop) : null;
        var identity = (plan.Model ?? new(null, null, null)) with { Digest = plan.ModelFolder is { } files ? await ModelFolder.DigestAsync(files, plan.AdapterFolders, stop) : null };
        if (endpoint is not null) identity = identity with { Repo = identity.Repo ?? endpoint.Model };
        var outcomes = new List<TaskOutcome>();
        foreach (var task in plan.Tasks)
        {
            IModelAdapter adapter = endpoint is not null ? endpoint : AdapterFor(model!, task, plan);
            try
            {
                Require(adapter, task);
                outcomes.Add(task.OutputType == OutputType.Performance ? await PerformanceRun.RunAsync(plan, task, adapter, identity, load, stop)
                    : await new TaskRun(plan, task, adapter, identity, progress).RunAsync(stop));
            }
            finally
            {
                if (adapter != endpoint) await adapter.DisposeAsync();
            }
        }
        var groups = plan.Group is { } group ? GroupScores.Of(group, outcomes) : [];
        IReadOnlyList<ScoreRecord> scores = [.. outcomes.SelectMany(outcome => outcome.Scores), .. groups];
        var results = await ResultsFile.WriteAsync(plan, outcomes, groups, identity, endpoint?.Kind ?? "onnx", started, stop);
        var path = Path.Combine(plan.OutputFolder, "scores.json");
        await OutputFiles.WriteAsync(path, ScoreRecords.Serialize(scores), stop);
        return new(scores, outcomes, results, path);
    }

    static InProcessAdapter AdapterFor(RunnableModel model, TaskDefinition task, EvaluationPlan plan) => new(model, new()
    {
        IsPixels = task.Zoo.Input?.Kind == "image", LabelNames = task.Zoo.LabelNames, Seed = plan.Seed, Threads = plan.Concurrency ?? 1,
    });

    static void Require(IModelAdapter adapter, TaskDefinition task)
    {
        ModelAbility? wanted = task.OutputType switch
        {
            OutputType.MultipleChoice or OutputType.Loglikelihood => ModelAbility.Likelihood,
            OutputType.LoglikelihoodRolling => ModelAbility.RollingLikelihood,
            OutputType.GenerateUntil => ModelAbility.Generate,
            OutputType.Classification => ModelAbility.Classify,
            OutputType.Regression => ModelAbility.Regress,
            OutputType.Embedding => ModelAbility.Embed,
            OutputType.Detection => ModelAbility.Detect,
            OutputType.TokenClassification => ModelAbility.ClassifyTokens,
            _ => null,
        };
        if (wanted is { } ability && !adapter.Abilities.Contains(ability)) throw ModelAbilities.Missing(adapter, ability);
    }
}
