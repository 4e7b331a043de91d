using System.Data.Common;
using ModelZoo.Git;
using ModelZoo.Hub.Accounts;
using ModelZoo.Hub.Database;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Repositories.Access;

namespace ModelZoo.Hub.Repositories;

/// <summary>Carries over what a job derived from the origin's head, in the transaction that makes the fork.</summary>
interface IForkFollower
{
    Task FollowAsync(DbTransaction transaction, Repository origin, Repository fork, CancellationToken stop);
}

/// <summary>
/// Makes a repository out of another: the same branches, tags and history, reading the same objects and linking the same
/// blobs. No content is read or written, so a fork of a terabyte takes as long as one of a kilobyte.
/// </summary>
sealed class ForkWriter(
    HubDatabase database, RepositoryStore repositories, ForkStore forks, ReferenceStore references, CommitStore commits,
    IEnumerable<IProjection> projections, IEnumerable<IForkFollower> followers, TimeProvider time)
{
    /// <summary>How often the fork is tried anew because its origin's default branch moved meanwhile.</summary>
    const int Attempts = 20;

    /// <param name="isPrivate">Null: as the origin is.</param>
    /// <exception cref="Refusal">The name is taken (Conflict, with its address) or impossible; or a private repository would become public.</exception>
    public async Task<AdministeredRepository> ForkAsync(
        SignedIn actor, ReadableRepository origin, Account owner, string name, bool? isPrivate, CancellationToken stop)
    {
        actor.RequireWrite();
        if (owner.Id != actor.Account.Id && !actor.Actor.IsAdministrator) throw Refusal.Forbidden($"You may not create repositories under {owner.Handle}.");
        if (Repository.NameProblem(name) is { Length: > 0 } problem) throw Refusal.Invalid(problem);
        var source = origin.Repository;
        var hidden = isPrivate ?? source.IsPrivate;
        if (source.IsPrivate && !hidden && origin.Level < AccessLevel.Administer)
            throw Refusal.Forbidden($"{source.FullName} is private: only those who administer it may make a public copy.");

        var now = time.NowMs();
        var fork = source with
        {
            Id = Ids.Next(time), OwnerId = owner.Id, Owner = owner.Handle, Name = name, IsPrivate = hidden, CreatedAt = now, UpdatedAt = now,
            DisabledAt = null, AllowsForcePush = false, AllowsDiscussions = true, Downloads = 0, DownloadsAllTime = 0, Likes = 0,
        };
        try
        {
            for (var attempt = 1; !await TryAsync(source, fork, stop); attempt++)
                if (attempt == Attempts) throw new Refusal(RefusalKind.Unavailable, $"{source.FullName} is moving too fast; try again.") { RetryAfter = TimeSpan.FromSeconds(1) };
        }
        catch (Exception error) when (database.IsUniqueViolation(error))
        {
            throw new Refusal(RefusalKind.Conflict, $"You already created this {fork.Kind.Word()} repo") { ExistingUrl = fork.Address };
        }
        return AccessPolicy.ForCreator(fork, actor.Actor);
    }

    /// <summary>False when the default branch moved since its projections were prepared.</summary>
    async Task<bool> TryAsync(Repository source, Repository fork, CancellationToken stop)
    {
        var head = await references.FindAsync(source.Id, source.DefaultReference, stop) ?? throw Refusal.RevisionNotFound(source.DefaultBranch);
        var commit = ObjectId.Parse(head.CommitId);
        var tree = (await commits.FindAsync(source.SpaceId, commit, stop))!.Tree;
        var projected = new List<IProjectedRows>();
        foreach (var projection in projections) projected.Add(await projection.PrepareAsync(new(fork, commit, tree, null), stop));
        return await database.WriteAsync(async transaction =>
        {
            // Held, so that nobody sweeps or removes the origin between what is seen here and the fork being there.
            await ReferenceStore.HoldAsync(transaction, source.Id, stop);
            var seen = await ReferenceStore.ListAsync(transaction, source.Id, stop);
            if (seen.FirstOrDefault(r => r.Name == source.DefaultReference)?.CommitId != head.CommitId) return false;
            await repositories.AddAsync(transaction, fork, stop);
            await forks.CopyAsync(transaction, source.Id, fork, stop);
            foreach (var rows in projected) await rows.WriteAsync(transaction, stop);
            foreach (var follower in followers) await follower.FollowAsync(transaction, source, fork, stop);
            return true;
        }, stop);
    }
}
