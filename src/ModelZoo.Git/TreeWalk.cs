using System.Runtime.CompilerServices;

namespace ModelZoo.Git;

/// <summary>Reads a tree with everything below it.</summary>
public static class TreeWalk
{
    /// <summary>Every file (link, submodule) in path order. Nothing when <paramref name="below"/> is absent; itself when it is a file.</summary>
    /// <param name="load">Reads one stored tree; never asked for the empty one.</param>
    /// <param name="below">The folder to walk; null for the root.</param>
    /// <exception cref="FormatException">Folders nest deeper than <see cref="RepoPath.MaxDepth"/>, or a name is not fit for a <see cref="RepoPath"/>.</exception>
    public static async IAsyncEnumerable<(RepoPath Path, TreeEntry Entry)> FilesAsync(
        Func<ObjectId, CancellationToken, ValueTask<Tree>> load, ObjectId root, RepoPath? below, [EnumeratorCancellation] CancellationToken stop)
    {
        var start = root;
        if (below is not null)
        {
            if (await FindAsync(load, root, below, stop) is not { } entry) yield break;
            if (!entry.IsFolder)
            {
                yield return (below, entry);
                yield break;
            }
            start = entry.Id;
        }
        var depth = below?.Segments.Length ?? 0;
        var open = new Stack<(string Prefix, IEnumerator<TreeEntry> Entries)>();
        open.Push((below is null ? "" : below.Value + "/", (await LoadAsync(load, start, stop)).Entries.GetEnumerator()));
        while (open.TryPeek(out var folder))
        {
            if (!folder.Entries.MoveNext()) { open.Pop(); continue; }
            var entry = folder.Entries.Current;
            var path = folder.Prefix + entry.Name;
            if (!entry.IsFolder)
            {
                yield return (RepoPath.Parse(path), entry);
                continue;
            }
            if (depth + open.Count >= RepoPath.MaxDepth) throw new FormatException($"The tree has more than {RepoPath.MaxDepth} nested folders.");
            open.Push((path + "/", (await LoadAsync(load, entry.Id, stop)).Entries.GetEnumerator()));
        }
    }

    /// <summary>The entry at a path, or null.</summary>
    public static async ValueTask<TreeEntry?> FindAsync(
        Func<ObjectId, CancellationToken, ValueTask<Tree>> load, ObjectId root, RepoPath path, CancellationToken stop)
    {
        var entry = new TreeEntry("root", EntryMode.Folder, root);
        foreach (var segment in path.Segments)
        {
            if (!entry.IsFolder || (await LoadAsync(load, entry.Id, stop)).Find(segment) is not { } inner) return null;
            entry = inner;
        }
        return entry;
    }

    static ValueTask<Tree> LoadAsync(Func<ObjectId, CancellationToken, ValueTask<Tree>> load, ObjectId id, CancellationToken stop) =>
        id == ObjectId.EmptyTree ? new(Tree.Empty) : load(id, stop);
}
