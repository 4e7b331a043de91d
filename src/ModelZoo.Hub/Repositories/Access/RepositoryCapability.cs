using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using ModelZoo.Hub.Accounts;

namespace ModelZoo.Hub.Repositories.Access;

/// <summary>What an actor may do to a repository. Each level includes the ones before it.</summary>
enum AccessLevel { None, Read, Write, Administer }

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

/// <summary>Proof that the actor may change the repository's content.</summary>
class WritableRepository : ReadableRepository
{
    internal WritableRepository(Repository repository, Actor actor, AccessLevel level) : base(repository, actor, level) { }

    /// <summary>Who writes; commits carry its name.</summary>
    public Account Author => Actor.Account!;

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
