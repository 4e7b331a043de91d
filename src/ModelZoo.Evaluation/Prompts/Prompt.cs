using ModelZoo.Evaluation.Data;
using ModelZoo.Evaluation.Metrics;
using ModelZoo.Evaluation.Requests;
using ModelZoo.Evaluation.Tasks;

namespace ModelZoo.Evaluation.Prompts;

/// <summary>
/// All that is asked about one document, and how the answers are judged. Answers come back in the order of <see cref="Requests"/>, through
/// <see cref="Judge"/>.
/// </summary>
public abstract class Prompt(TaskDefinition task, Document document, IReadOnlyList<ModelRequest> requests, object? target)
{
    public TaskDefinition Task { get; } = task;

    public Document Document { get; } = document;

    /// <summary>With repeats, all requests of the first round, then those of the second. None for documents that are only listed (a corpus).</summary>
    public IReadOnlyList<ModelRequest> Requests { get; } = requests;

    /// <summary>What the sample file calls <c>target</c>: a text, a number or a list.</summary>
    public object? Target { get; } = target;

    /// <summary>What the document belongs to with others, where the task says so.</summary>
    public string? Group { get; internal set; }

    /// <summary>One result for each filter of the task (tasks without texts have <c>none</c> alone).</summary>
    /// <param name="answers">One for each request.</param>
    /// <exception cref="EvaluationException">An answer is missing, of the wrong kind, or not finite; a filter or the document does not allow a judgement. The sample is an error.</exception>
    public abstract IReadOnlyList<JudgedSample> Judge(IReadOnlyList<ModelAnswer> answers);

    /// <summary>The same for each filter, of tasks that have nothing to filter.</summary>
    internal IReadOnlyList<JudgedSample> Same(object? response, Outcome? outcome) =>
        [.. Task.Filters.Select(filter => new JudgedSample(filter.Name, response, outcome is null || Group is null ? outcome : outcome with { Group = Group }))];
}

/// <param name="Filter">The pipeline; <c>none</c> where there is none.</param>
/// <param name="Response">What came out of it, as sample files show it (<c>filtered_resps</c>): plain values.</param>
/// <param name="Outcome">What metrics are computed from; null where judging needs more than this document: a collection to rank, a sandbox to run a program.</param>
public sealed record JudgedSample(string Filter, object? Response, Outcome? Outcome);
