namespace ModelZoo.Hub.Serving.Folders;

/// <summary>
/// A folder of the cache that belongs to one process: the first that no other process holds. So what a slot contains changes only by the doing of its
/// holder, and a process that starts again finds what it had. The lock goes with the process, however that ends.
/// </summary>
sealed class CacheSlot : IDisposable
{
    const int MostSlots = 64;

    readonly FileStream _hold;

    CacheSlot(string path, FileStream hold)
    {
        (Path, _hold) = (path, hold);
        // What a killed process was making is in nobody's way and of no use.
        if (Directory.Exists(Staging)) Directory.Delete(Staging, recursive: true);
        foreach (var folder in (string[])[Staging, Files, Folders]) Directory.CreateDirectory(folder);
    }

    public string Path { get; }

    /// <summary>Copies of stored files, named by SHA-256.</summary>
    public string Files => System.IO.Path.Combine(Path, "files");

    /// <summary>Folders of links, named by the digest of their files; beside each the list of them.</summary>
    public string Folders => System.IO.Path.Combine(Path, "folders");

    string Staging => System.IO.Path.Combine(Path, "staging");

    public static CacheSlot Take(string root)
    {
        for (var number = 0; number < MostSlots; number++)
        {
            var path = System.IO.Path.Combine(System.IO.Path.GetFullPath(root), $"{number}");
            Directory.CreateDirectory(path);
            try
            {
                return new(path, new FileStream(System.IO.Path.Combine(path, ".in-use"), FileMode.OpenOrCreate, FileAccess.Write, FileShare.None));
            }
            catch (IOException) when (number < MostSlots - 1)
            {
                // Another process of this machine has it.
            }
        }
        throw new InvalidOperationException($"All {MostSlots} places for caches in {root} are taken.");
    }

    public string NewStaged() => System.IO.Path.Combine(Staging, System.IO.Path.GetRandomFileName());

    public string FileOf(string sha256) => System.IO.Path.Combine(Files, sha256[..2], sha256);

    public string FolderOf(string digest) => System.IO.Path.Combine(Folders, digest);

    public string ListOf(string digest) => System.IO.Path.Combine(Folders, digest + ".list");

    /// <summary>Out of sight in one step; the bytes go at leisure, and at the latest with the next process.</summary>
    public void Remove(string folder)
    {
        if (!Directory.Exists(folder)) return;
        var staged = NewStaged();
        Directory.Move(folder, staged);
        Directory.Delete(staged, recursive: true);
    }

    public void Dispose() => _hold.Dispose();
}
