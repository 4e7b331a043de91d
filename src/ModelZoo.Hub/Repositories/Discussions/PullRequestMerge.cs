using ModelZoo.Git;
using ModelZoo.Hub.Database;
using ModelZoo.Hub.Jobs;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Repositories.Access;

namespace ModelZoo.Hub.Repositories.Discussions;

/// <summary>What a pull request changes, and whether it could be merged now.</summary>
/// <param name="Head">Null when its reference is gone.</param>
/// <param name="BaseTree">What its files are compared with: where its history left the branch.</param>
/// <param name="Conflicts">Paths that keep it from being merged; empty for one that is not open.</param>
sealed record PullRequestState(CommitRow? Head, ObjectId? BaseTree, IReadOnlyList<string> Conflicts)
{
    /// <summary>Where its history left the branch; null when they share none.</summary>
    public ObjectId? Base { get; init; }
}

/// <summary>Merges pull requests: always by a merge commit, so that the branch's own line keeps what the branch was.</summary>
sealed class PullRequestMerge(
    HubDatabase database, DiscussionStore discussions, ReferenceStore references, CommitStore commits, GitObjectStore objects, TreeReader trees, CommitWriter writer,
    IReadmeRule readmes, JobBell bell)
{
    /// <summary>How often a merge is computed anew because the branch or the pull request moved meanwhile.</summary>
    const int Attempts = 30;

    const int ConflictsNamed = 10;

    public async Task<PullRequestState> LookAsync(Repository repository, Discussion pull, CancellationToken stop)
    {
        var space = repository.SpaceId;
        if (await commits.FindByReferenceAsync(repository.Id, space, [pull.Reference], stop) is not var (_, head)) return new(null, null, []);
        var graph = new CommitGraph(commits, space);
        var target = pull.IsOpen ? await references.FindAsync(repository.Id, pull.Target!, stop) : null;
        var shared = target is not null ? await graph.FindMergeBaseAsync(ObjectId.Parse(target.CommitId), head.ObjectId, stop) : await FindOldBaseAsync(graph, pull, head, stop);
        var baseTree = shared is null ? null : (await graph.FindAsync(shared, stop))?.Tree;
        var conflicts = target is null ? [] : (await new TreeMerge(trees, repository, readmes).MergeAsync(
            baseTree ?? ObjectId.EmptyTree, (await graph.GetAsync(ObjectId.Parse(target.CommitId), stop)).Tree, head.Tree, stop)).Conflicts;
        return new(head, baseTree, conflicts) { Base = shared };
    }

    /// <summary>Where a pull request that is over left the branch: before the commit that merged it, or where it began.</summary>
    static async Task<ObjectId?> FindOldBaseAsync(CommitGraph graph, Discussion pull, CommitRow head, CancellationToken stop)
    {
        if (pull.MergeId is { } merge && merge != head.Id && await graph.FindAsync(ObjectId.Parse(merge), stop) is { Parents: [var before, ..] })
            return await graph.FindMergeBaseAsync(before, head.ObjectId, stop);
        return pull.BaseId is null || await graph.FindAsync(ObjectId.Parse(pull.BaseId), stop) is null ? null : await graph.FindMergeBaseAsync(ObjectId.Parse(pull.BaseId), head.ObjectId, stop);
    }

    /// <returns>The commit that the branch stands at then.</returns>
    /// <exception cref="Refusal">Not open, nothing to merge, or a conflict, with its paths.</exception>
    public Task<ObjectId> MergeAsync(WritableRepository by, long number, string? comment, CancellationToken stop) => writer.InTurnAsync(by, async () =>
    {
        for (var attempt = 1; attempt <= Attempts; attempt++)
            if (await TryMergeAsync(by, number, comment, stop) is { } merged)
            {
                bell.Ring();
                ZooMeter.CommitsWritten.Add(1);
                return merged;
            }
        throw new Refusal(RefusalKind.Unavailable, "The branch is moving too fast; try again.") { RetryAfter = TimeSpan.FromSeconds(1) };
    }, stop);

    /// <summary>Null when something moved between the look and the transaction.</summary>
    async Task<ObjectId?> TryMergeAsync(WritableRepository by, long number, string? comment, CancellationToken stop)
    {
        var repository = by.Repository;
        if (await discussions.FindAsync(by.Id, number, stop) is not { IsPullRequest: true } pull) throw Refusal.NotFound($"There is no pull request {number}.");
        RequireOpen(number, pull.Status);
        by.Require(pull.Target!);
        var target = await references.FindAsync(by.Id, pull.Target!, stop) ?? throw Refusal.Conflict($"The branch {Short(pull)} that this pull request is for is gone.");
        var source = await references.FindAsync(by.Id, pull.Reference, stop) ?? throw Refusal.Conflict($"The reference {pull.Reference} is gone: there is nothing to merge.");
        if (source.CommitId == pull.BaseId) throw Refusal.Conflict("There is nothing to merge: this pull request has no commits yet.");
        var (ours, theirs) = (ObjectId.Parse(target.CommitId), ObjectId.Parse(source.CommitId));
        var graph = new CommitGraph(commits, repository.SpaceId);
        // Brought into the branch by other means, by a push for instance: only the thread has to learn of it.
        var prepared = await graph.LeadsToAsync(ours, theirs, stop) ? null : await PrepareAsync(by, pull, graph, ours, theirs, stop);
        var merged = prepared?.Commit.Id ?? theirs;
        return await database.WriteAsync(async transaction =>
        {
            await ReferenceStore.HoldAsync(transaction, by.Id, stop);
            var now = await ReferenceStore.ListAsync(transaction, by.Id, stop);
            if (!now.Any(r => r.Name == source.Name && r.CommitId == source.CommitId) || !now.Any(r => r.Name == target.Name && r.CommitId == target.CommitId)) return null;
            RequireOpen(number, await DiscussionStore.HoldAsync(transaction, by.Id, number, stop) ?? throw Discussion.NotFound(number));
            if (prepared is not null && !await writer.ApplyAsync(transaction, prepared, stop)) throw new InvalidOperationException($"{prepared.Reference} moved while it was held.");
            if (comment is { Length: > 0 }) await discussions.AddEventAsync(transaction, by.Id, number, NewEvent.Comment(by.Author.Id, comment), stop);
            await DiscussionStore.SetStatusAsync(transaction, by.Id, number, DiscussionStatus.Merged, merged.Hex, stop);
            await discussions.AddEventAsync(transaction, by.Id, number, NewEvent.Status(by.Author.Id, DiscussionStatus.Merged), stop);
            return merged;
        }, stop);
    }

    async Task<PreparedCommit> PrepareAsync(WritableRepository by, Discussion pull, CommitGraph graph, ObjectId ours, ObjectId theirs, CancellationToken stop)
    {
        var repository = by.Repository;
        var shared = await graph.FindMergeBaseAsync(ours, theirs, stop);
        var (before, mine, other) = (shared is null ? ObjectId.EmptyTree : (await graph.GetAsync(shared, stop)).Tree, (await graph.GetAsync(ours, stop)).Tree, (await graph.GetAsync(theirs, stop)).Tree);
        var merge = await new TreeMerge(trees, repository, readmes).MergeAsync(before, mine, other, stop);
        if (merge.Conflicts.Count > 0) throw Refusal.Conflict(ConflictMessage(pull, merge.Conflicts));
        var signature = writer.Sign(by.Author);
        var commit = new Commit(merge.Root, [ours, theirs], signature, signature, $"{pull.Title} (#{pull.Number})\n\nMerges {pull.Reference} by {pull.Author}.");
        await objects.AddAsync(repository.SpaceId, [.. merge.Objects, StoredObject.Commit(commit)], stop);
        var prepared = await writer.DescribeAsync(repository, pull.Target!, ours, commit, mine, stop);
        return prepared with { By = by.Author, Needs = [.. prepared.Needs, theirs] };
    }

    static void RequireOpen(long number, string status)
    {
        if (status == DiscussionStatus.Draft) throw Refusal.Conflict($"Pull request {number} is a draft: publish it (change its status to open) before it is merged.");
        if (status != DiscussionStatus.Open) throw Refusal.Conflict($"Pull request {number} is {status}; only an open one can be merged.");
    }

    static string ConflictMessage(Discussion pull, IReadOnlyList<string> paths) =>
        $"Pull request {pull.Number} cannot be merged: {Short(pull)} has changed the same {(paths.Count == 1 ? "file" : "files")} differently ({string.Join(", ", paths.Take(ConflictsNamed))}"
        + $"{(paths.Count > ConflictsNamed ? $" and {paths.Count - ConflictsNamed} more" : "")}). Bring {pull.Reference} up to date first.";

    static string Short(Discussion pull) => pull.Target!["refs/heads/".Length..];
}
