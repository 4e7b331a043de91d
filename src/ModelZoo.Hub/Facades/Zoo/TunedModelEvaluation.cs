using ModelZoo.Hub.Accounts;
using ModelZoo.Hub.Evaluations.Runs;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Populations.FineTuning;
using ModelZoo.Hub.Repositories.Access;

namespace ModelZoo.Hub.Facades.Zoo;

/// <summary>Has a fine-tuned model measured on the data it was tuned on, where that says how: an eval.yaml with one task.</summary>
sealed class TunedModelEvaluation(EvaluationRequests evaluations) : ITunedModelFollower
{
    public async Task OnCommittedAsync(WritableRepository target, string datasetName, SignedIn by, Action<string> log, CancellationToken stop)
    {
        try
        {
            var row = await evaluations.BeginAsync(new EvaluationWish { Model = target.Repository.FullName, Benchmark = datasetName }, by, stop);
            log($"Evaluation {Ids.ToWire(row.Id)} measures it on {datasetName}, task {row.Task}.");
        }
        catch (Refusal none) when (none.Kind is not RefusalKind.Unavailable)
        {
            log($"The hub does not measure it on {datasetName}: {none.Message}");
        }
    }
}
