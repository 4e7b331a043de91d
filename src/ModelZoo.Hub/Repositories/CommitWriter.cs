using System.Collections.Concurrent;
using System.Data.Common;
using ModelZoo.Git;
using ModelZoo.Hub.Accounts;
using ModelZoo.Hub.Database;
using ModelZoo.Hub.Jobs;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Repositories.Access;

namespace ModelZoo.Hub.Repositories;

/// <summary>A commit that is computed and whose objects are durable; applying it moves the branch.</summary>
sealed record PreparedCommit(
    Repository Repository, string Reference, ObjectId? Head, Commit Commit, IReadOnlyList<TreeChange> Changes,
    IReadOnlyList<(Digest Digest, string Path)> Links, IReadOnlyList<IProjectedRows> Projected)
{
    /// <summary>Objects that must still be stored when the branch moves: the commit, and what it has that the one before had not.</summary>
    public IReadOnlyCollection<ObjectId> Needs { get; init; } = [];

    /// <summary>Who moves the reference; null when the hub does by itself.</summary>
    public Account? By { get; init; }

    /// <summary>All commits that become known, parents first, when it is not this one alone.</summary>
    public IReadOnlyList<(Commit Commit, GraphCommit Place)>? History { get; init; }

    /// <summary>What the series of commits does to the last changes, when it is not this one alone.</summary>
    public LastChanges? LastChanges { get; init; }
}

