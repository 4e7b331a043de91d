using Microsoft.Win32.SafeHandles;
using ModelZoo.Weights;

namespace ModelZoo.Hub.Storage;

/// <summary>A range of a file, read forward only. Throws when the file ends before the range does.</summary>
sealed class FileRangeStream(SafeFileHandle file, long offset, long length) : ForwardStream
{
    long _position;

    public override long Length => length;

    protected override long? ReadSoFar => _position;

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
}
