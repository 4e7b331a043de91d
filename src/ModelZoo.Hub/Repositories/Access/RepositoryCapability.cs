using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using ModelZoo.Hub.Accounts;

namespace ModelZoo.Hub.Repositories.Access;

/// <summary>What an actor may do to a repository. Each level includes the ones before it.</summary>
enum AccessLevel { None, Read, Contribute, Write, Administer }

/// <summary>
/// Proof that the actor of this request may read the repository. Only <see cref="AccessPolicy"/> makes one (the
/// Conventions test holds it to that), so an endpoint that touches a repository cannot have forgotten to ask.
/// </summary>
class ReadableRepository
{
    internal ReadableRepository(Repository repository, Actor actor, AccessLevel level) => (Repository, Actor, Level) = (repository, actor, level);

    public Repository Repository { get; }

    public Actor Actor { get; }

    /// <summary>The most the actor could do here, for pages that show or hide what leads further.</summary>
    public AccessLevel Level { get; }

    public long Id => Repository.Id;

    public static async ValueTask<ReadableRepository?> BindAsync(HttpContext http) => await Policy(http).GetAsync(http, AccessLevel.Read);

    private protected static AccessPolicy Policy(HttpContext http) => http.RequestServices.GetRequiredService<AccessPolicy>();
}

/// <summary>
/// Proof that the actor may read the repository and is somebody, with a credential that may write: it may take part in discussions,
/// open pull requests, and send content for them. None of that changes a branch.
/// </summary>
class ContributingRepository : ReadableRepository
{
    internal ContributingRepository(Repository repository, Actor actor, AccessLevel level) : base(repository, actor, level) { }

    /// <summary>Who writes; commits carry its name.</summary>
    public Account Author => Actor.Account!;

    /// <summary>Whoever writes to the repository keeps its discussions in order, too.</summary>
    public bool IsWriter => Level >= AccessLevel.Write;

    public static new async ValueTask<ContributingRepository?> BindAsync(HttpContext http) =>
        (ContributingRepository)await Policy(http).GetAsync(http, AccessLevel.Contribute);
}

/// <summary>Proof that the actor may change the repository's content.</summary>
class WritableRepository : ContributingRepository
{
    internal WritableRepository(Repository repository, Actor actor, AccessLevel level, IReadOnlySet<string>? only = null) : base(repository, actor, level) => Only = only;

    /// <summary>The references that this proof is good for; null: all. Who proposes a change may write to its pull request and nothing else.</summary>
    public IReadOnlySet<string>? Only { get; }

    public bool Covers(string reference) => Only is null || Only.Contains(reference);

    /// <summary>For writers of references: an endpoint that passes too small a proof is our bug.</summary>
    public void Require(string reference)
    {
        if (!Covers(reference)) throw new InvalidOperationException($"The proof of access to {Repository.FullName} does not cover {reference}.");
    }

    public static new async ValueTask<WritableRepository?> BindAsync(HttpContext http) =>
        (WritableRepository)await Policy(http).GetAsync(http, AccessLevel.Write);
}

/// <summary>Proof that the actor may rename, hide, share and delete the repository.</summary>
sealed class AdministeredRepository : WritableRepository
{
    internal AdministeredRepository(Repository repository, Actor actor, AccessLevel level) : base(repository, actor, level) { }

    public static new async ValueTask<AdministeredRepository?> BindAsync(HttpContext http) =>
        (AdministeredRepository)await Policy(http).GetAsync(http, AccessLevel.Administer);
}
