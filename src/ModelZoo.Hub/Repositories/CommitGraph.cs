using ModelZoo.Git;

namespace ModelZoo.Hub.Repositories;

/// <summary>A commit as a point of the graph.</summary>
sealed record GraphCommit(ObjectId Id, ObjectId Tree, IReadOnlyList<ObjectId> Parents, long Generation, long Ancestors);

/// <summary>
/// The commits of a space and their parents, read in stretches as a walk needs them. For one task and one thread at a time.
/// </summary>
sealed class CommitGraph(CommitStore commits, long spaceId)
{
    /// <summary>How far ahead of a commit is read at once.</summary>
    const int Stretch = 256;

    readonly Dictionary<ObjectId, GraphCommit?> _known = [];

    /// <summary>Makes a commit known that is not stored in columns yet.</summary>
    public void Add(GraphCommit commit) => _known[commit.Id] = commit;

    public async ValueTask<GraphCommit?> FindAsync(ObjectId id, CancellationToken stop)
    {
        if (_known.TryGetValue(id, out var known)) return known;
        Take(await commits.StretchAsync(spaceId, id, Stretch, stop));
        return _known.TryGetValue(id, out var found) ? found : _known[id] = null;
    }

    public async ValueTask<GraphCommit> GetAsync(ObjectId id, CancellationToken stop) =>
        await FindAsync(id, stop) ?? throw new MissingObjectException($"Commit {id} is missing from object space {spaceId}; run zoo fsck.");

    /// <summary>Reads many at once; what is not there is known not to be.</summary>
    public async Task PrefetchAsync(IReadOnlyCollection<ObjectId> ids, CancellationToken stop)
    {
        var unknown = ids.Where(id => !_known.ContainsKey(id)).ToList();
        if (unknown.Count < 3) return;
        Take(await commits.GraphAsync(spaceId, unknown, stop));
        foreach (var id in unknown) _known.TryAdd(id, null);
    }

    /// <summary>True when one commit is among the ancestors of another, or is it.</summary>
    public async Task<bool> LeadsToAsync(ObjectId from, ObjectId ancestor, CancellationToken stop)
    {
        if (await FindAsync(ancestor, stop) is not { } sought) return false;
        var seen = new HashSet<ObjectId> { from };
        var open = new Stack<ObjectId>([from]);
        while (open.TryPop(out var id))
        {
            if (id == ancestor) return true;
            if (await FindAsync(id, stop) is not { } commit || commit.Generation <= sought.Generation) continue;
            foreach (var parent in commit.Parents)
                if (seen.Add(parent)) open.Push(parent);
        }
        return false;
    }

    /// <summary>
    /// The nearest commit that two histories share; null when they share none. Where there are several that none of the others leads to,
    /// one of them.
    /// </summary>
    public async Task<ObjectId?> FindMergeBaseAsync(ObjectId one, ObjectId other, CancellationToken stop)
    {
        // Newest generation first: when a commit comes up, all that lead to it have left their marks on it.
        var marks = new Dictionary<ObjectId, int>();
        var open = new PriorityQueue<ObjectId, long>();
        async Task MeetAsync(ObjectId id, int mark)
        {
            if (!marks.TryGetValue(id, out var before)) open.Enqueue(id, -(await GetAsync(id, stop)).Generation);
            marks[id] = before | mark;
        }
        await MeetAsync(one, 1);
        await MeetAsync(other, 2);
        while (open.TryDequeue(out var id, out _))
        {
            if (marks[id] == 3) return id;
            foreach (var parent in (await GetAsync(id, stop)).Parents) await MeetAsync(parent, marks[id]);
        }
        return null;
    }

    /// <summary>How many commits the histories of a commit's parents have together, itself counted: merges make them overlap.</summary>
    public async Task<long> CountAncestorsAsync(IReadOnlyList<ObjectId> parents, CancellationToken stop)
    {
        if (parents.Count == 0) return 1;
        var count = (await GetAsync(parents[0], stop)).Ancestors + 1;
        if (parents.Count == 1) return count;
        // Newest generation first; a commit that the first parent leads to is painted before any of its ancestors is looked at.
        var inFirst = new Dictionary<ObjectId, bool>();
        var open = new PriorityQueue<ObjectId, long>();
        var unpainted = 0;
        async Task MeetAsync(ObjectId id, bool isFirst)
        {
            if (!inFirst.TryGetValue(id, out var painted))
            {
                inFirst[id] = isFirst;
                if (!isFirst) unpainted++;
                open.Enqueue(id, -(await GetAsync(id, stop)).Generation);
            }
            else if (isFirst && !painted)
            {
                inFirst[id] = true;
                unpainted--;
            }
        }
        await MeetAsync(parents[0], true);
        foreach (var other in parents.Skip(1)) await MeetAsync(other, false);
        while (unpainted > 0 && open.TryDequeue(out var id, out _))
        {
            var isFirst = inFirst[id];
            if (!isFirst)
            {
                unpainted--;
                count++;
            }
            foreach (var parent in (await GetAsync(id, stop)).Parents) await MeetAsync(parent, isFirst);
        }
        return count;
    }

    void Take(IEnumerable<GraphCommit> found)
    {
        foreach (var commit in found) _known.TryAdd(commit.Id, commit);
    }
}
