using Amazon.S3.Model;
using ModelZoo.Hub.Kernel;

namespace ModelZoo.Hub.Storage;

/// <summary>The body of one answer, of known length. A body that ends early is an error, never an end.</summary>
sealed class S3ReadStream(GetObjectResponse response, long length) : Stream
{
    long _position;

    public override bool CanRead => true;
    public override bool CanSeek => false;
    public override bool CanWrite => false;
    public override long Length => length;
    public override long Position { get => _position; set => throw new NotSupportedException(); }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var wanted = (int)Math.Min(buffer.Length, length - _position);
        return wanted == 0 ? 0 : Count(await response.ResponseStream.ReadAsync(buffer[..wanted], cancellationToken));
    }

    public override int Read(byte[] buffer, int offset, int count)
    {
        var wanted = (int)Math.Min(count, length - _position);
        return wanted == 0 ? 0 : Count(response.ResponseStream.Read(buffer, offset, wanted));
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    int Count(int read)
    {
        if (read == 0) throw new EndOfStreamException($"The object store's answer ends {length - _position} bytes too early.");
        _position += read;
        return read;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing) response.Dispose();
        base.Dispose(disposing);
    }

    public override void Flush() { }
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
    public override void SetLength(long value) => throw new NotSupportedException();
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
