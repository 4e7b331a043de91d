using System.Text;
using ModelZoo.Git;
using ModelZoo.Hub.Kernel;

namespace ModelZoo.Hub.Repositories.Discussions;

/// <summary>Two trees that began as one, brought together.</summary>
/// <param name="Objects">What must be stored for the new root.</param>
/// <param name="Conflicts">Paths where the two cannot be brought together, in order; the root means nothing then.</param>
sealed record MergedTree(ObjectId Root, IReadOnlyList<StoredObject> Objects, IReadOnlyList<string> Conflicts);

/// <summary>
/// A merge of three trees: what one side changed and the other left alone is taken over, file by file; where both changed a text, line
/// by line. What both changed otherwise is a conflict.
/// </summary>
sealed class TreeMerge(TreeReader trees, Repository repository, IReadmeRule readmes)
{
    const int MaxConflicts = 1_000;

    /// <summary>Largest text that is merged line by line.</summary>
    const long MaxTextBytes = 1024 * 1024;

    readonly long _space = repository.SpaceId;
    readonly List<StoredObject> _merged = [];
    readonly SortedSet<string> _conflicts = new(StringComparer.Ordinal);

    /// <param name="before">What both began as; the empty tree when they have nothing in common.</param>
    /// <param name="ours">The branch that is merged into.</param>
    /// <param name="theirs">What is merged.</param>
    public async Task<MergedTree> MergeAsync(ObjectId before, ObjectId ours, ObjectId theirs, CancellationToken stop)
    {
        if (before == ours || ours == theirs) return new(theirs, [], []);
        if (before == theirs) return new(ours, [], []);
        var load = trees.Loader(_space);
        var editor = new TreeEditor(load, ours);
        var (removed, put) = (new List<RepoPath>(), new List<(RepoPath Path, EntryMode Mode, ObjectId Id)>());
        await foreach (var change in TreeDiff.CompareAsync(load, before, theirs, stop))
        {
            var now = await editor.FindAsync(change.Path, stop);
            if (IsSame(now, change.After) || (change.After is null && now is { IsFolder: true })) continue;
            if (IsSame(now, change.Before) && change.After is null) removed.Add(change.Path);
            else if (IsSame(now, change.Before)) put.Add((change.Path, change.After!.Mode, change.After.Id));
            else if (await FindTextAsync(change, now, stop) is { } text) put.Add((change.Path, text.Mode, text.Id));
            else _conflicts.Add(change.Path.Value);
            if (_conflicts.Count >= MaxConflicts) break;
        }
        foreach (var path in removed) await editor.RemoveAsync(path, stop);
        foreach (var (path, mode, id) in put)
        {
            try
            {
                await editor.PutAsync(path, mode, id, stop);
            }
            catch (PathConflictException conflict)
            {
                _conflicts.Add(conflict.Path.Value);
            }
        }
        if (_conflicts.Count > 0) return new(ours, [], [.. _conflicts]);
        var edited = await editor.FinishAsync(stop);
        try
        {
            await TreeEdit.RefuseTwinsAsync(load, edited, [.. put.Select(file => file.Path)], stop);
        }
        catch (Refusal twins) when (twins.Kind == RefusalKind.Unprocessable)
        {
            return new(ours, [], await TwinsAsync(put, ours, load, stop));
        }
        return new(edited.Root, [.. _merged, .. edited.NewTrees.Select(tree => StoredObject.Tree(tree.Id, tree.Content))], []);
    }

    static bool IsSame(TreeEntry? one, TreeEntry? other) => one?.Id == other?.Id && one?.Mode == other?.Mode;

    /// <summary>Both sides changed a file: their texts merged, when that can be done.</summary>
    async Task<(EntryMode Mode, ObjectId Id)?> FindTextAsync(TreeChange change, TreeEntry? ours, CancellationToken stop)
    {
        if (change is not { Before: { } before, After: { } theirs } || ours is null) return null;
        if (!IsFile(before) || !IsFile(theirs) || !IsFile(ours)) return null;
        var mode = ours.Mode == before.Mode ? theirs.Mode : ours.Mode;
        if (ours.Id == before.Id) return (mode, theirs.Id);
        if (theirs.Id == before.Id || theirs.Id == ours.Id) return (mode, ours.Id);
        if (await TextAsync(before, stop) is not { } text || await TextAsync(ours, stop) is not { } mine || await TextAsync(theirs, stop) is not { } other
            || TextMerge.Merge(text, mine, other) is not { } merged) return null;
        var content = Encoding.UTF8.GetBytes(merged);
        if (change.Path.Value == "README.md" && readmes.Problems(repository.Kind, content).Count > 0) return null;
        var blob = StoredObject.Blob(content);
        _merged.Add(blob);
        return (mode, blob.Id);
    }

    static bool IsFile(TreeEntry entry) => entry.Mode is EntryMode.File or EntryMode.Executable;

    /// <summary>Null for what is no text, or large, or stands for large content.</summary>
    async Task<string?> TextAsync(TreeEntry entry, CancellationToken stop)
    {
        var content = await trees.GetContentAsync(_space, entry.Id, stop);
        return content.Length > MaxTextBytes || TextDiff.IsBinary(content) || StoredObject.Blob(content).Pointer is not null ? null : Encoding.UTF8.GetString(content);
    }

    /// <summary>Names that came from one side and differ only in case or Unicode form from names of the other.</summary>
    static async Task<IReadOnlyList<string>> TwinsAsync(
        List<(RepoPath Path, EntryMode Mode, ObjectId Id)> put, ObjectId ours, Func<ObjectId, CancellationToken, ValueTask<Tree>> load, CancellationToken stop)
    {
        var folded = new HashSet<string>();
        await foreach (var change in TreeDiff.CompareAsync(load, null, ours, stop)) folded.Add(PathFolding.Fold(change.Path.Value));
        string[] twins = [.. put.Select(file => file.Path.Value).Where(path => folded.Contains(PathFolding.Fold(path))).Order(StringComparer.Ordinal).Take(MaxConflicts)];
        return twins.Length > 0 ? twins : [.. put.Select(file => file.Path.Value).Take(1)];
    }
}
