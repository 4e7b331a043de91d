using ModelZoo.Evaluation.Data;
using ModelZoo.Evaluation.Tasks;

namespace ModelZoo.Evaluation.Prompts;

/// <summary>Turns documents into what a model is asked, as lm-evaluation-harness words it. Safe to use from several threads.</summary>
public sealed class PromptBuilder
{
    /// <param name="examples">All documents of <see cref="FindExampleSplit"/>, in order.</param>
    /// <exception cref="EvaluationException">The task is not runnable, or needs examples that are not there.</exception>
    public PromptBuilder(TaskDefinition task, PromptSettings settings, IReadOnlyList<Document>? examples = null)
    {
        if (!task.IsRunnable) throw new EvaluationException($"The task '{task.Name}' cannot run here: {task.Defects[0]}");
        (Task, Settings, Examples) = (task, settings, examples ?? []);
    }

    public TaskDefinition Task { get; }

    public PromptSettings Settings { get; }

    IReadOnlyList<Document> Examples { get; }

    /// <summary>The split that examples are taken from; null where no split is needed, since there are none or they stand in the task.</summary>
    public static string? FindExampleSplit(TaskDefinition task, PromptSettings settings) =>
        (settings.NumFewshot ?? task.NumFewshot ?? 0) == 0 ? null
        : task.Fewshot.Split ?? (task.Fewshot.Samples is not null ? null : task.TrainingSplit ?? task.ValidationSplit ?? task.TestSplit);

    /// <summary>What is asked about a document. The same document always gives the same prompt, whichever were built before.</summary>
    /// <exception cref="EvaluationException">The document does not have what the task asks for; the message says what.</exception>
    public Prompt Build(Document document) => throw new EvaluationException($"Prompts of '{Task.Name}' are not worded yet: {document.Id}, {Examples.Count}.");
}
