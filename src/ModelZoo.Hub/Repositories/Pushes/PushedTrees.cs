using System.Text;
using ModelZoo.Git;
using ModelZoo.Git.Packs;
using ModelZoo.Hub.Kernel;

namespace ModelZoo.Hub.Repositories.Pushes;

/// <summary>
/// Checks the trees of a push as an API commit's would be, each once. What a tree refers to is in the pack, or stands at the same
/// place in a parent's tree, or is found elsewhere in this repository.
/// </summary>
sealed class PushedTrees(UnpackedPack pack, TreeReader stored, Reach reach, long spaceId, PushedFiles files)
{
    readonly Dictionary<ObjectId, TreeShape> _checked = [];
    readonly Dictionary<ObjectId, Tree> _parsed = [];
    readonly TreeMeasure _measure = new(stored.Loader(spaceId));

    /// <param name="parents">Root trees of the commit's parents, all checked before.</param>
    /// <returns>False when files in it were refused; <see cref="PushedFiles"/> says which.</returns>
    /// <exception cref="Refusal">The tree itself cannot be taken.</exception>
    public async Task<bool> CheckRootAsync(ObjectId root, IReadOnlyList<ObjectId> parents, CancellationToken stop)
    {
        var shape = await CheckAsync(root, "", parents, 0, stop);
        shape.RequirePossible();
        return !shape.IsRefused;
    }

    /// <summary>A tree that was checked or is stored.</summary>
    public ValueTask<Tree> GetAsync(ObjectId id, CancellationToken stop) => pack.Has(id) ? new(Parse(id, "")) : stored.GetAsync(spaceId, id, stop);

    async ValueTask<TreeShape> CheckAsync(ObjectId id, string path, IReadOnlyList<ObjectId> counterparts, int depth, CancellationToken stop)
    {
        if (_checked.TryGetValue(id, out var known)) return known;
        if (depth > RepoPath.MaxDepth) throw Refusal.Invalid($"A path may have at most {RepoPath.MaxDepth} segments.");
        if (!pack.Has(id))
        {
            if (!counterparts.Contains(id)) await RequireAsync(id, path, stop);
            return await _measure.MeasureAsync(id, depth, stop);
        }
        stop.ThrowIfCancellationRequested();
        var tree = Parse(id, path);
        TreeEdit.RefuseTwins(tree, path);
        var others = new List<Tree>(counterparts.Count);
        foreach (var counterpart in counterparts) others.Add(await GetAsync(counterpart, stop));
        var shape = new TreeShape();
        foreach (var entry in tree.Entries)
        {
            var name = Encoding.UTF8.GetByteCount(entry.Name);
            if (entry.IsFolder)
            {
                ObjectId[] below = [.. others.Select(other => other.Find(entry.Name)).Where(same => same is { IsFolder: true }).Select(same => same!.Id)];
                shape = shape.WithFolder(name, await CheckAsync(entry.Id, $"{path}{entry.Name}/", below, depth + 1, stop));
                continue;
            }
            var refused = entry.Mode != EntryMode.Submodule && await IsRefusedAsync(entry, path, others, stop);
            shape = shape.WithFile(name, refused);
        }
        return _checked[id] = shape;
    }

    async ValueTask<bool> IsRefusedAsync(TreeEntry entry, string path, List<Tree> others, CancellationToken stop)
    {
        if (pack.TryFind(entry.Id, out var item))
        {
            if (item.Type != ObjectType.Blob) throw Refusal.Invalid($"'{path}{entry.Name}' is a {item.Type.ToWord()} where a file should be.");
            return files.IsRefused(entry.Id, item, path + entry.Name);
        }
        if (!others.Any(other => other.Find(entry.Name) is { IsFolder: false } same && same.Id == entry.Id)) await RequireAsync(entry.Id, path + entry.Name, stop);
        return false;
    }

    /// <summary>The same words whether the object is somebody else's or nobody's.</summary>
    async ValueTask RequireAsync(ObjectId id, string path, CancellationToken stop)
    {
        if (!await reach.HasObjectAsync(id, stop))
            throw Refusal.Invalid($"The object {id}{(path.Length > 0 ? $" of '{path.TrimEnd('/')}'" : "")} is neither in the push nor in this repository.");
    }

    Tree Parse(ObjectId id, string path)
    {
        if (_parsed.TryGetValue(id, out var known)) return known;
        if (!pack.TryRead(id, ObjectType.Tree, out var content)) throw Refusal.Invalid($"{id} is not a tree, which '{path.TrimEnd('/')}' should be.");
        try
        {
            return _parsed[id] = ObjectSyntax.CheckTree(content);
        }
        catch (FormatException error)
        {
            throw Refusal.Invalid(path.Length > 0 ? $"The folder '{path.TrimEnd('/')}' cannot be taken: {error.Message}" : $"The root folder cannot be taken: {error.Message}");
        }
    }
}
