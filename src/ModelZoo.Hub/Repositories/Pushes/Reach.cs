using ModelZoo.Git;

namespace ModelZoo.Hub.Repositories.Pushes;

/// <summary>
/// What one repository's references lead to. Several repositories may share a space of objects, so that an object is stored says
/// nothing: who names it in a push must have it already. Searches only as far as it takes to say yes.
/// </summary>
sealed class Reach(Repository repository, IReadOnlyList<Reference> references, CommitGraph graph, TreeReader trees, GitObjectStore objects)
{
    readonly HashSet<string> _targets = [.. references.Select(reference => reference.TargetId)];
    readonly HashSet<ObjectId> _commits = [];
    readonly PriorityQueue<GraphCommit, long> _openCommits = new();
    readonly HashSet<ObjectId> _searched = [];
    readonly Queue<ObjectId> _openHistory = new();
    readonly HashSet<ObjectId> _objects = [];
    bool _begun, _historyBegun;

    public async ValueTask<bool> HasCommitAsync(ObjectId id, CancellationToken stop)
    {
        if (!_begun)
        {
            _begun = true;
            ObjectId[] tips = [.. references.Select(reference => ObjectId.Parse(reference.CommitId)).Distinct()];
            await graph.PrefetchAsync(tips, stop);
            foreach (var tip in tips) await MeetAsync(tip, stop);
        }
        if (_commits.Contains(id)) return true;
        if (await graph.FindAsync(id, stop) is not { } sought) return false;
        while (_openCommits.TryPeek(out var next, out _) && next.Generation > sought.Generation)
        {
            _openCommits.Dequeue();
            foreach (var parent in next.Parents) await MeetAsync(parent, stop);
        }
        return _commits.Contains(id);
    }

    /// <summary>An annotated tag that a reference holds.</summary>
    public bool HasTag(ObjectId id) => _targets.Contains(id.Hex);

    /// <summary>A tree or blob in some commit of this repository: first where the references stand, then back through the history.</summary>
    public async ValueTask<bool> HasObjectAsync(ObjectId id, CancellationToken stop)
    {
        if (id == ObjectId.EmptyTree || _objects.Contains(id)) return true;
        if (!(await objects.FactsAsync(repository.SpaceId, [id], stop)).ContainsKey(id)) return false;
        if (!_historyBegun)
        {
            _historyBegun = true;
            foreach (var reference in references) Search(ObjectId.Parse(reference.CommitId));
        }
        while (!_objects.Contains(id) && _openHistory.TryDequeue(out var next))
        {
            if (await graph.FindAsync(next, stop) is not { } commit) continue;
            await CollectAsync(commit.Tree, stop);
            foreach (var parent in commit.Parents) Search(parent);
        }
        return _objects.Contains(id);
    }

    /// <summary>An object that a delta of this repository's push may build on.</summary>
    public async ValueTask<(ObjectType Type, byte[] Content)?> FindAsync(ObjectId id, CancellationToken stop)
    {
        if (await objects.FindTypedAsync(repository.SpaceId, id, stop) is not var (type, content)) return null;
        var isOurs = type switch
        {
            ObjectType.Commit => await HasCommitAsync(id, stop),
            ObjectType.Tag => HasTag(id),
            _ => await HasObjectAsync(id, stop),
        };
        return isOurs ? (type, content) : null;
    }

    void Search(ObjectId commit)
    {
        if (_searched.Add(commit)) _openHistory.Enqueue(commit);
    }

    async ValueTask MeetAsync(ObjectId id, CancellationToken stop)
    {
        if (_commits.Add(id) && await graph.FindAsync(id, stop) is { } commit) _openCommits.Enqueue(commit, -commit.Generation);
    }

    async ValueTask CollectAsync(ObjectId root, CancellationToken stop)
    {
        var open = new Stack<ObjectId>();
        if (_objects.Add(root)) open.Push(root);
        while (open.TryPop(out var id))
            foreach (var entry in (await trees.GetAsync(repository.SpaceId, id, stop)).Entries)
                if (entry.Mode != EntryMode.Submodule && _objects.Add(entry.Id) && entry.IsFolder) open.Push(entry.Id);
    }
}
