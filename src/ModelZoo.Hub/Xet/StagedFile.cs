using Microsoft.Win32.SafeHandles;
using ModelZoo.Hub.Storage;

namespace ModelZoo.Hub.Xet;

/// <summary>Bytes on the disk that nobody else sees and that are gone with this object, also when the process is killed.</summary>
sealed class StagedFile : IDisposable
{
    readonly SafeFileHandle _file;

    StagedFile(SafeFileHandle file) => _file = file;

    public long Length { get; private set; }

    public static StagedFile Create(string folder)
    {
        Directory.CreateDirectory(folder);
        var path = Path.Combine(folder, $"{Guid.NewGuid():n}.xorb");
        var file = File.OpenHandle(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete, FileOptions.DeleteOnClose);
        // The name is not needed. Where open files may lose theirs, a killed process leaves nothing behind.
        if (!OperatingSystem.IsWindows()) File.Delete(path);
        return new(file);
    }

    public void Append(ReadOnlySpan<byte> bytes)
    {
        try
        {
            RandomAccess.Write(_file, bytes, Length);
            Length += bytes.Length;
        }
        catch (IOException error) when (Disk.IsFull(error))
        {
            throw Disk.Full();
        }
    }

    /// <summary>From the beginning; valid as long as this object.</summary>
    public Stream OpenRead() => new FileRangeStream(new SafeFileHandle(_file.DangerousGetHandle(), ownsHandle: false), 0, Length);

    public void Dispose() => _file.Dispose();
}
