namespace ModelZoo.Profiling;

/// <summary>The part of a model that a weight serves.</summary>
public enum Component
{
    Embedding,
    Attention,
    FeedForward,
    Expert,
    Router,
    StateSpace,
    Convolution,
    Norm,
    Head,
    VisionTower,
    Other,
}

/// <summary>How a weight takes part in the work.</summary>
public enum WeightRole
{
    /// <summary>Multiplied with every unit: 2 FLOP per weight and use.</summary>
    Matrix,

    /// <summary>One row is looked up.</summary>
    LookUp,

    /// <summary>Norms, biases, scales: no matrix product.</summary>
    Vector,
}

/// <summary>So many equal arrays of weights.</summary>
/// <param name="Inputs">Numbers that go in; 1 for a vector.</param>
/// <param name="Copies">How many such arrays the model holds. Zero for weights stored elsewhere (a tied head) that still multiply.</param>
/// <param name="UsedCopies">How many of them one unit of work uses: differs from <see cref="Copies"/> for experts, tied and shared weights.</param>
/// <param name="UsesPerUnit">How often one unit applies each: positions of an image, frames of sound, 1 for a token.</param>
public readonly record struct WeightGroup(
    Component Component, WeightRole Role, long Inputs, long Outputs, long Copies, long UsedCopies, long UsesPerUnit)
{
    public long Parameters => checked(Inputs * Outputs * Copies);

    /// <summary>Multiply-accumulates of one unit; zero unless a matrix.</summary>
    public long Macs => Role == WeightRole.Matrix ? checked(Inputs * Outputs * UsedCopies * UsesPerUnit) : 0;

    /// <summary>Weights read by matrix products of one unit.</summary>
    public long MatrixWeights => Role == WeightRole.Matrix ? checked(Inputs * Outputs * UsedCopies) : 0;
}
