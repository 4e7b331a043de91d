namespace ModelZoo.Weights;

/// <summary>A source whose bytes lie in memory already.</summary>
public sealed class MemoryByteSource(ReadOnlyMemory<byte> content) : IByteSource
{
    public long Length => content.Length;

    public ValueTask<int> ReadAsync(long offset, Memory<byte> buffer, CancellationToken stop)
    {
        stop.ThrowIfCancellationRequested();
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        if (offset >= content.Length) return new(0);
        var count = (int)Math.Min(buffer.Length, content.Length - offset);
        content.Slice((int)offset, count).CopyTo(buffer);
        return new(count);
    }
}
