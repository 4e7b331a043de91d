namespace ModelZoo.Hub.Mirrors;

/// <summary>
/// A bare git repository in a folder of its own. A mirror begins a new one when something in the old one must not be fetched any
/// more; whoever reads from the old one may finish.
/// </summary>
sealed class MirrorGeneration(string folder)
{
    const string Configuration = """
        [core]
            repositoryformatversion = 0
            bare = true
        [uploadpack]
            allowFilter = true
            allowAnySHA1InWant = true
        [gc]
            auto = 0
        [repack]
            writeBitmaps = true
        [pack]
            threads = 1

        """;

    int _readers;

    public string Folder => folder;

    public bool IsInUse => Volatile.Read(ref _readers) > 0;

    /// <summary>True when it was finished and no change of it was broken off.</summary>
    public bool IsSound => File.Exists(Ready) && !File.Exists(Changing);

    /// <summary>What it serves now; null when that is not known.</summary>
    public MirrorReferences? References { get; private set; }

    public DateTime UsedAt { get; private set; } = DateTime.UtcNow;

    /// <summary>How often it was fetched from since it was last packed anew.</summary>
    public int Fetches { get; set; }

    string Ready => Path.Combine(folder, "zoo-ready");

    string Changing => Path.Combine(folder, "zoo-changing");

    public static MirrorGeneration Make(string folder)
    {
        foreach (var part in (string[])["objects/pack", "objects/info", "refs/heads", "refs/tags"]) Directory.CreateDirectory(Path.Combine(folder, part));
        File.WriteAllText(Path.Combine(folder, "config"), Configuration);
        File.WriteAllText(Path.Combine(folder, "HEAD"), "ref: refs/heads/main\n");
        return new(folder);
    }

    /// <summary>Reads what an earlier process left.</summary>
    public static MirrorGeneration? Find(string folder)
    {
        var found = new MirrorGeneration(folder);
        if (!found.IsSound) return null;
        try
        {
            found.References = new(File.ReadAllText(Path.Combine(folder, "packed-refs")), File.ReadAllText(Path.Combine(folder, "HEAD")));
        }
        catch (IOException)
        {
            return null;
        }
        return found;
    }

    /// <summary>From here on, until <see cref="EndChange"/>, a crash leaves a mirror that is built anew.</summary>
    public void BeginChange() => File.WriteAllText(Changing, "");

    public void EndChange()
    {
        File.WriteAllText(Ready, "");
        File.Delete(Changing);
    }

    public void SetReferences(MirrorReferences references)
    {
        Replace("packed-refs", references.Packed);
        Replace("HEAD", references.Head);
        References = references;
    }

    public void Enter()
    {
        Interlocked.Increment(ref _readers);
        if (DateTime.UtcNow - UsedAt > TimeSpan.FromMinutes(1) && File.Exists(Ready)) File.SetLastWriteTimeUtc(Ready, DateTime.UtcNow);
        UsedAt = DateTime.UtcNow;
    }

    public void Leave() => Interlocked.Decrement(ref _readers);

    public int CountPacks() => Directory.GetFiles(Path.Combine(folder, "objects/pack"), "*.pack").Length;

    public void Delete()
    {
        try
        {
            if (Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
        }
        catch (IOException)
        {
            // Something still writes into it; the chore comes again.
        }
    }

    void Replace(string name, string text)
    {
        var staged = Path.Combine(folder, name + ".new");
        File.WriteAllText(staged, text);
        File.Move(staged, Path.Combine(folder, name), overwrite: true);
    }
}
