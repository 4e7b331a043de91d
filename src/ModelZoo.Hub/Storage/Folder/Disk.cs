using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using ModelZoo.Hub.Kernel;

namespace ModelZoo.Hub.Storage;

/// <summary>What durable files need and .NET does not offer: folders synced, names taken only when free, space reserved.</summary>
static partial class Disk
{
    const int NoEntry = 2, Exists = 17, InvalidArgument = 22, NoSpace = 28, NotImplemented = 38, NotSupported = 95, QuotaExceeded = 122;

    static readonly Lock Creating = new();

    public static bool IsFull(IOException error) =>
        error.HResult is NoSpace or QuotaExceeded
            // The same two conditions as Windows says them: ERROR_HANDLE_DISK_FULL, ERROR_DISK_FULL.
            || (error.HResult & 0xFFFF) is 39 or 112 && OperatingSystem.IsWindows();

    public static Refusal Full() => new(RefusalKind.Unavailable, "The hub's disk is full; nothing was stored.");

    /// <summary>Refuses at once what cannot fit, before anybody sends it.</summary>
    public static void RequireRoom(string folder, long bytes)
    {
        if (bytes > new DriveInfo(folder).AvailableFreeSpace) throw Full();
    }

    /// <summary>Reserves the file's blocks and sets its length, where the file system can; otherwise only sets the length.</summary>
    public static void Allocate(SafeFileHandle file, long bytes)
    {
        if (bytes > 0 && OperatingSystem.IsLinux() && FAllocate(file, 0, 0, bytes) != 0)
        {
            var errno = Marshal.GetLastPInvokeError();
            if (errno is not (NotSupported or NotImplemented)) throw Error("reserve room in", "a staged file", errno);
        }
        RandomAccess.SetLength(file, bytes);
    }

    /// <summary>
    /// Creates the folder and every missing one above it, each durable in its parent. One caller at a time, so that nobody
    /// relies on a folder that another one has made but not yet synced.
    /// </summary>
    public static void CreateFolder(string path)
    {
        lock (Creating)
        {
            if (Directory.Exists(path)) return;
            var parent = Path.GetDirectoryName(path);
            if (!string.IsNullOrEmpty(parent)) CreateFolder(parent);
            Directory.CreateDirectory(path);
            if (!string.IsNullOrEmpty(parent)) SyncFolder(parent);
        }
    }

    /// <summary>A name in a folder survives a power cut only once the folder itself was synced.</summary>
    public static void SyncFolder(string path)
    {
        if (!OperatingSystem.IsLinux()) return;
        var folder = Open(path, 0x10000 | 0x80000 /* O_RDONLY | O_DIRECTORY | O_CLOEXEC */);
        if (folder < 0) throw Error("open", path, Marshal.GetLastPInvokeError());
        try
        {
            if (FSync(folder) != 0) throw Error("sync", path, Marshal.GetLastPInvokeError());
        }
        finally
        {
            _ = Close(folder);
        }
    }

    /// <summary>
    /// Gives the file its final name, unless that name is taken: false then, and nothing has moved. Not a hard link and an unlink
    /// (as File.Move does), because a crash between the two would leave the published file writable under its staged name.
    /// </summary>
    public static bool TryRename(string from, string to)
    {
        if (OperatingSystem.IsLinux())
        {
            if (RenameAt2(-100 /* AT_FDCWD */, from, -100, to, 1 /* RENAME_NOREPLACE */) == 0) return true;
            switch (Marshal.GetLastPInvokeError())
            {
                case Exists: return false;
                case InvalidArgument or NotImplemented: break;      // a file system that cannot: look first, then rename
                case NoEntry: throw new FileNotFoundException($"'{from}' is gone.", from);
                case var errno: throw Error("rename", from, errno);
            }
        }
        if (File.Exists(to)) return false;
        File.Move(from, to, overwrite: true);
        return true;
    }

    /// <summary>Gives the file a second name; false where the two names are on different volumes or links are not to be had.</summary>
    public static bool TryLink(string from, string to) => OperatingSystem.IsLinux() && Link(from, to) == 0;

    static IOException Error(string verb, string path, int errno) =>
        new($"Cannot {verb} {path}: {Marshal.GetPInvokeErrorMessage(errno)}", errno);

    [LibraryImport("libc", EntryPoint = "link", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Link(string from, string to);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int FSync(int file);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    private static partial int Close(int file);

    [LibraryImport("libc", EntryPoint = "fallocate64", SetLastError = true)]
    private static partial int FAllocate(SafeFileHandle file, int mode, long offset, long length);

    [LibraryImport("libc", EntryPoint = "renameat2", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int RenameAt2(int fromFolder, string from, int toFolder, string to, uint flags);
}
