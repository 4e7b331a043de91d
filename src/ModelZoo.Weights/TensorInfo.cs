namespace ModelZoo.Weights;

/// <summary>A named array in a weight file.</summary>
/// <param name="Name">As the file says it.</param>
/// <param name="Shape">Row-major, slowest axis first, whatever order the format stores it in. Empty for a scalar.</param>
/// <param name="Offset">Where its bytes begin in the file, or <see cref="Unplaced"/> when they do not lie there as one raw piece.</param>
/// <param name="ByteLength">Bytes its elements take.</param>
public sealed record TensorInfo(string Name, DType DType, IReadOnlyList<long> Shape, long Offset, long ByteLength)
{
    /// <summary>The <see cref="Offset"/> of a tensor that is compressed, split in chunks, encoded number by number, or stored elsewhere.</summary>
    public const long Unplaced = -1;

    /// <summary>How many numbers: the product of the shape.</summary>
    public long ElementCount { get; } = Shapes.GetElementCount(Shape);

    /// <summary>Steps between elements along each axis, in elements; null when the array is contiguous and row-major.</summary>
    public IReadOnlyList<long>? Strides { get; init; }

    /// <summary>Which storage holds the elements, where several tensors may share one (PyTorch); null otherwise.</summary>
    public string? Storage { get; init; }

    /// <summary>Bytes of that storage, which may hold more than this tensor; null where there is no storage.</summary>
    public long? StorageBytes { get; init; }

    /// <summary>Path, relative to this file, of the file that holds the bytes; null when they lie in this file.</summary>
    public string? ExternalFile { get; init; }

    /// <summary>Where in <see cref="ExternalFile"/> its bytes begin.</summary>
    public long ExternalOffset { get; init; }
}
