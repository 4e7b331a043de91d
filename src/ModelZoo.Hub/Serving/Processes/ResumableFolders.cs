using ModelZoo.Hub.Kernel;

namespace ModelZoo.Hub.Serving.Processes;

/// <summary>Folders of works that may be interrupted: one for each work, held by one try at a time, which the next try on this node finds again.</summary>
sealed class ResumableFolders(string root)
{
    const string LockName = ".in-use";

    /// <param name="what">The work, for the refusal: "run", "job".</param>
    /// <exception cref="Refusal">An earlier try of this node is still ending.</exception>
    public ResumableFolder Open(long id, string what)
    {
        var path = Path.Combine(Path.GetFullPath(root), Ids.ToWire(id));
        Directory.CreateDirectory(path);
        try
        {
            return new(path, Hold(path));
        }
        catch (IOException)
        {
            throw new Refusal(RefusalKind.Unavailable, $"An earlier try of this {what} is still ending.");
        }
    }

    /// <summary>Removes the folders of works that nobody will go on with.</summary>
    /// <returns>Names of those that are gone.</returns>
    public async Task<IReadOnlyList<string>> SweepAsync(Func<long, Task<bool>> isOpen)
    {
        var swept = new List<string>();
        if (!Directory.Exists(root)) return swept;
        foreach (var folder in Directory.GetDirectories(root))
        {
            if (!Ids.TryFromWire(Path.GetFileName(folder), out var id) || await isOpen(id)) continue;
            try
            {
                using (Hold(folder)) Directory.Delete(folder, recursive: true);
                swept.Add(Path.GetFileName(folder));
            }
            catch (IOException)
            {
                // Somebody works in it.
            }
        }
        return swept;
    }

    static FileStream Hold(string folder) => new(Path.Combine(folder, LockName), FileMode.OpenOrCreate, FileAccess.Write, FileShare.None);
}

/// <summary>One work's folder on this node, held by one try.</summary>
sealed class ResumableFolder(string path, FileStream hold) : IDisposable
{
    bool _isOver;

    public string Path => path;

    /// <summary>The work has ended: nobody comes back for what lies here.</summary>
    public void SetOver() => _isOver = true;

    public void Dispose()
    {
        if (_isOver) Directory.Delete(path, recursive: true);
        hold.Dispose();
    }
}