/// <summary>
/// Writes commits. Objects first, each durable; then one transaction that moves the reference by compare-and-set, links
/// blobs, replaces projections and enqueues jobs. A crash at any instant leaves the old state or the new one.
/// </summary>
sealed class CommitWriter(
    HubDatabase database, GitObjectStore objects, TreeReader trees, ReferenceStore references, CommitStore commits, BlobLinkStore links,
    LastChangeProjection lastChanges, IEnumerable<IProjection> projections, IEnumerable<ICommitFollower> followers, JobBell bell, TimeProvider time)
{
    /// <summary>How often a commit without a parent check is computed anew when other nodes keep moving the branch.</summary>
    const int Attempts = 50;

    /// <summary>Commits to one repository take turns on this node; across nodes the compare-and-set decides.</summary>
    readonly ConcurrentDictionary<long, SemaphoreSlim> _turns = new();

    /// <summary>Runs what writes to a repository alone on this node.</summary>
    public async Task<T> InTurnAsync<T>(WritableRepository repository, Func<Task<T>> write, CancellationToken stop)
    {
        var turn = _turns.GetOrAdd(repository.Id % 1024, _ => new(1, 1));
        await turn.WaitAsync(stop);
        try
        {
            return await write();
        }
        finally
        {
            turn.Release();
        }
    }

    public Task<CommitOutcome> WriteAsync(WritableRepository repository, string reference, CommitDraft draft, CancellationToken stop) =>
        InTurnAsync(repository, () => WriteAloneAsync(repository, reference, draft, stop), stop);

    async Task<CommitOutcome> WriteAloneAsync(WritableRepository repository, string reference, CommitDraft draft, CancellationToken stop)
    {
        try
        {
            for (var attempt = 1; attempt <= Attempts; attempt++)
            {
                var current = await references.FindAsync(repository.Id, reference, stop)
                    ?? throw Refusal.RevisionNotFound(reference);
                var head = ObjectId.Parse(current.CommitId);
                if (draft.Parent is { } parent && parent != head) return new CommitOutcome.Stale(head);

                var prepared = await PrepareAsync(repository, reference, head, draft, stop);
                if (!await database.WriteAsync(transaction => ApplyAsync(transaction, prepared, stop), stop)) continue;
                bell.Ring();
                ZooMeter.CommitsWritten.Add(1);
                return new CommitOutcome.Written(prepared.Commit, reference);
            }
            throw new Refusal(RefusalKind.Unavailable, "The branch is moving too fast; try again.") { RetryAfter = TimeSpan.FromSeconds(1) };
        }
        catch (MissingObjectException missing)
        {
            // Content of this commit was stored and then swept before a reference led to it: only with a grace period that is too short.
            throw new Refusal(RefusalKind.Unavailable, "Content of this commit was removed as unreachable before the commit was done; send it again.")
            {
                RetryAfter = TimeSpan.FromSeconds(1), Cause = missing,
            };
        }
    }

    /// <summary>Computes the commit on top of <paramref name="head"/> (null: the first one) and stores its objects; no reference moves.</summary>
    public async Task<PreparedCommit> PrepareAsync(WritableRepository repository, string reference, ObjectId? head, CommitDraft draft, CancellationToken stop)
    {
        repository.Require(reference);
        var space = repository.Repository.SpaceId;
        var root = head is null ? ObjectId.EmptyTree : (await commits.FindAsync(space, head, stop))!.Tree;
        var pointers = await new LargeFiles(links, repository).ResolveAsync(draft.Operations, stop);
        var edited = await new TreeEdit(trees.Loader(space), root, pointers).ApplyAsync(draft.Operations, head?.Hex ?? "", stop);

        var signature = Sign(repository.Author);
        var commit = new Commit(edited.Root, head is null ? [] : [head], signature, signature, Message(draft));
        var fresh = new List<StoredObject>(pointers.Values);
        fresh.AddRange(edited.NewTrees.Select(tree => StoredObject.Tree(tree.Id, tree.Content)));
        fresh.Add(StoredObject.Commit(commit));
        await objects.AddAsync(space, fresh, stop);
        return await DescribeAsync(repository.Repository, reference, head, commit, root, stop) with { By = repository.Actor.Account };
    }

    /// <summary>What applying a commit entails: its changes, the blobs it links, the rows derived from it.</summary>
    public async Task<PreparedCommit> DescribeAsync(
        Repository repository, string reference, ObjectId? head, Commit commit, ObjectId? treeBefore, CancellationToken stop)
    {
        var changes = new List<TreeChange>();
        var needs = new HashSet<ObjectId> { commit.Id };
        var load = trees.Loader(repository.SpaceId);
        await foreach (var change in TreeDiff.CompareAsync((id, cancel) => { needs.Add(id); return load(id, cancel); }, treeBefore, commit.Tree, stop)) changes.Add(change);
        var facts = await objects.FactsAsync(repository.SpaceId, [.. changes.Where(c => c.After is not null).Select(c => c.After!.Id)], stop);
        needs.UnionWith(changes.Where(c => c.After is { Mode: not EntryMode.Submodule }).Select(c => c.After!.Id));
        var linked = changes
            .Where(c => c.After is not null && facts.TryGetValue(c.After.Id, out var f) && f.Pointer is not null)
            .Select(c => (facts[c.After!.Id].Pointer!.Digest, c.Path.Value))
            .DistinctBy(link => link.Digest)
            .OrderBy(link => link.Digest.Hex, StringComparer.Ordinal)
            .ToList();
        var projected = new List<IProjectedRows>();
        if (reference == repository.DefaultReference)
        {
            var input = new ProjectionInput(repository, commit.Id, commit.Tree, head is null ? null : changes);
            foreach (var projection in projections) projected.Add(await projection.PrepareAsync(input, stop));
        }
        return new(repository, reference, head, commit, changes, linked, projected) { Needs = needs };
    }

    /// <summary>Moves the reference and all that hangs on it. False, and nothing to commit, when someone else moved it first.</summary>
    public async Task<bool> ApplyAsync(DbTransaction transaction, PreparedCommit prepared, CancellationToken stop)
    {
        var (repository, commit) = (prepared.Repository, prepared.Commit);
        if (!await references.TryMoveAsync(transaction, repository.Id, prepared.Reference, prepared.Head, commit.Id, commit.Id, stop)) return false;
        await objects.RequireAsync(transaction, repository.SpaceId, prepared.Needs, stop);
        if (prepared.History is { } history) await commits.AddManyAsync(transaction, repository, history, stop);
        else await RecordAsync(transaction, repository, commit, stop);
        foreach (var (digest, path) in prepared.Links)
            await links.LinkAsync(transaction, repository.Id, digest, path, prepared.Reference, stop);
        if (prepared.Reference == repository.DefaultReference)
        {
            if (prepared.LastChanges is { } series) await lastChanges.ApplyAsync(transaction, repository, series, stop);
            else await lastChanges.ApplyAsync(transaction, repository, commit.Id, prepared.Changes, stop);
            await transaction.ExecuteAsync("update repository set updated_at = @now where id = @Id", new { repository.Id, now = time.NowMs() }, stop);
            foreach (var rows in prepared.Projected) await rows.WriteAsync(transaction, stop);
            await RepositoryStore.MarkChangedAsync(transaction, repository.Id, stop);
        }
        foreach (var follower in followers) await follower.FollowAsync(transaction, prepared, stop);
        return true;
    }

    /// <summary>The default branch goes, and with it all that is derived from it.</summary>
    public async Task ForgetAsync(DbTransaction transaction, Repository repository, IReadOnlyList<IProjectedRows> projectedOfNothing, CancellationToken stop)
    {
        await lastChanges.ForgetAsync(transaction, repository.Id, stop);
        foreach (var rows in projectedOfNothing) await rows.WriteAsync(transaction, stop);
        await RepositoryStore.MarkChangedAsync(transaction, repository.Id, stop);
    }

    /// <summary>What <see cref="ForgetAsync"/> leaves: the rows of a repository without files.</summary>
    public async Task<IReadOnlyList<IProjectedRows>> ProjectNothingAsync(Repository repository, ObjectId lastHead, CancellationToken stop)
    {
        var projected = new List<IProjectedRows>();
        foreach (var projection in projections) projected.Add(await projection.PrepareAsync(new(repository, lastHead, ObjectId.EmptyTree, null), stop));
        return projected;
    }

    /// <summary>Makes a commit known that no branch reached yet.</summary>
    public async Task RecordAsync(DbTransaction transaction, Repository repository, Commit commit, CancellationToken stop)
    {
        await commits.AddAsync(transaction, repository.SpaceId, commit, stop);
        await commits.LinkAsync(transaction, repository.Id, commit.Id, stop);
    }

    public Signature Sign(Account author) => new(author.Handle, author.CommitEmail, time.GetUtcNow());

    static string Message(CommitDraft draft) =>
        draft.Description.Length == 0 ? draft.Summary : $"{draft.Summary}\n\n{draft.Description}";
}

/// <summary>Enqueues what must happen after a commit, in the commit's own transaction.</summary>
interface ICommitFollower
{
    Task FollowAsync(DbTransaction transaction, PreparedCommit commit, CancellationToken stop);
}
