using System.Text;

namespace ModelZoo.Client;

/// <summary>Content to upload. It is opened as often as needed and never held in memory when it comes from a file.</summary>
public sealed class UploadSource
{
    readonly string? _path;
    readonly ReadOnlyMemory<byte> _bytes;

    UploadSource(string? path, ReadOnlyMemory<byte> bytes, long sizeBytes) => (_path, _bytes, SizeBytes) = (path, bytes, sizeBytes);

    /// <summary>Size when the source was made.</summary>
    public long SizeBytes { get; }

    /// <summary>A file on disk. It must not change until the upload is done.</summary>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    public static UploadSource FromFile(string path)
    {
        var file = new FileInfo(path);
        if (file is { Exists: true, LinkTarget: not null } && file.ResolveLinkTarget(returnFinalTarget: true) is FileInfo real) file = real;
        return file.Exists ? new(file.FullName, default, file.Length) : throw new FileNotFoundException($"There is no file '{path}'.", path);
    }

    /// <summary>Bytes in memory.</summary>
    public static UploadSource FromBytes(ReadOnlyMemory<byte> bytes) => new(null, bytes, bytes.Length);

    /// <summary>Text, as UTF-8.</summary>
    public static UploadSource FromText(string text) => FromBytes(Encoding.UTF8.GetBytes(text));

    /// <summary>Opens the content from an offset on.</summary>
    /// <exception cref="IOException">The file has another size now.</exception>
    public Stream Open(long offset = 0)
    {
        if (_path is null) return new MemoryStream(_bytes[(int)offset..].ToArray(), writable: false);
        var file = new FileStream(_path, new FileStreamOptions { Options = FileOptions.Asynchronous | FileOptions.SequentialScan, BufferSize = 0, Share = FileShare.ReadWrite | FileShare.Delete });
        if (file.Length != SizeBytes)
        {
            file.Dispose();
            throw new IOException($"'{_path}' changed while it was being uploaded.");
        }
        file.Position = offset;
        return file;
    }
}
