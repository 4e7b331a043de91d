namespace ModelZoo.Weights;

/// <summary>A strided view of another source, read as if it were contiguous and row-major.</summary>
sealed class StridedSource(IByteSource source, WeightFormat format, TensorInfo tensor, IReadOnlyList<long> strides) : IByteSource
{
    /// <summary>Views that reach over no more than this are gathered from memory; larger ones are read block by block.</summary>
    const long MaxWindowBytes = 64 << 20;

    readonly RandomReader _reader = new(source, format);
    byte[]? _window;

    public long Length => tensor.ByteLength;

    public async ValueTask<int> ReadAsync(long offset, Memory<byte> buffer, CancellationToken stop)
    {
        if (offset >= Length) return 0;
        var size = tensor.DType.BytesPerBlock;
        var reach = GetReach() * size;
        if (reach > MaxWindowBytes) return await ReadBlocksAsync(offset, buffer, stop);
        _window ??= await _reader.ReadAsync(tensor.Offset, (int)reach, stop);
        var filled = Gather(_window, offset, buffer.Span[..(int)Math.Min(buffer.Length, Length - offset)]);
        // Whoever has read the end is done: many views of one file must not keep their windows all at once.
        if (offset + filled >= Length) _window = null;
        return filled;
    }

    int Gather(byte[] window, long offset, Span<byte> to)
    {
        var size = tensor.DType.BytesPerBlock;
        var (element, within) = Math.DivRem(offset, size);
        var filled = 0;
        var last = tensor.Shape.Count - 1;
        var (columns, step) = (tensor.Shape[last], strides[last] * size);
        while (filled < to.Length)
        {
            var column = element % columns;
            var at = GetPosition(element) * size;
            for (; column < columns && filled < to.Length; column++, element++, at += step, within = 0)
            {
                var count = Math.Min(size - (int)within, to.Length - filled);
                window.AsSpan((int)(at + within), count).CopyTo(to[filled..]);
                filled += count;
            }
        }
        return filled;
    }

    async ValueTask<int> ReadBlocksAsync(long offset, Memory<byte> buffer, CancellationToken stop)
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

    /// <summary>Elements from the view's first to its last.</summary>
    long GetReach()
    {
        var reach = 1L;
        for (var axis = 0; axis < strides.Count; axis++) reach += (tensor.Shape[axis] - 1) * strides[axis];
        return reach;
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
