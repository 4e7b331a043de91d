using ModelZoo.Evaluation.Data;

namespace ModelZoo.Evaluation.Requests;

/// <summary>One question to a model. Equal requests are asked once.</summary>
public abstract record ModelRequest;

/// <summary>How likely is the continuation after the context? An empty context stands for the start of a text.</summary>
public sealed record LikelihoodRequest(string Context, string Continuation) : ModelRequest;

/// <summary>How likely is the whole text, in windows as long as the model reads?</summary>
public sealed record RollingRequest(string Text) : ModelRequest;

/// <param name="Until">Texts that end the answer and are not part of it.</param>
/// <param name="Sample">Which of several answers to the same context this is.</param>
public sealed record GenerationRequest(string Context, IReadOnlyList<string> Until, int MaxTokens, double Temperature = 0, double TopP = 1, int TopK = 0, int Sample = 0) : ModelRequest
{
    public bool Equals(GenerationRequest? other) =>
        other is not null && Context == other.Context && Until.SequenceEqual(other.Until)
        && (MaxTokens, Temperature, TopP, TopK, Sample) == (other.MaxTokens, other.Temperature, other.TopP, other.TopK, other.Sample);

    public override int GetHashCode() => HashCode.Combine(Context, MaxTokens, Temperature, Sample);
}

/// <summary>What a classifier, regressor, detector or embedder looks at.</summary>
public abstract record ModelInput;

public sealed record TextInput(string Text, string? Pair = null) : ModelInput;

/// <param name="Content">A picture as a file's bytes.</param>
public sealed record ImageInput(ReadOnlyMemory<byte> Content) : ModelInput;

public sealed record ArrayInput(NumberArray Array) : ModelInput;

/// <summary>Scores of all classes for an input.</summary>
public sealed record ClassificationRequest(ModelInput Input) : ModelRequest;

/// <summary>Numbers predicted for an input.</summary>
public sealed record RegressionRequest(ModelInput Input) : ModelRequest;

/// <summary>The vector of an input.</summary>
public sealed record EmbeddingRequest(ModelInput Input) : ModelRequest;

/// <summary>Boxes found in a picture.</summary>
public sealed record DetectionRequest(ImageInput Input) : ModelRequest;

/// <summary>Classes of the words of a text.</summary>
public sealed record TokenClassificationRequest(IReadOnlyList<string> Words) : ModelRequest
{
    public bool Equals(TokenClassificationRequest? other) => other is not null && Words.SequenceEqual(other.Words);

    public override int GetHashCode() => Words.Aggregate(Words.Count, HashCode.Combine);
}
