using Microsoft.AspNetCore.Http;
using ModelZoo.Hub.Accounts;
using ModelZoo.Hub.Kernel;

namespace ModelZoo.Hub.Repositories.Access;

/// <summary>
/// The one place that decides who may do what to which repository. A private repository refuses exactly like a missing
/// one: 401 to nobody, 404 to a stranger; only whoever may read it learns that writing is forbidden.
/// </summary>
sealed class AccessPolicy(RepositoryStore repositories)
{
    /// <summary>The repository that the address names, with a proof of at least <paramref name="needed"/>.</summary>
    /// <exception cref="Refusal">Missing or hidden, or visible but not allowed.</exception>
    /// <exception cref="RepositoryMoved">The address uses an old name of a repository that the actor may read.</exception>
    public Task<ReadableRepository> GetAsync(HttpContext http, AccessLevel needed)
    {
        var actor = http.Features.Get<Actor>() ?? Actor.Nobody;
        var (kind, owner, name) = RepositoryAddress.Of(http);
        return GetAsync(kind, owner, name, actor, needed, http.RequestAborted);
    }

    public async Task<ReadableRepository> GetAsync(
        RepositoryKind kind, string owner, string name, Actor actor, AccessLevel needed, CancellationToken stop)
    {
        if (await repositories.FindAsync(kind, owner, name, actor.Account?.Id, stop) is var (repository, collaborator))
            return Prove(repository, actor, Level(repository, collaborator, actor), needed);

        if (await repositories.FindByOldNameAsync(kind, owner, name, actor.Account?.Id, stop) is var (moved, movedCollaborator)
            && Level(moved, movedCollaborator, actor) >= AccessLevel.Read)
            throw new RepositoryMoved(moved);
        throw Missing(actor);
    }

    /// <summary>The repository that a credential of the hub's own names, if the actor still may.</summary>
    public async Task<ReadableRepository> GetAsync(long repositoryId, Actor actor, AccessLevel needed, CancellationToken stop) =>
        await repositories.FindAsync(repositoryId, actor.Account?.Id, stop) is var (repository, collaborator)
            ? Prove(repository, actor, Level(repository, collaborator, actor), needed)
            : throw Missing(actor);

    /// <summary>Null where <see cref="GetAsync(HttpContext, AccessLevel)"/> would refuse: for lists of ids that somebody named.</summary>
    public async Task<ReadableRepository?> FindReadableAsync(RepositoryKind kind, string owner, string name, Actor actor, CancellationToken stop) =>
        await repositories.FindAsync(kind, owner, name, actor.Account?.Id, stop) is var (repository, collaborator)
        && Level(repository, collaborator, actor) is var level and >= AccessLevel.Read && repository.DisabledAt is null
            ? Prove(repository, actor, level, AccessLevel.Read)
            : null;

    /// <summary>The same rule for a list: whether the actor would get at least a <see cref="ReadableRepository"/>.</summary>
    internal static bool MayRead(Repository repository, string? collaborator, Actor actor) =>
        Level(repository, collaborator, actor) >= AccessLevel.Read && MayUse(repository, actor);

    /// <summary>The hub's own hand, for jobs: they act on behalf of nobody and were admitted when they were enqueued.</summary>
    public static AdministeredRepository ForHub(Repository repository) => new(repository, Actor.Nobody, AccessLevel.Administer);

    /// <summary>The proof that whoever just made a repository has of it.</summary>
    public static AdministeredRepository ForCreator(Repository repository, Actor creator) => new(repository, creator, AccessLevel.Administer);

    /// <summary>The proof that the author of a pull request has of its reference, or of those of several.</summary>
    public static WritableRepository ForPullRequests(ContributingRepository author, IReadOnlySet<string> references) =>
        author as WritableRepository ?? new WritableRepository(author.Repository, author.Actor, author.Level, references);

    static ReadableRepository Prove(Repository repository, Actor actor, AccessLevel level, AccessLevel needed)
    {
        if (level == AccessLevel.None) throw Missing(actor);
        if (!MayUse(repository, actor))
            throw Refusal.Forbidden("Access to this resource is disabled.");
        if (level < needed)
            throw actor.IsNobody
                ? new Refusal(RefusalKind.Unauthenticated, "Invalid username or password.")
                : Refusal.Forbidden(needed switch
                {
                    AccessLevel.Contribute => $"This token may not do that in {repository.FullName}: it needs the write role.",
                    AccessLevel.Write => WriteMessage(repository),
                    _ => $"You may not administer {repository.FullName}.",
                });
        return level switch
        {
            AccessLevel.Administer => new AdministeredRepository(repository, actor, level),
            AccessLevel.Write => new WritableRepository(repository, actor, level),
            AccessLevel.Contribute => new ContributingRepository(repository, actor, level),
            _ => new ReadableRepository(repository, actor, level),
        };
    }

    public static string WriteMessage(Repository repository) =>
        $"You may not write to {repository.FullName}: it needs write access and a token with the write role. Anybody who may read it can open a pull request instead.";

    /// <summary>What an administrator took out of use is for administrators only.</summary>
    static bool MayUse(Repository repository, Actor actor) => repository.DisabledAt is null || actor.Account is { IsAdministrator: true };

    /// <summary>What the account may do, cut down to what its credential may do.</summary>
    static AccessLevel Level(Repository repository, string? collaborator, Actor actor)
    {
        var open = repository.IsPrivate ? AccessLevel.None : AccessLevel.Read;
        if (actor.Account is not { } account) return open;
        // Whoever may read and is somebody may contribute.
        var level = account.IsAdministrator || repository.OwnerId == account.Id ? AccessLevel.Administer : collaborator switch
        {
            "administer" => AccessLevel.Administer,
            "write" => AccessLevel.Write,
            "read" => AccessLevel.Contribute,
            _ => open == AccessLevel.Read ? AccessLevel.Contribute : open,
        };
        var reach = actor.Credential!.Role switch
        {
            CredentialRole.Write or CredentialRole.Session => AccessLevel.Administer,
            CredentialRole.Read => AccessLevel.Read,
            _ when actor.CredentialAllowsWrite(repository.Id) => AccessLevel.Write,
            _ when actor.CredentialAllowsRead(repository.Id) => AccessLevel.Read,
            _ => open,
        };
        return level < reach ? level : reach;
    }

    static Refusal Missing(Actor actor) => actor.IsNobody
        ? new(RefusalKind.Unauthenticated, "Invalid username or password.") { Missing = MissingThing.Repository }
        : new(RefusalKind.NotFound, "Repository not found") { Missing = MissingThing.Repository };
}

/// <summary>The repository has another name now; facades answer with a redirect.</summary>
sealed class RepositoryMoved(Repository repository) : Exception($"Moved to {repository.FullName}")
{
    public Repository Repository { get; } = repository;
}
