using ModelZoo.Weights;

namespace ModelZoo.Profiling.Tensors;

/// <summary>What a tensor of a file stands for.</summary>
enum TensorStanding
{
    Parameter,

    /// <summary>Running statistics, masks, position tables: bytes, but nothing learned.</summary>
    Buffer,

    /// <summary>Scales and indices that belong to quantised weights.</summary>
    Companion,

    /// <summary>A second copy of a weight that is counted already.</summary>
    Copy,

    /// <summary>A weight of an extra prediction layer.</summary>
    Draft,
}

/// <summary>A tensor with the parameters it stands for and the part it serves.</summary>
readonly record struct CountedTensor(TensorInfo Tensor, TensorStanding Standing, long Parameters, Component Component);
