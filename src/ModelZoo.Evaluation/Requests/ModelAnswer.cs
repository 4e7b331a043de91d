using ModelZoo.Evaluation.Metrics;

namespace ModelZoo.Evaluation.Requests;

/// <summary>What a model says to a <see cref="ModelRequest"/>.</summary>
public abstract record ModelAnswer;

/// <summary>To a <see cref="LikelihoodRequest"/>.</summary>
/// <param name="IsGreedy">Every token of the continuation was the most likely one.</param>
public sealed record LikelihoodAnswer(double LogLikelihood, bool IsGreedy) : ModelAnswer;

/// <summary>To a <see cref="RollingRequest"/>.</summary>
public sealed record RollingAnswer(double LogLikelihood, long Tokens) : ModelAnswer;

/// <summary>To a <see cref="GenerationRequest"/>.</summary>
public sealed record TextAnswer(string Text) : ModelAnswer;

/// <summary>To a <see cref="ClassificationRequest"/>: probabilities of all classes.</summary>
public sealed record ClassAnswer(IReadOnlyList<double> Probabilities) : ModelAnswer;

/// <summary>To a <see cref="RegressionRequest"/>.</summary>
public sealed record NumbersAnswer(IReadOnlyList<double> Values) : ModelAnswer;

/// <summary>To an <see cref="EmbeddingRequest"/>.</summary>
public sealed record VectorAnswer(ReadOnlyMemory<float> Values) : ModelAnswer;

/// <summary>To a <see cref="DetectionRequest"/>.</summary>
public sealed record BoxesAnswer(IReadOnlyList<Box> Boxes) : ModelAnswer;

/// <summary>To a <see cref="TokenClassificationRequest"/>: a class for each word.</summary>
public sealed record TagsAnswer(IReadOnlyList<string> Tags) : ModelAnswer;
