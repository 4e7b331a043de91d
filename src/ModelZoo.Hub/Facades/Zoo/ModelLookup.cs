using ModelZoo.Hub.Accounts;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Profiles;
using ModelZoo.Hub.Repositories;
using ModelZoo.Hub.Repositories.Access;
using ModelZoo.Profiling;
using Reference = ModelZoo.Profiling.Reference;

namespace ModelZoo.Hub.Facades.Zoo;

/// <summary>A model that somebody named, as far as the actor may know it.</summary>
/// <param name="CommitId">Null where it is no repository.</param>
sealed record NamedModel(Profile Profile, string? CommitId);

/// <summary>Finds what a name means: a workload of the registry, one of a repository, or a repository itself; each only for whoever may read it.</summary>
sealed class ModelLookup(WorkloadCatalogue workloads, AccessPolicy policy, RevisionResolver revisions, ProfileReader profiles)
{
    /// <exception cref="Refusal">There is no such thing for this actor, or it has no profile (yet).</exception>
    public async Task<NamedModel> GetAsync(string name, string? revision, Actor actor, CancellationToken stop)
    {
        if (await workloads.FindAsync(name, actor, stop) is { } workload) return new(Profiler.OfReference(workload), null);
        if (!name.Contains('/') || name.Contains(':'))
        {
            var near = Reference.BuiltIn.SuggestWorkloads(name);
            throw Refusal.NotFound($"There is no workload '{Shown(name)}'{(near.Count > 0 ? $"; near it: {string.Join(", ", near)}" : "")}. A repository is named owner/name.");
        }
        var (repository, commit) = await CommitAsync(name, revision, actor, stop);
        var found = await profiles.FindAsync(repository, commit, stop);
        return found switch
        {
            { Profile: { } profile } => new(profile, commit.Id),
            { Standing: ProfileStanding.Pending } => throw new Refusal(RefusalKind.Unavailable, $"The profile of {repository.Repository.FullName} is being made; ask again shortly.") { RetryAfter = TimeSpan.FromSeconds(2) },
            _ => throw new Refusal(RefusalKind.Unprocessable, $"{repository.Repository.FullName} has no profile: {found.Reason}"),
        };
    }

    /// <summary>A commit of a model's repository; a name that it had before is followed.</summary>
    public async Task<(ReadableRepository Repository, CommitRow Commit)> CommitAsync(string name, string? revision, Actor actor, CancellationToken stop)
    {
        var (owner, rest) = name.Split('/', 2) is [var first, var second] ? (first, second) : ("", name);
        ReadableRepository repository;
        try
        {
            repository = await policy.GetAsync(RepositoryKind.Model, owner, rest, actor, AccessLevel.Read, stop);
        }
        catch (RepositoryMoved moved)
        {
            repository = await policy.GetAsync(moved.Repository.Id, actor, AccessLevel.Read, stop);
        }
        return (repository, (await revisions.GetAsync(repository, revision is { Length: > 0 } ? revision : "HEAD", stop)).Commit);
    }

    static string Shown(string name) => name.Length > 100 ? name[..100] + "…" : name;
}
