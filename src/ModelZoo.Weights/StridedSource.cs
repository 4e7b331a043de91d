namespace ModelZoo.Weights;

/// <summary>A strided view of another source, read as if it were contiguous and row-major.</summary>
sealed class StridedSource(IByteSource source, WeightFormat format, TensorInfo tensor, IReadOnlyList<long> strides) : IByteSource
{
    readonly RandomReader _reader = new(source, format);

    public long Length => tensor.ByteLength;

    public async ValueTask<int> ReadAsync(long offset, Memory<byte> buffer, CancellationToken stop)
    {
        var size = tensor.DType.BytesPerBlock;
        var filled = 0;
        while (filled < buffer.Length && offset + filled < Length)
        {
            var (element, within) = Math.DivRem(offset + filled, size);
            var bytes = await _reader.ReadAsync(tensor.Offset + GetPosition(element) * size, size, stop);
            var count = Math.Min(size - (int)within, buffer.Length - filled);
            bytes.AsSpan((int)within, count).CopyTo(buffer.Span[filled..]);
            filled += count;
        }
        return filled;
    }

    /// <summary>Where the element that comes at <paramref name="index"/> in row-major order lies, in elements from the view's first.</summary>
    long GetPosition(long index)
    {
        long position = 0;
        for (var axis = tensor.Shape.Count - 1; axis >= 0; axis--)
        {
            (index, var along) = Math.DivRem(index, tensor.Shape[axis]);
            position += along * strides[axis];
        }
        return position;
    }
}
