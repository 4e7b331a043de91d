namespace ModelZoo.Weights;

/// <summary>A stretch of another source, seen as a source of its own.</summary>
sealed class SliceSource(IByteSource inner, long start, long length) : IByteSource
{
    public long Length => length;

    public ValueTask<int> ReadAsync(long offset, Memory<byte> buffer, CancellationToken stop)
    {
        if (offset >= length) return new(0);
        return inner.ReadAsync(start + offset, buffer[..(int)Math.Min(buffer.Length, length - offset)], stop);
    }
}
