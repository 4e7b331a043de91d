namespace ModelZoo.Weights.Conversion;

/// <summary>
/// Files that appear all at once, or as near to it as a file system allows: each is written beside its place, made durable, and moved there only
/// when all are complete, in the order they were opened. Whatever happens before leaves no file that could be taken for a whole one.
/// </summary>
sealed class StagedFiles : IAsyncDisposable
{
    readonly List<(string Staged, string Target, FileStream Stream)> _files = [];

    public IReadOnlyList<string> Targets => [.. _files.Select(file => file.Target)];

    public FileStream Open(string target)
    {
        target = Path.GetFullPath(target);
        var folder = Path.GetDirectoryName(target)!;
        Directory.CreateDirectory(folder);
        // A name of its own for each run, so that two runs never write into one file.
        var staged = Path.Combine(folder, $".{Path.GetFileName(target)}.{Environment.ProcessId}-{Path.GetRandomFileName()}.part");
        var stream = new FileStream(staged, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.ReadWrite, BufferSize = 0, Options = FileOptions.Asynchronous });
        _files.Add((staged, target, stream));
        return stream;
    }

    public async Task CommitAsync(CancellationToken stop)
    {
        foreach (var (_, _, stream) in _files)
        {
            stop.ThrowIfCancellationRequested();
            stream.Flush(flushToDisk: true);
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
