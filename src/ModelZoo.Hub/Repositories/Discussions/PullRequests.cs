using ModelZoo.Git;
using ModelZoo.Hub.Accounts;
using ModelZoo.Hub.Database;
using ModelZoo.Hub.Jobs;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Repositories.Access;

namespace ModelZoo.Hub.Repositories.Discussions;

/// <summary>What a pull request is to be called and where it shall go.</summary>
/// <param name="Target">The branch that it is for, by its full name.</param>
sealed record Proposal(string Title, string Description, string Target)
{
    /// <summary>Not yet meant to be merged.</summary>
    public bool IsDraft { get; init; }

    /// <summary>Words of the description that only this proposal has: whoever tries again after a break finds the pull request by them and opens no second one.</summary>
    public string? Mark { get; init; }
}

/// <summary>A pull request and the commit that it stands at.</summary>
sealed record PullRequest(Discussion Discussion, ObjectId Head)
{
    public long Number => Discussion.Number;

    public string Reference => Discussion.Reference;
}

/// <summary>
/// Opens pull requests and says who may write to them. A pull request is a thread and the reference refs/pr/{number}; whoever may read a
/// repository and is somebody may open one. Merging is <see cref="PullRequestMerge"/>'s.
/// </summary>
sealed class PullRequests(
    HubDatabase database, DiscussionStore discussions, ReferenceStore references, CommitStore commits, GitObjectStore objects, CommitWriter writer, AccessPolicy policy, AuditStore audit, JobBell bell)
{
    /// <summary>For jobs: opens a pull request with one commit for somebody, who may no longer be allowed to.</summary>
    /// <exception cref="Refusal">The account may not read the repository (any more), or what <see cref="OpenAsync"/> refuses.</exception>
    public async Task<PullRequest> OpenForAsync(long repositoryId, Account author, Proposal proposal, CommitDraft draft, CancellationToken stop)
    {
        if (author.DisabledAt is not null) throw Refusal.Forbidden($"The account {author.Handle} is disabled.");
        var actor = new Actor(author, new(CredentialRole.Session, null, "job", author.CreatedAt));
        var proof = (ContributingRepository)await policy.GetAsync(repositoryId, actor, AccessLevel.Contribute, stop);
        return await OpenAsync(proof, proposal, draft, stop);
    }

    /// <summary>The number of the account's pull request with this mark; null when there is none.</summary>
    public Task<long?> FindMarkedAsync(long repositoryId, long authorId, string mark, CancellationToken stop) =>
        database.WriteAsync(transaction => DiscussionStore.FindMarkedAsync(transaction, repositoryId, authorId, mark, stop), stop);

    /// <param name="draft">The commit to begin with, on top of its parent or of where the branch stands now; null for none yet.</param>
    /// <exception cref="Refusal">No such branch or parent, content that was not sent, or too many open already.</exception>
    public async Task<PullRequest> OpenAsync(ContributingRepository by, Proposal proposal, CommitDraft? draft, CancellationToken stop)
    {
        var (repository, author) = (by.Repository, by.Author);
        var target = await references.FindAsync(by.Id, proposal.Target, stop) ?? throw Refusal.RevisionNotFound(proposal.Target);
        var start = ObjectId.Parse(target.CommitId);
        if (draft?.Parent is { } parent && parent != start)
            start = (await commits.FindByPrefixAsync(by.Id, repository.SpaceId, parent.Hex, stop) ?? throw Refusal.RevisionNotFound(parent.Hex)).ObjectId;
        // The number is known when the transaction gives it; until then the commit is for a reference that cannot be.
        const string unnumbered = Discussion.ReferencePrefix + "new";
        var prepared = draft is null ? null
            : await writer.PrepareAsync(AccessPolicy.ForPullRequests(by, new HashSet<string> { unnumbered }), unnumbered, start, draft with { Parent = null }, stop);
        var wanted = new Discussion
        {
            RepositoryId = by.Id, Kind = DiscussionKind.PullRequest, Title = proposal.Title, AuthorId = author.Id, Author = author.Handle, AuthorName = author.FullName,
            Status = proposal.IsDraft ? DiscussionStatus.Draft : DiscussionStatus.Open, Target = proposal.Target, BaseId = start.Hex,
        };
        var opened = await database.WriteAsync(async transaction =>
        {
            await ReferenceStore.HoldAsync(transaction, by.Id, stop);
            if (proposal.Mark is { } mark && await DiscussionStore.FindMarkedAsync(transaction, by.Id, author.Id, mark, stop) is { } number)
                return wanted with { Number = number };
            await RequireRoomAsync(transaction, by, stop);
            var added = await discussions.AddAsync(transaction, wanted, stop);
            await discussions.AddEventAsync(transaction, by.Id, added.Number, NewEvent.Comment(author.Id, proposal.Description), stop);
            await objects.RequireAsync(transaction, repository.SpaceId, [start], stop);
            var moved = prepared is null
                ? await references.TryMoveAsync(transaction, by.Id, added.Reference, null, start, start, stop)
                : await writer.ApplyAsync(transaction, prepared with { Reference = added.Reference, Head = null }, stop);
            return moved ? added : throw Refusal.Conflict($"{added.Reference} exists already; try again.");
        }, stop);
        bell.Ring();
        if (prepared is not null) ZooMeter.CommitsWritten.Add(1);
        return new(opened, prepared?.Commit.Id ?? start);
    }

    /// <summary>Refuses a new thread where none are wanted, or where this account has too many open.</summary>
    public static async Task RequireRoomAsync(System.Data.Common.DbTransaction transaction, ContributingRepository by, CancellationToken stop)
    {
        if (!by.Repository.AllowsDiscussions) throw Refusal.Forbidden($"Discussions and pull requests are switched off for {by.Repository.FullName}.");
        if (!by.IsWriter && await DiscussionStore.CountOpenAsync(transaction, by.Id, by.Author.Id, stop) >= DiscussionLimits.MostOpenOfOne)
            throw Refusal.Forbidden($"You have {DiscussionLimits.MostOpenOfOne} open discussions and pull requests here; close some before you open another.");
    }

    /// <summary>The proof that somebody may write to a branch or to a pull request's reference.</summary>
    /// <exception cref="Refusal">Neither a writer nor the author of the pull request, or the pull request takes no commits any more.</exception>
    public async Task<WritableRepository> ProveAsync(ContributingRepository by, string reference, CancellationToken stop)
    {
        if (!Discussion.TryNumber(reference, out var number)) return by as WritableRepository ?? throw Refusal.Forbidden(AccessPolicy.WriteMessage(by.Repository));
        var pull = await discussions.FindAsync(by.Id, number, stop) ?? throw Refusal.RevisionNotFound(reference);
        if (!by.IsWriter && pull.AuthorId != by.Author.Id) throw Refusal.Forbidden($"Only its author and those who may write to {by.Repository.FullName} may change pull request {number}.");
        if (!pull.IsOpen) throw PullRequestFollower.Refused(number, pull.Status);
        return AccessPolicy.ForPullRequests(by, new HashSet<string> { reference });
    }

    /// <summary>Takes away what a pull request that is over proposed; the thread stays. What nothing else leads to is swept.</summary>
    /// <exception cref="Refusal">It is still open.</exception>
    public async Task RemoveReferenceAsync(WritableRepository by, long number, CancellationToken stop)
    {
        var pull = await discussions.FindAsync(by.Id, number, stop) is { IsPullRequest: true } found ? found : throw Discussion.NotFound(number);
        by.Require(pull.Target!);
        await database.WriteAsync(async transaction =>
        {
            await ReferenceStore.HoldAsync(transaction, by.Id, stop);
            if (await DiscussionStore.HoldAsync(transaction, by.Id, number, stop) is DiscussionStatus.Open or DiscussionStatus.Draft)
                throw Refusal.Conflict($"Pull request {number} is still open; close it first.");
            await ReferenceStore.RemoveAsync(transaction, by.Id, [pull.Reference], stop);
            await audit.AddAsync(transaction, AuditAction.ReferenceRemoved, AuditStore.Repository(by.Id), pull.Reference, stop);
        }, stop);
    }

    /// <summary>The proof for a push: all references for a writer, those of his own open pull requests for anybody else.</summary>
    /// <exception cref="Refusal">There is nothing that this account could push to.</exception>
    public async Task<WritableRepository> ProvePushAsync(ReadableRepository by, CancellationToken stop)
    {
        if (by is WritableRepository writer) return writer;
        if (by is ContributingRepository contributor && await discussions.ListOpenPullRequestsAsync(by.Id, contributor.Author.Id, stop) is { Count: > 0 } own)
            return AccessPolicy.ForPullRequests(contributor, own.Select(Discussion.ReferenceOf).ToHashSet());
        throw by.Actor.IsNobody
            ? new Refusal(RefusalKind.Unauthenticated, "Invalid username or password.")
            : Refusal.Forbidden(AccessPolicy.WriteMessage(by.Repository));
    }
}
