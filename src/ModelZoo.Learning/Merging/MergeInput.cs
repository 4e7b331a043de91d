using ModelZoo.Weights;

namespace ModelZoo.Learning.Merging;

/// <summary>A model to merge: its tensors are read from where they lie, piece by piece.</summary>
public sealed record MergeInput(string Name, IReadOnlyList<TensorContent> Tensors)
{
    /// <summary>How much it counts.</summary>
    public TensorParameter Weight { get; init; } = 1;

    /// <summary>Which share of its differences is kept, for methods that thin them out.</summary>
    public TensorParameter Density { get; init; } = 1;
}
