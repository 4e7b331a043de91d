using ModelZoo.Hub.Accounts;
using ModelZoo.Hub.Evaluations.Runs;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Populations.FineTuning;

namespace ModelZoo.Hub.Facades.Zoo;

/// <summary>Has a fine-tuned model measured on the data it was tuned on, both at the commits of the tuning, where that says how: an eval.yaml with one task, on a split that it has not learned from.</summary>
sealed class TunedModelEvaluation(EvaluationRequests evaluations) : ITunedModelFollower
{
    public async Task OnCommittedAsync(TunedModel tuned, SignedIn by, Action<string> log, CancellationToken stop)
    {
        try
        {
            var row = await evaluations.BeginAsync(new EvaluationWish { Model = tuned.Target.Repository.FullName, Revision = tuned.Commit, Benchmark = tuned.Dataset, BenchmarkRevision = tuned.DatasetCommit, LearnedSplits = tuned.LearnedSplits }, by, stop);
            log($"Evaluation {Ids.ToWire(row.Id)} measures it on {tuned.Dataset}, task {row.Task}.");
        }
        catch (Refusal none) when (none.Kind is not RefusalKind.Unavailable)
        {
            log($"The hub does not measure it on {tuned.Dataset}: {none.Message}");
        }
    }
}
