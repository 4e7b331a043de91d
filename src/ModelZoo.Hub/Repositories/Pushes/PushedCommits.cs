using ModelZoo.Git;
using ModelZoo.Git.Packs;
using ModelZoo.Hub.Kernel;

namespace ModelZoo.Hub.Repositories.Pushes;

/// <summary>Checks the commits of a push, parents first, each once, and finds their places in the graph.</summary>
sealed class PushedCommits(UnpackedPack pack, PushedTrees trees, CommitGraph graph, Reach reach)
{
    /// <summary>Longest commit object: its message is shown on pages and kept in a column.</summary>
    const int MaxBytes = 1024 * 1024;

    const int MaxParents = 64;

    readonly Dictionary<ObjectId, Commit> _parsed = [];
    readonly Dictionary<ObjectId, string?> _problems = [];
    readonly List<(Commit Commit, GraphCommit Place)> _order = [];

    /// <summary>All commits of the push that were found good, parents before children.</summary>
    public IReadOnlyList<(Commit Commit, GraphCommit Place)> Good => _order;

    /// <summary>Why this commit, or one before it, cannot be taken; null when it can.</summary>
    public async Task<string?> CheckAsync(ObjectId tip, CancellationToken stop)
    {
        var open = new Stack<ObjectId>([tip]);
        while (open.TryPeek(out var id))
        {
            if (_problems.ContainsKey(id))
            {
                open.Pop();
                continue;
            }
            if (!pack.TryFind(id, out var item))
            {
                open.Pop();
                _problems[id] = await reach.HasCommitAsync(id, stop) ? null
                    : $"The commit {id} is neither in the push nor in this repository. From a shallow clone, get the rest first: git fetch --unshallow";
                continue;
            }
            var problem = Parse(id, item, out var commit);
            var waiting = problem is null ? commit!.Parents.Where(parent => !_problems.ContainsKey(parent)).ToList() : [];
            if (waiting.Count > 0)
            {
                foreach (var parent in waiting) open.Push(parent);
                continue;
            }
            open.Pop();
            problem ??= commit!.Parents.Select(parent => _problems[parent]).FirstOrDefault(inherited => inherited is not null);
            _problems[id] = problem ?? await CheckAsync(id, commit!, stop);
        }
        return _problems[tip];
    }

    async Task<string?> CheckAsync(ObjectId id, Commit commit, CancellationToken stop)
    {
        try
        {
            var parents = new List<GraphCommit>(commit.Parents.Count);
            foreach (var parent in commit.Parents) parents.Add(await graph.GetAsync(parent, stop));
            if (!await trees.CheckRootAsync(commit.Tree, [.. parents.Select(parent => parent.Tree).Distinct()], stop)) return $"Commit {Short(id)} has files that cannot be taken (see the words before).";
            var place = new GraphCommit(id, commit.Tree, commit.Parents, 1 + parents.Select(parent => parent.Generation).DefaultIfEmpty(0).Max(), await graph.CountAncestorsAsync(commit.Parents, stop));
            graph.Add(place);
            _order.Add((commit, place));
            return null;
        }
        catch (Refusal refusal)
        {
            return $"Commit {Short(id)}: {refusal.Message}";
        }
    }

    string? Parse(ObjectId id, PackedObject item, out Commit? commit)
    {
        if (_parsed.TryGetValue(id, out commit)) return null;
        if (item.Type != ObjectType.Commit) return $"{id} is a {item.Type.ToWord()} where a commit should be.";
        if (item.SizeBytes > MaxBytes) return $"Commit {Short(id)} has {item.SizeBytes} bytes; at most {MaxBytes} are taken.";
        try
        {
            var content = pack.Read(item);
            ObjectSyntax.CheckCommit(content);
            commit = Commit.Parse(content);
            if (commit.Parents.Count > MaxParents) return $"Commit {Short(id)} has {commit.Parents.Count} parents; at most {MaxParents} are taken.";
            _parsed[id] = commit;
            return null;
        }
        catch (FormatException error)
        {
            return $"Commit {Short(id)} cannot be taken: {error.Message}";
        }
    }

    /// <summary>Where an update meets what was there: the tree of the nearest first parent that the push did not bring; null when there is none.</summary>
    public async Task<ObjectId?> BaseTreeAsync(ObjectId tip, CancellationToken stop)
    {
        ObjectId? id = tip;
        while (id is not null && pack.Has(id)) id = _parsed[id].Parents.Count > 0 ? _parsed[id].Parents[0] : null;
        return id is null ? null : (await graph.GetAsync(id, stop)).Tree;
    }

    static string Short(ObjectId id) => id.Hex[..10];
}
