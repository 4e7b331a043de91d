using Microsoft.Win32.SafeHandles;

namespace ModelZoo.Weights;

/// <summary>A source over a file on disk; safe to share between readers, because reads carry their own position.</summary>
public sealed class FileByteSource : IByteSource, IDisposable
{
    readonly SafeFileHandle _file;

    public FileByteSource(string path)
    {
        _file = File.OpenHandle(path, options: FileOptions.Asynchronous | FileOptions.RandomAccess);
        Length = RandomAccess.GetLength(_file);
    }

    public long Length { get; }

    public ValueTask<int> ReadAsync(long offset, Memory<byte> buffer, CancellationToken stop) =>
        RandomAccess.ReadAsync(_file, buffer, offset, stop);

    public void Dispose() => _file.Dispose();
}
