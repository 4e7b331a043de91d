namespace ModelZoo.Evaluation.Metrics;

/// <summary>
/// What a metric needs to know of one sample: the model's answer, after filters, beside what was expected. Where no answer came, it counts as wrong: an empty
/// list of likelihoods or probabilities, a class of -1, a text that is null, nothing found.
/// </summary>
public abstract record Outcome
{
    /// <summary>What belongs together, where a metric asks for all of it to be right: the options of one question of MultiRC.</summary>
    public string? Group { get; init; }
}

/// <summary>A choice among texts by likelihood.</summary>
/// <param name="Unconditional">Log-likelihoods without the context, where the task asks for mutual information.</param>
/// <param name="Golds">Indices of right choices; one outside the choices never counts.</param>
public sealed record ChoiceOutcome(IReadOnlyList<double> LogLikelihoods, IReadOnlyList<double>? Unconditional, IReadOnlyList<string> Choices, IReadOnlyList<int> Golds) : Outcome;

/// <summary>One continuation's log-likelihood.</summary>
public sealed record LikelihoodOutcome(double LogLikelihood, bool IsGreedy) : Outcome;

/// <summary>A whole text's log-likelihood, with its lengths.</summary>
/// <param name="Bytes">In UTF-8.</param>
/// <param name="Words">Pieces of a split on runs of white space, as Python's <c>re.split(r"\s+", text)</c> counts them.</param>
public sealed record RollingOutcome(double LogLikelihood, long Bytes, long Words, long Tokens) : Outcome;

/// <summary>A generated answer beside its references.</summary>
public sealed record TextOutcome(object? Prediction, IReadOnlyList<string> References) : Outcome;

/// <summary>Scores of all classes: probabilities.</summary>
public sealed record ClassOutcome(IReadOnlyList<double> Probabilities, int Label) : Outcome;

/// <summary>A predicted class alone, of files that say no more.</summary>
public sealed record LabelOutcome(int Prediction, int Label) : Outcome;

/// <summary>A number beside the one expected; also a similarity beside its gold score.</summary>
public sealed record NumberOutcome(double Prediction, double Label) : Outcome;

/// <summary>Relevances of the documents found, best first, for one query.</summary>
/// <param name="RelevantCount">Relevant documents in the whole collection.</param>
/// <param name="Ideal">Relevances of all relevant documents.</param>
public sealed record RankingOutcome(IReadOnlyList<double> Relevances, int RelevantCount, IReadOnlyList<double> Ideal) : Outcome;

/// <summary>A box in pixels with its class; found ones carry a score.</summary>
public readonly record struct Box(double Left, double Top, double Right, double Bottom, int Class, double Score);

/// <summary>Boxes of one picture.</summary>
public sealed record DetectionOutcome(IReadOnlyList<Box> Found, IReadOnlyList<Box> Expected) : Outcome;

/// <summary>Classes of the tokens of one text.</summary>
public sealed record TagOutcome(IReadOnlyList<string> Predictions, IReadOnlyList<string> Labels) : Outcome;

/// <summary>Several tries at one problem, and how many of them passed.</summary>
public sealed record TriesOutcome(int Tries, int Passed) : Outcome;
