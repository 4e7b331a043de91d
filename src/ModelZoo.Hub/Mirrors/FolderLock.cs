namespace ModelZoo.Hub.Mirrors;

/// <summary>Held by at most one process on a folder; the system takes it from a process that died.</summary>
sealed class FolderLock : IAsyncDisposable
{
    readonly FileStream _file;

    FolderLock(FileStream file) => _file = file;

    public static async Task<FolderLock> TakeAsync(string path, CancellationToken stop)
    {
        for (var wait = 5; ; wait = Math.Min(wait * 2, 200))
        {
            try
            {
                return new(new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
            }
            catch (IOException) when (File.Exists(path))
            {
                await Task.Delay(wait, stop);
            }
        }
    }

    public ValueTask DisposeAsync() => _file.DisposeAsync();
}
