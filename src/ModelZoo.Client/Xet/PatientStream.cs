namespace ModelZoo.Client;

/// <summary>A body, of known length mostly: silence, a break and an early end are a <see cref="LostConnectionException"/>, never confused with an end or with wrong content.</summary>
sealed class PatientStream(Stream body, long? lengthBytes, TimeSpan idle, CancellationToken stopAll) : Stream
{
    readonly CancellationTokenSource _timeout = CancellationTokenSource.CreateLinkedTokenSource(stopAll);
    long? _left = lengthBytes;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken stop = default)
    {
        if (_left == 0 || buffer.Length == 0) return 0;
        _timeout.CancelAfter(idle);
        try
        {
            var read = await body.ReadAsync(buffer[..(int)Math.Min(buffer.Length, _left ?? buffer.Length)], _timeout.Token);
            if (read == 0 && _left is null) return 0;
            if (read == 0) throw new LostConnectionException("The connection ended before the piece of a file did.");
            _left -= read;
            return read;
        }
        catch (IOException e)
        {
            throw new LostConnectionException("The connection broke while a piece of a file was coming in.", e);
        }
        catch (OperationCanceledException e) when (!stopAll.IsCancellationRequested)
        {
            throw new LostConnectionException($"The connection was silent for {idle.TotalSeconds:0} s.", e);
        }
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    public override bool CanRead => true;
    public override bool CanSeek => false;
    public override bool CanWrite => false;
    public override long Length => throw new NotSupportedException();
    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }
    public override void Flush() => throw new NotSupportedException();
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
    public override void SetLength(long value) => throw new NotSupportedException();
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _timeout.Dispose();
            body.Dispose();
        }
        base.Dispose(disposing);
    }
}
