namespace ModelZoo.Weights;

/// <summary>A source whose first bytes were read once, so that detecting a format and reading its header share one round trip.</summary>
sealed class PrefixSource : IByteSource
{
    /// <summary>Enough for the safetensors headers of common shards, and for the whole of small files.</summary>
    public const int PrefixBytes = 128 << 10;

    readonly IByteSource _inner;
    readonly byte[] _prefix;

    PrefixSource(IByteSource inner, byte[] prefix) => (_inner, _prefix) = (inner, prefix);

    public long Length => _inner.Length;

    public ReadOnlyMemory<byte> Prefix => _prefix;

    public static async ValueTask<PrefixSource> OpenAsync(IByteSource source, CancellationToken stop)
    {
        if (source is PrefixSource opened) return opened;
        var prefix = new byte[(int)Math.Min(PrefixBytes, source.Length)];
        var filled = 0;
        while (filled < prefix.Length)
        {
            var read = await source.ReadAsync(filled, prefix.AsMemory(filled), stop);
            if (read <= 0) break;
            filled += read;
        }
        return new(source, filled == prefix.Length ? prefix : prefix[..filled]);
    }

    public ValueTask<int> ReadAsync(long offset, Memory<byte> buffer, CancellationToken stop)
    {
        if (offset < 0 || offset >= _prefix.Length) return _inner.ReadAsync(offset, buffer, stop);
        var count = (int)Math.Min(buffer.Length, _prefix.Length - offset);
        _prefix.AsMemory((int)offset, count).CopyTo(buffer);
        return new(count);
    }
}
