using ModelZoo.Evaluation.Models;
using ModelZoo.Evaluation.Records;
using ModelZoo.Evaluation.Tasks;

namespace ModelZoo.Evaluation.Harness;

/// <summary>What a score is a score of.</summary>
sealed record RunIdentity
{
    public RunIdentity(EvaluationPlan plan, TaskDefinition task, IModelAdapter model, ModelIdentity identity, DatasetIdentity dataset, int batchSize)
    {
        (Model, Dataset) = (identity, dataset);
        Task = new(task.Name, task.Version, task.Hash);
        Harness = new(EvaluationRun.HarnessName, EvaluationRun.HarnessVersion, model.Engine);
        var shots = plan.Prompts.NumFewshot ?? task.NumFewshot ?? 0;
        var isWorded = task.OutputType is OutputType.GenerateUntil or OutputType.MultipleChoice or OutputType.Loglikelihood or OutputType.LoglikelihoodRolling;
        Protocol = new(isWorded ? shots : null, shots > 0 ? plan.Prompts.FewshotSeed : null, plan.ChatTemplateDigest, model.Scoring, plan.Limit);
        var header = new Dictionary<string, object?>
        {
            ["model"] = identity.Digest ?? identity.Repo, ["dataset"] = dataset.Digest, ["task"] = task.Hash, ["name"] = task.Name,
            ["protocol"] = new Dictionary<string, object?>
            {
                ["num_fewshot"] = Protocol.NumFewshot, ["fewshot_seed"] = Protocol.FewshotSeed, ["chat_template"] = Protocol.ChatTemplate, ["scoring"] = Protocol.Scoring, ["limit"] = Protocol.Limit,
                ["system_instruction"] = plan.Prompts.SystemInstruction, ["multiturn"] = plan.Prompts.FewshotAsMultiturn, ["programs"] = plan.Programs is not null,
            },
            ["engine"] = model.Engine, ["adapter"] = model.Kind, ["seed"] = plan.Seed, ["batch_size"] = batchSize,
        };
        var text = new System.Text.StringBuilder();
        JsonText.Append(text, header, indent: 2);
        Header = text.Append('\n').ToString();
    }

    public ModelIdentity Model { get; init; }

    public DatasetIdentity Dataset { get; init; }

    public TaskIdentity Task { get; init; }

    public HarnessIdentity Harness { get; init; }

    public Protocol Protocol { get; init; }

    /// <summary>All that answers depend on: samples of a run with another header are not taken over.</summary>
    public string Header { get; init; }
}
