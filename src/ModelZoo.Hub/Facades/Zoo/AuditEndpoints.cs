using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using ModelZoo.Hub.Accounts;
using ModelZoo.Hub.Kernel;

namespace ModelZoo.Hub.Facades.Zoo;

/// <param name="Account">Who did it; null for the hub itself and for nobody.</param>
/// <param name="Subject">account:{id} or repository:{id}.</param>
/// <param name="Address">From where.</param>
sealed record AuditAnswer(string Id, string At, string? Account, string Action, string Subject, string Detail, string Address);

/// <summary>What was done to accounts, tokens and repositories, by whom, from where.</summary>
static class AuditEndpoints
{
    public static void Map(IEndpointRouteBuilder app) =>
        app.MapGet($"{ZooRoutes.Base}/audit", ListAsync)
            .Describe<IReadOnlyList<AuditAnswer>>("listAudit", "hub", "The audit trail, newest first; ?action=, ?subject=, ?before=id, ?limit=");

    static async Task<IResult> ListAsync(
        Administrator _, AuditStore audit, CancellationToken stop, string? action = null, string? subject = null, string? before = null, int? limit = null) =>
        Results.Json((await audit.ListAsync(action, subject, Paging.Before(before), Paging.Limit(limit), stop)).Select(entry =>
            new AuditAnswer(Ids.ToWire(entry.Id), Clock.Iso(entry.At), entry.Handle, entry.Action, entry.Subject, entry.Detail, entry.Address)));
}
