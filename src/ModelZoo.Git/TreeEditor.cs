namespace ModelZoo.Git;

/// <summary>
/// Changes paths of a tree and says which trees that makes. Loads only the folders it passes. Not for use by two threads at once.
/// </summary>
/// <param name="load">Reads one stored tree; never asked for the empty one.</param>
/// <param name="root">The tree to begin with; <see cref="ObjectId.EmptyTree"/> for none.</param>
public sealed class TreeEditor(Func<ObjectId, CancellationToken, ValueTask<Tree>> load, ObjectId root)
{
    EditedFolder? _root;

    /// <summary>Adds or replaces one entry; makes the folders above it. With <see cref="EntryMode.Folder"/>, a whole stored tree.</summary>
    /// <exception cref="PathConflictException">A file stands where a folder is needed or the reverse, and was not removed before in this edit.</exception>
    public async ValueTask PutAsync(RepoPath path, EntryMode mode, ObjectId id, CancellationToken stop)
    {
        if (mode == EntryMode.Folder && id == ObjectId.EmptyTree) throw new ArgumentException("Git keeps no empty folders.", nameof(id));
        var segments = path.Segments;
        var folder = await GetRootAsync(stop);
        for (var i = 0; i < segments.Length - 1; i++)
        {
            var inner = await EnterAsync(folder, segments[i], stop);
            if (inner is null && folder.Has(segments[i]))
            {
                var inTheWay = RepoPath.Parse(string.Join('/', segments[..(i + 1)]));
                throw new PathConflictException(inTheWay, $"'{path}' cannot be added: '{inTheWay}' is a file. Remove it in the same commit first.");
            }
            folder = inner ?? folder.AddFolder(segments[i]);
        }
        if (folder.Has(path.Name) && folder.HasFolder(path.Name) != (mode == EntryMode.Folder))
        {
            throw new PathConflictException(path, mode == EntryMode.Folder
                ? $"The folder '{path}' cannot be added: a file of that name exists. Remove it in the same commit first."
                : $"The file '{path}' cannot be added: a folder of that name exists. Remove it in the same commit first.");
        }
        folder.Put(new(path.Name, mode, id));
    }

    /// <summary>Removes a file or a whole folder, and the folders above it that this leaves empty. False when nothing is there.</summary>
    public async ValueTask<bool> RemoveAsync(RepoPath path, CancellationToken stop)
    {
        var segments = path.Segments;
        var passed = new Stack<EditedFolder>();
        passed.Push(await GetRootAsync(stop));
        foreach (var segment in segments[..^1])
        {
            if (await EnterAsync(passed.Peek(), segment, stop) is not { } inner) return false;
            passed.Push(inner);
        }
        if (!passed.Peek().Has(path.Name)) return false;
        for (var i = segments.Length - 1; i >= 0; i--)
        {
            var folder = passed.Pop();
            folder.Remove(segments[i]);
            if (folder.Count > 0) break;
        }
        return true;
    }

    /// <summary>What stands at a path, with the changes made so far.</summary>
    public async ValueTask<TreeEntry?> FindAsync(RepoPath path, CancellationToken stop)
    {
        var folder = await GetRootAsync(stop);
        foreach (var segment in path.Segments[..^1])
        {
            if (await EnterAsync(folder, segment, stop) is not { } inner) return null;
            folder = inner;
        }
        return folder.Find(path.Name);
    }

    public async ValueTask<EditedTree> FinishAsync(CancellationToken stop)
    {
        var trees = new Dictionary<ObjectId, byte[]>();
        var order = new List<(ObjectId, byte[])>();
        var id = (await GetRootAsync(stop)).Write((id, content) =>
        {
            if (trees.TryAdd(id, content)) order.Add((id, content));
        });
        return new(id, order);
    }

    async ValueTask<EditedFolder> GetRootAsync(CancellationToken stop) => _root ??= new(root, await LoadAsync(root, stop));

    async ValueTask<EditedFolder?> EnterAsync(EditedFolder folder, string name, CancellationToken stop)
    {
        if (folder.FindOpened(name) is { } opened) return opened;
        if (folder.Find(name) is not { IsFolder: true } entry) return null;
        return folder.Open(entry, await LoadAsync(entry.Id, stop));
    }

    ValueTask<Tree> LoadAsync(ObjectId id, CancellationToken stop) => id == ObjectId.EmptyTree ? new(Tree.Empty) : load(id, stop);
}
