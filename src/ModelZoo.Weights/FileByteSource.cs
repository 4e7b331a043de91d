using Microsoft.Win32.SafeHandles;

namespace ModelZoo.Weights;

/// <summary>
/// A source over a file on disk; safe to share between readers, because reads carry their own position. Reads are done by the thread that asks:
/// handing each to another costs more than most reads do.
/// </summary>
public sealed class FileByteSource : IByteSource, IDisposable
{
    readonly SafeFileHandle _file;

    public FileByteSource(string path)
    {
        _file = File.OpenHandle(path);
        Length = RandomAccess.GetLength(_file);
    }

    public long Length { get; }

    public ValueTask<int> ReadAsync(long offset, Memory<byte> buffer, CancellationToken stop)
    {
        stop.ThrowIfCancellationRequested();
        return new(RandomAccess.Read(_file, buffer.Span, offset));
    }

    public void Dispose() => _file.Dispose();
}
