using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using ModelZoo.Hub.Accounts;
using ModelZoo.Hub.Jobs;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Repositories;
using ModelZoo.Hub.Repositories.Access;

namespace ModelZoo.Hub.Facades.Zoo;

sealed record SettingsAnswer(string Id, string Name, string Kind, bool IsPrivate, string DefaultBranch, string Description, bool IsDisabled, bool AllowForcePush, bool AllowDiscussions)
{
    public static SettingsAnswer Of(Repository repository) => new(Ids.ToWire(repository.Id), repository.FullName, repository.Kind.Word(),
        repository.IsPrivate, repository.DefaultBranch, repository.Description, repository.DisabledAt is not null, repository.AllowsForcePush, repository.AllowsDiscussions);
}

/// <summary>Fields left out stay as they are.</summary>
sealed record SettingsRequest(string? DefaultBranch, string? Description, bool? IsPrivate, bool? AllowForcePush, bool? AllowDiscussions);

sealed record DisabledRequest(bool IsDisabled);

/// <summary>Settings of a repository that the Hugging Face protocol has no call for.</summary>
static class SettingsEndpoints
{
    const int MaxDescription = 1_000;

    public static void Map(IEndpointRouteBuilder app)
    {
        app.MapGet($"{ZooRoutes.Repository}/settings", (AdministeredRepository repository) => Results.Json(SettingsAnswer.Of(repository.Repository)))
            .Describe<SettingsAnswer>("getSettings", "repositories", "A repository's settings").ProducesProblem(404);
        app.MapPatch($"{ZooRoutes.Repository}/settings", ChangeAsync)
            .Describe<SettingsAnswer>("changeSettings", "repositories", "Change default branch, description, visibility, whether git may rewrite history, whether discussions may be opened").ProducesProblem(404);
        app.MapPut($"{ZooRoutes.Repository}/disabled", DisableAsync)
            .Describe<SettingsAnswer>("disableRepository", "repositories", "Take a repository out of use without deleting it, or back into use").ProducesProblem(404);
    }

    static async Task<IResult> ChangeAsync(
        SettingsRequest wanted, AdministeredRepository repository, RepositoryStore repositories, ReferenceStore references, JobStore jobs, JobBell bell, CancellationToken stop)
    {
        if (wanted.Description is { } text && (text.Length > MaxDescription || text.Any(char.IsControl)))
            throw Refusal.Invalid($"A description may have at most {MaxDescription:N0} characters, on one line.");
        if (wanted.DefaultBranch is { } branch && branch != repository.Repository.DefaultBranch)
        {
            if (await references.FindAsync(repository.Id, $"refs/heads/{branch}", stop) is null) throw Refusal.NotFound("There is no such branch.");
            await repositories.SetDefaultBranchAsync(repository.Id, branch, stop);
            // Card, tags and sizes are those of the default branch.
            await jobs.EnqueueAsync(MaintenanceEndpoints.Reindex(repository.Id, repository.Author.Id), stop);
            bell.Ring();
        }
        if (wanted.Description is { } description) await repositories.SetDescriptionAsync(repository.Id, description, stop);
        if (wanted.IsPrivate is { } isPrivate && isPrivate != repository.Repository.IsPrivate) await repositories.SetVisibilityAsync(repository.Id, isPrivate, stop);
        if (wanted.AllowForcePush is { } force && force != repository.Repository.AllowsForcePush) await repositories.SetForcePushAsync(repository.Id, force, stop);
        if (wanted.AllowDiscussions is { } discussions && discussions != repository.Repository.AllowsDiscussions) await repositories.SetDiscussionsAsync(repository.Id, discussions, stop);
        return await AnswerAsync(repository.Id, repositories, stop);
    }

    static async Task<IResult> DisableAsync(
        DisabledRequest wanted, AdministeredRepository repository, Administrator _, RepositoryStore repositories, CancellationToken stop)
    {
        await repositories.SetDisabledAsync(repository.Id, wanted.IsDisabled, stop);
        return await AnswerAsync(repository.Id, repositories, stop);
    }

    static async Task<IResult> AnswerAsync(long id, RepositoryStore repositories, CancellationToken stop) =>
        Results.Json(SettingsAnswer.Of(await repositories.FindAsync(id, stop) ?? throw Refusal.NotFound("Repository not found")));
}
