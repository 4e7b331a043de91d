using ModelZoo.Git;
using ModelZoo.Git.Packs;

namespace ModelZoo.Hub.Repositories.Pushes;

/// <summary>What of a pack the accepted commands lead to: only that is stored.</summary>
sealed class PushedContent(UnpackedPack pack, PushedFiles files)
{
    readonly HashSet<ObjectId> _used = [];

    public IReadOnlyCollection<ObjectId> Used => _used;

    /// <summary>Large content that becomes part of the repository, each with a path where it stands.</summary>
    public Dictionary<Digest, string> Links { get; } = [];

    public void Add(ObjectId tip)
    {
        var commits = new Stack<ObjectId>([tip]);
        while (commits.TryPop(out var id))
        {
            if (!pack.TryFind(id, out var item) || !_used.Add(id)) continue;
            var content = pack.Read(item);
            if (item.Type == ObjectType.Tag)
            {
                commits.Push(Tag.Parse(content).Target);
                continue;
            }
            var commit = Commit.Parse(content);
            foreach (var parent in commit.Parents) commits.Push(parent);
            AddTree(commit.Tree);
        }
    }

    void AddTree(ObjectId root)
    {
        var open = new Stack<(ObjectId Id, string Path)>([(root, "")]);
        while (open.TryPop(out var next))
        {
            if (!pack.TryRead(next.Id, ObjectType.Tree, out var content) || !_used.Add(next.Id)) continue;
            foreach (var entry in Tree.Parse(content).Entries)
            {
                if (entry.IsFolder) open.Push((entry.Id, $"{next.Path}{entry.Name}/"));
                else if (entry.Mode != EntryMode.Submodule && pack.Has(entry.Id) && _used.Add(entry.Id) && files.Pointers.TryGetValue(entry.Id, out var pointer))
                    Links.TryAdd(pointer.Digest, next.Path + entry.Name);
            }
        }
    }

    /// <summary>The objects to store, in pieces of bounded size.</summary>
    public IEnumerable<IReadOnlyList<StoredObject>> Batches(int batchBytes)
    {
        var batch = new List<StoredObject>();
        long bytes = 0;
        foreach (var id in _used)
        {
            var item = pack.Objects[id];
            batch.Add(new(id, item.Type, pack.Read(item), files.Pointers.GetValueOrDefault(id)));
            if ((bytes += item.SizeBytes) < batchBytes && batch.Count < 5_000) continue;
            yield return batch;
            (bytes, batch) = (0, []);
        }
        if (batch.Count > 0) yield return batch;
    }
}
