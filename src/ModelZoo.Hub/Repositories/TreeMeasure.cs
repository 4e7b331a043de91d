using System.Text;
using ModelZoo.Git;
using ModelZoo.Hub.Kernel;

namespace ModelZoo.Hub.Repositories;

/// <summary>What is below a tree: how many files, how deep, how long the longest path; and whether something in it may not be stored.</summary>
readonly record struct TreeShape(long Files, int Depth, int LongestPath, bool IsRefused)
{
    /// <summary>Most files of a commit. Trees may hold each other many times over, so a few objects can name more files than there are atoms.</summary>
    public const long MaxFiles = 1_000_000;

    public TreeShape WithFile(int nameBytes, bool isRefused = false) =>
        new(Math.Min(MaxFiles + 1, Files + 1), Math.Max(Depth, 1), Math.Max(LongestPath, nameBytes), IsRefused | isRefused);

    public TreeShape WithFolder(int nameBytes, TreeShape below) => new(
        Math.Min(MaxFiles + 1, Files + below.Files), Math.Max(Depth, below.Depth + 1), Math.Max(LongestPath, nameBytes + 1 + below.LongestPath), IsRefused | below.IsRefused);

    /// <exception cref="Refusal">No commit may have such a tree.</exception>
    public void RequirePossible()
    {
        if (Files > MaxFiles) throw Refusal.Invalid($"A commit may have at most {MaxFiles} files.");
        if (Depth > RepoPath.MaxDepth) throw Refusal.Invalid($"A path may have at most {RepoPath.MaxDepth} segments.");
        if (LongestPath > RepoPath.MaxBytes) throw Refusal.Invalid($"A path may have at most {RepoPath.MaxBytes} bytes.");
    }
}

/// <summary>Measures trees, each once however often it stands in another: what a tree holds is counted without being walked.</summary>
sealed class TreeMeasure(Func<ObjectId, CancellationToken, ValueTask<Tree>> load)
{
    readonly Dictionary<ObjectId, TreeShape> _known = [];

    /// <param name="depth">Folders above this one; a tree deeper than any path may be is refused before it is followed further.</param>
    public async ValueTask<TreeShape> MeasureAsync(ObjectId id, int depth, CancellationToken stop)
    {
        if (_known.TryGetValue(id, out var known)) return known;
        if (depth > RepoPath.MaxDepth) throw Refusal.Invalid($"A path may have at most {RepoPath.MaxDepth} segments.");
        var shape = new TreeShape();
        foreach (var entry in (await load(id, stop)).Entries)
        {
            var name = Encoding.UTF8.GetByteCount(entry.Name);
            shape = entry.IsFolder ? shape.WithFolder(name, await MeasureAsync(entry.Id, depth + 1, stop)) : shape.WithFile(name);
        }
        return _known[id] = shape;
    }
}
