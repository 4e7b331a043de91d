namespace ModelZoo.Weights;

/// <summary>A tensor and where its numbers can be read: row-major, little-endian, in one piece.</summary>
public sealed record TensorContent(string Name, DType DType, IReadOnlyList<long> Shape, IByteSource Source, long Offset, long ByteLength)
{
    /// <summary>
    /// The contents of a file's tensors, bit for bit. Strided views are put in row-major order as they are read; tensors that share a storage
    /// are given once each.
    /// </summary>
    /// <param name="source">The source the header was read from.</param>
    /// <exception cref="WeightFormatException">A tensor is compressed, stored elsewhere, or in another byte order.</exception>
    public static IReadOnlyList<TensorContent> Of(WeightFile file, IByteSource source)
    {
        if (file.IsBigEndian) throw new WeightFormatException(file.Format, "The file stores its numbers in big-endian order, which is not converted.");
        return [.. file.Tensors.Select(tensor => Of(file.Format, tensor, source))];
    }

    internal static TensorContent Of(WeightFormat format, TensorInfo tensor, IByteSource source)
    {
        if (tensor.Offset < 0 && tensor.ByteLength > 0)
            throw new WeightFormatException(format, $"The content of tensor '{tensor.Name}' does not lie in the file as one raw piece.");
        return tensor.Strides is { } strides
            ? new(tensor.Name, tensor.DType, tensor.Shape, new StridedSource(source, format, tensor, strides), 0, tensor.ByteLength)
            : new(tensor.Name, tensor.DType, tensor.Shape, source, tensor.Offset, tensor.ByteLength);
    }
}
