using ModelZoo.Git;
using ModelZoo.Hub.Kernel;

namespace ModelZoo.Hub.Repositories;

/// <summary>Applies a draft's operations to a tree, in order, and says what does not fit in words a person can act on.</summary>
/// <param name="pointers">Pointer blobs of the draft's large files.</param>
sealed class TreeEdit(Func<ObjectId, CancellationToken, ValueTask<Tree>> load, ObjectId root, IReadOnlyDictionary<Digest, StoredObject> pointers)
{
    readonly TreeEditor _editor = new(load, root);

    /// <param name="headId">For refusals about entries that are not there.</param>
    public async Task<EditedTree> ApplyAsync(IReadOnlyList<FileOperation> operations, string headId, CancellationToken stop)
    {
        var added = new List<RepoPath>();
        try
        {
            // Removals first, so that a file may become a folder and a folder be replaced in one commit.
            foreach (var operation in operations.OrderBy(o => o is not (DeletePath or DeleteIfPresent)))
            {
                switch (operation)
                {
                    case PutFile put:
                        await PutAsync(put.Path, put.Blob, stop);
                        added.Add(put.Path);
                        break;
                    case PutLarge large:
                        await PutAsync(large.Path, pointers[large.Digest].Id, stop);
                        added.Add(large.Path);
                        break;
                    case DeleteIfPresent delete:
                        await _editor.RemoveAsync(delete.Path, stop);
                        break;
                    case DeletePath delete when !await _editor.RemoveAsync(delete.Path, stop):
                        throw new Refusal(RefusalKind.NotFound, $"A file with this name doesn't exist: {delete.Path}")
                        {
                            Missing = MissingThing.Entry, CommitId = headId.Length > 0 ? headId : null,
                        };
                }
            }
        }
        catch (PathConflictException conflict)
        {
            throw new Refusal(RefusalKind.Unprocessable, conflict.Message);
        }
        var edited = await _editor.FinishAsync(stop);
        await RefuseTwinsAsync(load, edited, added, stop);
        return edited;
    }

    /// <summary>Replacing a file keeps its executable bit, as git does when the content alone changes.</summary>
    async Task PutAsync(RepoPath path, ObjectId blob, CancellationToken stop)
    {
        var before = await _editor.FindAsync(path, stop);
        await _editor.PutAsync(path, before?.Mode is EntryMode.Executable ? EntryMode.Executable : EntryMode.File, blob, stop);
    }

    /// <summary>
    /// Two names that differ only in case or in Unicode composition are one file on the disks of many who clone: the
    /// second would silently overwrite the first there.
    /// </summary>
    internal static async Task RefuseTwinsAsync(
        Func<ObjectId, CancellationToken, ValueTask<Tree>> load, EditedTree edited, IReadOnlyList<RepoPath> added, CancellationToken stop)
    {
        var fresh = edited.NewTrees.ToDictionary(tree => tree.Id, tree => tree.Content);
        async ValueTask<Tree> LoadAsync(ObjectId id) =>
            id == ObjectId.EmptyTree ? Tree.Empty : fresh.TryGetValue(id, out var content) ? Tree.Parse(content) : await load(id, stop);

        var checkedFolders = new HashSet<string>();
        foreach (var path in added)
        {
            var (folder, at) = (edited.Root, "");
            foreach (var segment in path.Segments)
            {
                var tree = await LoadAsync(folder);
                if (checkedFolders.Add(at)) RefuseTwins(tree, at);
                if (tree.Find(segment) is not { Mode: EntryMode.Folder } next) break;
                (folder, at) = (next.Id, at + segment + "/");
            }
        }
    }

    /// <param name="at">The folder's path with a slash at its end; empty for the root.</param>
    internal static void RefuseTwins(Tree tree, string at)
    {
        var names = new Dictionary<string, string>(tree.Entries.Count);
        foreach (var entry in tree.Entries)
            if (!names.TryAdd(PathFolding.Fold(entry.Name), entry.Name))
                throw new Refusal(RefusalKind.Unprocessable,
                    $"'{at}{entry.Name}' differs from '{names[PathFolding.Fold(entry.Name)]}' in the same folder only in case or Unicode form; "
                    + "many file systems cannot hold both. Choose another name or delete the other file first.");
    }
}
