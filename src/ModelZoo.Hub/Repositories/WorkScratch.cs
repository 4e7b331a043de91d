using Microsoft.Extensions.Logging;
using ModelZoo.Hub.Jobs;
using ModelZoo.Hub.Kernel;

namespace ModelZoo.Hub.Repositories;

/// <summary>
/// Where files that a job makes (conversions, merges) lie until the blob store has them: a folder for each try, removed with it. A process that is killed
/// leaves its folder behind without the lock that it held, and the chore removes what nobody holds.
/// </summary>
sealed partial class WorkScratch(HubOptions options, ILogger<WorkScratch> log) : IChore
{
    /// <summary>What a job leaves free on the disk for everybody else.</summary>
    const long ReserveBytes = 1L << 30;

    const string LockName = ".in-use";

    readonly string _root = options.Conversion.ScratchFolder ?? Path.Combine(options.DataFolder, "conversions");

    public TimeSpan Every => TimeSpan.FromMinutes(10);

    public ScratchFolder Open(long jobId)
    {
        var path = Path.Combine(Path.GetFullPath(_root), $"{jobId}-{Path.GetRandomFileName()}");
        Directory.CreateDirectory(path);
        return new(path, new FileStream(Path.Combine(path, LockName), FileMode.CreateNew, FileAccess.Write, FileShare.None));
    }

    /// <summary>How many bytes a job may write now.</summary>
    public long RoomBytes()
    {
        var free = new DriveInfo(Path.GetFullPath(_root)).AvailableFreeSpace - ReserveBytes;
        return free > 0 ? Math.Min(free, options.Conversion.OutputBytes)
            : throw new Refusal(RefusalKind.Unavailable, "The disk for conversions and merges is full; an administrator must make room.");
    }

    public Task RunAsync(CancellationToken stop)
    {
        if (!Directory.Exists(_root)) return Task.CompletedTask;
        foreach (var folder in Directory.GetDirectories(_root))
        {
            stop.ThrowIfCancellationRequested();
            if (IsHeld(folder)) continue;
            Directory.Delete(folder, recursive: true);
            ScratchSwept(log, Path.GetFileName(folder));
        }
        return Task.CompletedTask;
    }

    [LoggerMessage(3701, LogLevel.Information, "Removed {Folder}, which a job that was killed left behind")]
    static partial void ScratchSwept(ILogger log, string folder);

    static bool IsHeld(string folder)
    {
        try
        {
            var file = Path.Combine(folder, LockName);
            // A folder that was made this moment has no lock yet.
            if (!File.Exists(file)) return DateTime.UtcNow - Directory.GetCreationTimeUtc(folder) < TimeSpan.FromMinutes(1);
            using var held = new FileStream(file, FileMode.Open, FileAccess.Write, FileShare.None);
            return false;
        }
        catch (IOException)
        {
            return true;
        }
    }
}

/// <summary>One try's folder.</summary>
sealed class ScratchFolder(string path, FileStream hold) : IDisposable
{
    public string Path => path;

    public void Dispose()
    {
        hold.Dispose();
        Directory.Delete(path, recursive: true);
    }
}
