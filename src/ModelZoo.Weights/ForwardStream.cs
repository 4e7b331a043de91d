namespace ModelZoo.Weights;

/// <summary>A stream that is read forwards and nothing else; asynchronously, unless who derives from it says that it may be read at once too.</summary>
public abstract class ForwardStream : Stream
{
    public sealed override bool CanRead => true;

    public sealed override bool CanSeek => false;

    public sealed override bool CanWrite => false;

    /// <summary>In bytes, where it is known.</summary>
    /// <exception cref="NotSupportedException">It is not known.</exception>
    public override long Length => throw new NotSupportedException();

    /// <summary>Bytes read so far, where they are counted.</summary>
    /// <exception cref="NotSupportedException">They are not, or it is set.</exception>
    public sealed override long Position
    {
        get => ReadSoFar ?? throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>What <see cref="Position"/> says.</summary>
    protected virtual long? ReadSoFar => null;

    public abstract override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default);

    public sealed override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(Span<byte> buffer) => throw new NotSupportedException("Only asynchronous reading.");

    public sealed override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public sealed override void Flush()
    {
    }

    public sealed override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public sealed override void SetLength(long value) => throw new NotSupportedException();

    public sealed override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
