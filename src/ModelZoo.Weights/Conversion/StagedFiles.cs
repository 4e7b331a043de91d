namespace ModelZoo.Weights.Conversion;

/// <summary>
/// Files that appear all at once, or as near to it as a file system allows: each is written beside its place, made durable, and moved there only
/// when all are complete, in the order they were opened. Whatever happens before leaves no file that could be taken for a whole one.
/// </summary>
sealed class StagedFiles : IAsyncDisposable
{
    readonly List<(string Staged, string Target, StagedStream Stream)> _files = [];

    public IReadOnlyList<string> Targets => [.. _files.Select(file => file.Target)];

    /// <param name="expectedBytes">About how much will be written; less than that is no harm, and neither is more.</param>
    public StagedStream Open(string target, long expectedBytes = 0)
    {
        target = Path.GetFullPath(target);
        var folder = Path.GetDirectoryName(target)!;
        Directory.CreateDirectory(folder);
        // A name of its own for each run, so that two runs never write into one file.
        var staged = Path.Combine(folder, $".{Path.GetFileName(target)}.{Environment.ProcessId}-{Path.GetRandomFileName()}.part");
        var stream = new StagedStream(staged, expectedBytes);
        _files.Add((staged, target, stream));
        return stream;
    }

    public async Task CommitAsync(CancellationToken stop)
    {
        foreach (var (_, _, stream) in _files)
        {
            stop.ThrowIfCancellationRequested();
            stream.FlushToDisk();
            await stream.DisposeAsync();
        }
        foreach (var (staged, target, _) in _files) File.Move(staged, target, overwrite: true);
        foreach (var folder in _files.Select(file => Path.GetDirectoryName(file.Target)!).Distinct()) SyncFolder(folder);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var (staged, _, stream) in _files)
        {
            await stream.DisposeAsync();
            File.Delete(staged);
        }
    }

    /// <summary>Makes the new names durable too, where a folder can be opened as a file (Linux, macOS).</summary>
    static void SyncFolder(string folder)
    {
        if (OperatingSystem.IsWindows()) return;
        try
        {
            using var handle = File.OpenHandle(folder, FileMode.Open, FileAccess.Read);
            RandomAccess.FlushToDisk(handle);
        }
        catch (Exception problem) when (problem is UnauthorizedAccessException or IOException)
        {
            // .NET opens no folders on some systems; the files themselves are durable.
        }
    }
}
