using Microsoft.Win32.SafeHandles;

namespace ModelZoo.Hub.Storage;

/// <summary>A range of a file, read forward only. Throws when the file ends before the range does.</summary>
sealed class FileRangeStream(SafeFileHandle file, long offset, long length) : Stream
{
    long _position;

    public override bool CanRead => true;
    public override bool CanSeek => false;
    public override bool CanWrite => false;
    public override long Length => length;
    public override long Position { get => _position; set => throw new NotSupportedException(); }

    public override int Read(Span<byte> buffer)
    {
        var wanted = Bound(buffer.Length);
        return wanted == 0 ? 0 : Count(RandomAccess.Read(file, buffer[..wanted], offset + _position));
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var wanted = Bound(buffer.Length);
        return wanted == 0 ? 0 : Count(await RandomAccess.ReadAsync(file, buffer[..wanted], offset + _position, cancellationToken));
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    int Bound(int wanted) => (int)Math.Min(wanted, length - _position);

    int Count(int read)
    {
        if (read == 0) throw new EndOfStreamException($"The file ends {length - _position} bytes too early.");
        _position += read;
        return read;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing) file.Dispose();
        base.Dispose(disposing);
    }

    public override void Flush() { }
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
    public override void SetLength(long value) => throw new NotSupportedException();
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
