using System.Runtime.InteropServices;

namespace ModelZoo.Learning.Populations;

/// <summary>A population in a folder on disk. One writer at a time, which <see cref="Lock"/> sees to.</summary>
public sealed partial class FolderPlace(string root) : IPopulationPlace
{
    const string LockName = ".lock";

    /// <summary>ENOSPC and EDQUOT of Linux, ERROR_DISK_FULL of Windows.</summary>
    static readonly int[] s_full = [28, 122, unchecked((int)0x80070070)];

    public string Root { get; } = Path.GetFullPath(root);

    /// <summary>Holds the folder until it is disposed, or the process ends.</summary>
    /// <exception cref="PopulationException">Another process holds it.</exception>
    public IDisposable Lock()
    {
        try
        {
            Directory.CreateDirectory(Root);
            return new FileStream(Path.Combine(Root, LockName), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, 1, FileOptions.DeleteOnClose);
        }
        catch (IOException problem) when (!s_full.Contains(problem.HResult) && File.Exists(Path.Combine(Root, LockName)))
        {
            throw new PopulationException($"Another process is at work in '{Root}'.", problem);
        }
    }

    /// <summary>Whether somebody holds the folder now.</summary>
    public bool IsLocked
    {
        get
        {
            if (!File.Exists(Path.Combine(Root, LockName))) return false;
            try
            {
                using var file = new FileStream(Path.Combine(Root, LockName), FileMode.Open, FileAccess.ReadWrite, FileShare.None);
                return false;
            }
            catch (FileNotFoundException)
            {
                return false;
            }
            catch (IOException)
            {
                return true;
            }
        }
    }

    public ValueTask WriteAsync(IReadOnlyList<PopulationFile> files, CancellationToken stop)
    {
        stop.ThrowIfCancellationRequested();
        try
        {
            for (var i = 0; i < files.Count; i++)
            {
                var target = Path.Combine(Root, files[i].Path);
                var folder = Path.GetDirectoryName(target)!;
                MakeFolder(folder);
                if (files[i].Content is { } content) Write(target, content);
                else File.Delete(target);
                // What comes later may rely on what came before: a folder's names are durable before the next folder is touched.
                if (i + 1 == files.Count || Path.GetDirectoryName(files[i + 1].Path) != Path.GetDirectoryName(files[i].Path)) Sync(folder);
            }
        }
        catch (IOException problem) when (s_full.Contains(problem.HResult))
        {
            throw new PopulationException($"The disk of '{Root}' is full. Everything up to the last finished epoch of each member is kept; make room and go on with --resume.", problem);
        }
        return default;
    }

    public async ValueTask<byte[]?> FindAsync(string path, CancellationToken stop)
    {
        var file = Path.Combine(Root, path);
        return File.Exists(file) ? await File.ReadAllBytesAsync(file, stop) : null;
    }

    public ValueTask<bool> HasAsync(string path, CancellationToken stop) => new(File.Exists(Path.Combine(Root, path)));

    static void Write(string target, byte[] content)
    {
        var staged = Path.Combine(Path.GetDirectoryName(target)!, $".{Path.GetFileName(target)}.part");
        try
        {
            using (var file = File.OpenHandle(staged, FileMode.Create, FileAccess.Write))
            {
                RandomAccess.Write(file, content, 0);
                RandomAccess.FlushToDisk(file);
            }
            File.Move(staged, target, overwrite: true);
        }
        catch
        {
            File.Delete(staged);
            throw;
        }
    }

    static void MakeFolder(string folder)
    {
        if (Directory.Exists(folder)) return;
        var parent = Path.GetDirectoryName(folder)!;
        MakeFolder(parent);
        Directory.CreateDirectory(folder);
        Sync(parent);
    }

    /// <summary>Makes names durable. .NET opens no folders, so the system is asked itself; where it cannot, files are durable and names follow.</summary>
    static void Sync(string folder)
    {
        if (OperatingSystem.IsWindows()) return;
        var handle = Open(folder, 0);
        if (handle < 0) return;
        _ = FSync(handle);
        _ = Close(handle);
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int FSync(int file);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    private static partial int Close(int file);
}
