using ModelZoo.Git;
using ModelZoo.Hub.Database;
using ModelZoo.Hub.Jobs;
using ModelZoo.Hub.Repositories;

namespace ModelZoo.Hub.Maintenance;

/// <summary>
/// Derives again what is derived: commits in columns, the last change of each path, all projections of the default branch's
/// head, weight summaries, totals. Running it changes nothing where nothing was wrong; a test compares.
/// </summary>
sealed class Reindexer(
    HubDatabase database, RepositoryStore repositories, ReferenceStore references, GitObjectStore objects, CommitStore commits,
    ObjectIndexStore index, TreeReader trees, LastChangeProjection lastChanges, TotalsStore totals, IEnumerable<IProjection> projections,
    IEnumerable<ILateProjection> lateProjections)
{
    /// <summary>How often a repository is derived anew because somebody committed meanwhile.</summary>
    const int Attempts = 20;

    /// <returns>How many repositories were derived anew.</returns>
    public async Task<int> RunAllAsync(JobRun run, CancellationToken stop)
    {
        var (done, total) = (0, await index.CountRepositoriesAsync(stop));
        for (long after = 0; await repositories.ListAfterAsync(after, 200, stop) is { Count: > 0 } page; after = page[^1].Id)
            foreach (var repository in page)
            {
                run.Report((double)done / Math.Max(total, 1), repository.FullName);
                await RunAsync(repository, run, stop);
                done++;
            }
        return done;
    }

    /// <summary>Derives one repository anew. False when it is gone.</summary>
    public async Task<bool> RunAsync(long repositoryId, JobRun run, CancellationToken stop)
    {
        if (await repositories.FindAsync(repositoryId, stop) is not { } repository) return false;
        await RunAsync(repository, run, stop);
        return true;
    }

    async Task RunAsync(Repository repository, JobRun run, CancellationToken stop)
    {
        for (var attempt = 1; !await TryAsync(repository, run, stop); attempt++)
        {
            if (attempt == Attempts) throw new InvalidOperationException($"{repository.FullName} changes faster than it can be read.");
            repository = await repositories.FindAsync(repository.Id, stop) ?? repository;
        }
        if (await repositories.FindAsync(repository.Id, stop) is null) return;
        foreach (var late in lateProjections) await late.RebuildAsync(repository, run, stop);
        await totals.RefreshAsync(repository.Id, stop);
    }

    /// <summary>False when a reference moved while the repository was read.</summary>
    async Task<bool> TryAsync(Repository repository, JobRun run, CancellationToken stop)
    {
        var seen = await references.ListAsync(repository.Id, stop);
        var history = await HistoryAsync(repository, seen, run, stop);
        var head = seen.FirstOrDefault(reference => reference.Name == repository.DefaultReference);
        var (paths, projected) = head is null ? ([], []) : await DeriveAsync(repository, ObjectId.Parse(head.CommitId), history, stop);
        return await database.WriteAsync(async transaction =>
        {
            await ReferenceStore.HoldAsync(transaction, repository.Id, stop);
            var now = await ReferenceStore.ListAsync(transaction, repository.Id, stop);
            if (!now.Select(r => (r.Name, r.CommitId)).SequenceEqual(seen.Select(r => (r.Name, r.CommitId)))) return false;
            // Forks read the same space: what only they lead to is theirs to derive, also when the repository was deleted meanwhile and one is left.
            var readers = await ForkStore.ReadersAsync(transaction, repository.SpaceId, stop);
            if (!readers.Contains(repository.Id)) return true;
            if (readers.Count == 1) await ObjectIndexStore.ForgetCommitsAsync(transaction, repository.SpaceId, stop);
            else await ObjectIndexStore.RemoveCommitsAsync(transaction, repository.SpaceId, [], history.Keys, stop);
            foreach (var commit in history.Values) await commits.AddAsync(transaction, repository.SpaceId, commit, stop);
            await lastChanges.ReplaceAsync(transaction, repository.Id, paths, stop);
            foreach (var rows in projected) await rows.WriteAsync(transaction, stop);
            await RepositoryStore.MarkChangedAsync(transaction, repository.Id, stop);
            return true;
        }, stop);
    }

    /// <summary>Every commit the space's references and recorded commits lead to, parents before children.</summary>
    async Task<OrderedDictionary<ObjectId, Commit>> HistoryAsync(Repository repository, IReadOnlyList<Reference> seen, JobRun run, CancellationToken stop)
    {
        var recorded = await index.RecordedAsync(repository.Id, stop);
        var found = new Dictionary<ObjectId, Commit>();
        var open = seen.Select(r => ObjectId.Parse(r.CommitId)).Concat(recorded).Distinct().ToList();
        while (open.Count > 0)
        {
            var contents = await objects.ContentsAsync(repository.SpaceId, open, stop);
            foreach (var gone in open.Where(id => !contents.ContainsKey(id))) run.Log($"{repository.FullName} lacks commit {gone}; run zoo fsck.");
            foreach (var (id, content) in contents) found[id] = Commit.Parse(content);
            open = [.. contents.Keys.SelectMany(id => found[id].Parents).Distinct().Where(id => !found.ContainsKey(id))];
        }
        return ParentsFirst(found);
    }

    static OrderedDictionary<ObjectId, Commit> ParentsFirst(Dictionary<ObjectId, Commit> found)
    {
        var ordered = new OrderedDictionary<ObjectId, Commit>(found.Count);
        var open = new Stack<ObjectId>();
        foreach (var start in found.Keys.OrderBy(id => id.Hex, StringComparer.Ordinal))
        {
            open.Push(start);
            while (open.TryPeek(out var id))
            {
                var waiting = ordered.ContainsKey(id) ? [] : found[id].Parents.Where(parent => found.ContainsKey(parent) && !ordered.ContainsKey(parent)).ToList();
                foreach (var parent in waiting) open.Push(parent);
                if (waiting.Count > 0) continue;
                open.Pop();
                ordered.TryAdd(id, found[id]);
            }
        }
        return ordered;
    }

    async Task<(Dictionary<string, string> Paths, List<IProjectedRows> Projected)> DeriveAsync(
        Repository repository, ObjectId head, OrderedDictionary<ObjectId, Commit> history, CancellationToken stop)
    {
        var line = new Stack<ObjectId>();
        for (var id = head; id is not null && history.TryGetValue(id, out var commit); id = commit.Parents.Count > 0 ? commit.Parents[0] : null) line.Push(id);
        var paths = new Dictionary<string, string>();
        for (ObjectId? before = null; line.TryPop(out var id); before = history[id].Tree)
        {
            var changes = new List<TreeChange>();
            await foreach (var change in TreeDiff.CompareAsync(trees.Loader(repository.SpaceId), before, history[id].Tree, stop)) changes.Add(change);
            LastChangeProjection.Apply(paths, id, changes);
        }
        var projected = new List<IProjectedRows>();
        var input = new ProjectionInput(repository, head, history[head].Tree, null);
        foreach (var projection in projections) projected.Add(await projection.PrepareAsync(input, stop));
        return (paths, projected);
    }
}
