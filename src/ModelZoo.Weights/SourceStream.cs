namespace ModelZoo.Weights;

/// <summary>A stretch of a source as a stream that reads forwards, for decoders that want one.</summary>
sealed class SourceStream(IByteSource source, long start, long length) : ForwardStream
{
    long _position;

    public override long Length => length;

    protected override long? ReadSoFar => _position;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var count = (int)Math.Min(buffer.Length, length - _position);
        if (count <= 0) return 0;
        var read = await source.ReadAsync(start + _position, buffer[..count], cancellationToken);
        _position += read;
        return read;
    }
}
