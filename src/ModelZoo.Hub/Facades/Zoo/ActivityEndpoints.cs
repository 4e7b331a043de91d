using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using ModelZoo.Hub.Accounts;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Repositories.Access;

namespace ModelZoo.Hub.Facades.Zoo;

/// <param name="Account">Who did it; null when that account is gone or it was the hub.</param>
sealed record ActivityAnswer(string Id, string At, string? Account, string Action, string Detail);

/// <summary>What happened to a repository beside its commits: made, moved, shown, hidden, shared.</summary>
static class ActivityEndpoints
{
    public static void Map(IEndpointRouteBuilder app) =>
        app.MapGet($"{ZooRoutes.Repository}/activity", ListAsync)
            .Describe<IReadOnlyList<ActivityAnswer>>("listActivity", "repositories", "What happened to the repository beside its commits, newest first").ProducesProblem(404);

    /// <summary>Who shares a repository with whom is for those who administer it.</summary>
    static async Task<IResult> ListAsync(ReadableRepository repository, AuditStore audit, CancellationToken stop, string? before = null, int? limit = null) =>
        Results.Json((await audit.ListAsync(null, AuditStore.Repository(repository.Id), Paging.Before(before), Paging.Limit(limit), stop))
            .Where(entry => entry.Action != AuditAction.Collaborator || repository.Level == AccessLevel.Administer)
            .Select(entry => new ActivityAnswer(Ids.ToWire(entry.Id), Clock.Iso(entry.At), entry.Handle, entry.Action, entry.Detail)));
}
