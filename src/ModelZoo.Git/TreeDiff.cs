using System.Runtime.CompilerServices;

namespace ModelZoo.Git;

/// <summary>Compares two trees file by file, without opening folders that are equal.</summary>
public static class TreeDiff
{
    /// <summary>The files that differ, in path order. A file that became a folder is removed, and the folder's files are added.</summary>
    /// <param name="load">Reads one stored tree; never asked for the empty one.</param>
    /// <param name="before">Null stands for nothing.</param>
    /// <exception cref="FormatException">Folders nest deeper than <see cref="RepoPath.MaxDepth"/>, or a name is not fit for a <see cref="RepoPath"/>.</exception>
    public static async IAsyncEnumerable<TreeChange> CompareAsync(
        Func<ObjectId, CancellationToken, ValueTask<Tree>> load, ObjectId? before, ObjectId? after, [EnumeratorCancellation] CancellationToken stop)
    {
        if (before == after) yield break;
        var open = new Stack<Pair>();
        open.Push(new("", await LoadAsync(load, before, stop), await LoadAsync(load, after, stop)));
        while (open.TryPeek(out var pair))
        {
            if (!pair.TryNext(out var old, out var now)) { open.Pop(); continue; }
            if (old == now) continue;
            var path = pair.Prefix + (old ?? now)!.Name;
            if (!(old ?? now)!.IsFolder)
            {
                yield return new(RepoPath.Parse(path), old, now);
                continue;
            }
            if (old?.Id == now?.Id) continue;
            if (open.Count >= RepoPath.MaxDepth) throw new FormatException($"The tree has more than {RepoPath.MaxDepth} nested folders.");
            open.Push(new(path + "/", await LoadAsync(load, old?.Id, stop), await LoadAsync(load, now?.Id, stop)));
        }
    }

    static ValueTask<Tree> LoadAsync(Func<ObjectId, CancellationToken, ValueTask<Tree>> load, ObjectId? id, CancellationToken stop) =>
        id is null || id == ObjectId.EmptyTree ? new(Tree.Empty) : load(id, stop);

    /// <summary>Two versions of one folder, read in step. File and folder of one name are two entries, as git orders them.</summary>
    sealed class Pair(string prefix, Tree before, Tree after)
    {
        int _before, _after;

        public string Prefix => prefix;

        public bool TryNext(out TreeEntry? old, out TreeEntry? now)
        {
            old = _before < before.Entries.Count ? before.Entries[_before] : null;
            now = _after < after.Entries.Count ? after.Entries[_after] : null;
            if (old is null && now is null) return false;
            var order = old is null ? 1 : now is null ? -1 : TreeEntry.Compare(old, now);
            if (order <= 0) _before++; else old = null;
            if (order >= 0) _after++; else now = null;
            return true;
        }
    }
}
