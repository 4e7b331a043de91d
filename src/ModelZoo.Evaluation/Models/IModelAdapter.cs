using ModelZoo.Evaluation.Requests;

namespace ModelZoo.Evaluation.Models;

/// <summary>What a model can be asked for.</summary>
public enum ModelAbility
{
    Classify,
    Regress,
    Embed,
    Detect,
    ClassifyTokens,
    Likelihood,
    RollingLikelihood,
    Generate,
}

/// <summary>A model that answers requests, in this process or somewhere else. Safe to ask from several threads.</summary>
public interface IModelAdapter : IAsyncDisposable
{
    /// <summary>As <c>onnx-image</c> or <c>http-completions</c>.</summary>
    string Kind { get; }

    IReadOnlySet<ModelAbility> Abilities { get; }

    /// <summary>How answers come about, which is part of the protocol of a score: <c>loglikelihood</c>, <c>first_token</c>, <c>generated</c> or <c>tensor</c>.</summary>
    string Scoring { get; }

    /// <summary>What computes, as <c>onnxruntime 1.30.0 cpu intra=1</c>; never a secret.</summary>
    string Engine { get; }

    /// <summary>How many requests are put together where nobody says.</summary>
    int BatchSize { get; }

    /// <summary>How many batches may be asked at once where nobody says.</summary>
    int Concurrency { get; }

    /// <summary>
    /// Called before the requests of one stretch of documents are asked, with all of them, also those that are answered already: what answers may depend on
    /// (such as a beginning that all share) must depend on these alone, so that an interrupted run gives the same bits.
    /// </summary>
    Task PrepareAsync(IReadOnlyList<ModelRequest> requests, CancellationToken stop) => Task.CompletedTask;

    /// <summary>One answer for each request, in order; a <see cref="FailedAnswer"/> where the model fails on one.</summary>
    /// <exception cref="EvaluationException">The model fails altogether, or does not answer this kind of request.</exception>
    Task<IReadOnlyList<ModelAnswer>> AskAsync(IReadOnlyList<ModelRequest> requests, CancellationToken stop);

    /// <summary>Prepares requests for timing, so that what is measured is the model alone: the result computes answers and throws them away.</summary>
    Func<CancellationToken, Task> Time(IReadOnlyList<ModelRequest> requests) => stop => AskAsync(requests, stop);
}

public static class ModelAbilities
{
    public static ModelAbility Of(ModelRequest request) => request switch
    {
        LikelihoodRequest => ModelAbility.Likelihood,
        RollingRequest => ModelAbility.RollingLikelihood,
        GenerationRequest => ModelAbility.Generate,
        ClassificationRequest => ModelAbility.Classify,
        RegressionRequest => ModelAbility.Regress,
        EmbeddingRequest => ModelAbility.Embed,
        DetectionRequest => ModelAbility.Detect,
        TokenClassificationRequest => ModelAbility.ClassifyTokens,
        _ => throw new EvaluationException($"{request.GetType().Name} is asked of no model."),
    };

    /// <summary>Says that a model cannot be asked for this, and what it can.</summary>
    public static EvaluationException Missing(IModelAdapter model, ModelAbility wanted) =>
        new($"The task asks for '{Word(wanted)}', but the model ({model.Kind}) offers {(model.Abilities.Count == 0 ? "nothing" : string.Join(", ", model.Abilities.Order().Select(Word)))}.");

    public static string Word(ModelAbility ability) => ability switch
    {
        ModelAbility.ClassifyTokens => "classify_tokens",
        ModelAbility.Likelihood => "loglikelihood",
        ModelAbility.RollingLikelihood => "loglikelihood_rolling",
        _ => ability.ToString().ToLowerInvariant(),
    };
}
