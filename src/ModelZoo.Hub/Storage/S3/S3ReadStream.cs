using Amazon.S3.Model;
using ModelZoo.Hub.Kernel;
using ModelZoo.Weights;

namespace ModelZoo.Hub.Storage;

/// <summary>The body of one answer, of known length. A body that ends early is an error, never an end.</summary>
sealed class S3ReadStream(GetObjectResponse response, long length) : ForwardStream
{
    long _position;

    public override long Length => length;

    protected override long? ReadSoFar => _position;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var wanted = (int)Math.Min(buffer.Length, length - _position);
        return wanted == 0 ? 0 : Count(await response.ResponseStream.ReadAsync(buffer[..wanted], cancellationToken));
    }

    public override int Read(Span<byte> buffer)
    {
        var wanted = (int)Math.Min(buffer.Length, length - _position);
        return wanted == 0 ? 0 : Count(response.ResponseStream.Read(buffer[..wanted]));
    }

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
}
