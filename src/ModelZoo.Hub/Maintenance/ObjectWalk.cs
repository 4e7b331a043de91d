using ModelZoo.Git;
using ModelZoo.Hub.Repositories;

namespace ModelZoo.Hub.Maintenance;

/// <summary>Something that an object refers to and that is not there, or cannot be read.</summary>
sealed record MissingObject(ObjectId Id, string Type, string NeededBy, string? Problem = null);

/// <summary>
/// Everything that can be reached in one space from commits and tags: tags, commits, trees, blobs. Reads each object once,
/// from the objects themselves and not from columns derived from them.
/// </summary>
sealed class ObjectWalk(GitObjectStore objects, long spaceId, IReadOnlyDictionary<ObjectId, ObjectRow> index)
{
    /// <summary>Objects read in one query: trees and commits are small, mostly.</summary>
    const int Batch = 100;

    public HashSet<ObjectId> Seen { get; } = [];

    public Dictionary<ObjectId, Commit> Commits { get; } = [];

    public Dictionary<ObjectId, Tag> Tags { get; } = [];

    /// <summary>What the pointers among the blobs point to, each with one pointer that does.</summary>
    public Dictionary<string, ObjectRow> Pointers { get; } = [];

    public List<MissingObject> Missing { get; } = [];

    public async Task RunAsync(IEnumerable<(ObjectId Id, string NeededBy)> roots, CancellationToken stop)
    {
        var commits = new Queue<(ObjectId Id, string NeededBy)>();
        var trees = new Queue<(ObjectId Id, string NeededBy)>();
        foreach (var (id, neededBy) in roots) Meet(id, "commit", neededBy, commits);
        while (commits.Count > 0)
            foreach (var (id, _, content) in await TakeAsync(commits, stop))
                Try(id, index[id].Type, () => TakeHistory(id, content, commits, trees));
        while (trees.Count > 0)
            foreach (var (id, _, content) in await TakeAsync(trees, stop))
                Try(id, "tree", () => TakeTree(id, content, trees));
    }

    void TakeHistory(ObjectId id, byte[] content, Queue<(ObjectId, string)> commits, Queue<(ObjectId, string)> trees)
    {
        if (index[id].Type == "tag")
        {
            var tag = Tag.Parse(content);
            Tags[id] = tag;
            Meet(tag.Target, "commit", $"tag {id}", commits);
            return;
        }
        var commit = Commit.Parse(content);
        Commits[id] = commit;
        Meet(commit.Tree, "tree", $"commit {id}", trees);
        foreach (var parent in commit.Parents) Meet(parent, "commit", $"commit {id}", commits);
    }

    void TakeTree(ObjectId id, byte[] content, Queue<(ObjectId, string)> trees)
    {
        foreach (var entry in Tree.Parse(content).Entries)
        {
            if (entry.Mode == EntryMode.Submodule) continue;
            Meet(entry.Id, entry.IsFolder ? "tree" : "blob", $"tree {id}", entry.IsFolder ? trees : null);
        }
    }

    void Meet(ObjectId id, string type, string neededBy, Queue<(ObjectId, string)>? further)
    {
        if (id == ObjectId.EmptyTree || !Seen.Add(id)) return;
        if (!index.TryGetValue(id, out var row))
        {
            Missing.Add(new(id, type, neededBy));
            return;
        }
        if (row.Type != type && !(row.Type == "tag" && type == "commit")) Missing.Add(new(id, type, neededBy, $"is stored as a {row.Type}"));
        else if (further is not null) further.Enqueue((id, neededBy));
        else if (row.LfsDigest is { } digest) Pointers[digest] = row;
    }

    async Task<List<(ObjectId Id, string NeededBy, byte[] Content)>> TakeAsync(Queue<(ObjectId Id, string NeededBy)> queue, CancellationToken stop)
    {
        var wanted = new List<(ObjectId Id, string NeededBy)>(Batch);
        while (wanted.Count < Batch && queue.TryDequeue(out var next)) wanted.Add(next);
        var contents = await objects.ContentsAsync(spaceId, [.. wanted.Select(w => w.Id)], stop);
        var taken = new List<(ObjectId, string, byte[])>(wanted.Count);
        foreach (var (id, neededBy) in wanted)
        {
            if (contents.TryGetValue(id, out var content)) taken.Add((id, neededBy, content));
            else Missing.Add(new(id, index[id].Type, neededBy));
        }
        return taken;
    }

    void Try(ObjectId id, string type, Action read)
    {
        try
        {
            read();
        }
        catch (FormatException error)
        {
            Missing.Add(new(id, type, "", error.Message));
        }
    }
}
