using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using ModelZoo.Hub.Accounts;
using ModelZoo.Hub.Jobs;
using ModelZoo.Hub.Kernel;

namespace ModelZoo.Hub.Facades.Zoo;

/// <param name="Job">What to look for under /api/zoo/jobs; an earlier one of the kind when it still waits.</param>
sealed record StartedAnswer(string Job);

/// <summary>Long work on the whole hub, started here and done by a job.</summary>
static class MaintenanceEndpoints
{
    public const string ReindexJob = "hub.reindex";
    public const string SweepJob = "hub.gc";
    public const string CheckJob = "hub.fsck";

    const string WholeHub = "hub";

    public static void Map(IEndpointRouteBuilder app)
    {
        Map(app, "reindex", ReindexJob, "Rebuild everything that is derived from commits");
        Map(app, "gc", SweepJob, "Remove content that nothing refers to any more");
        Map(app, "fsck", CheckJob, "Hash everything again and find what is missing, damaged or unreferenced");
    }

    static void Map(IEndpointRouteBuilder app, string word, string job, string summary) =>
        app.MapPost($"{ZooRoutes.Base}/{word}", (Administrator me, JobStore jobs, JobBell bell, CancellationToken stop) => StartAsync(job, me, jobs, bell, stop))
            .Describe<StartedAnswer>(word, "maintenance", summary, StatusCodes.Status202Accepted);

    /// <summary>Derives one repository's rows anew.</summary>
    public static NewJob Reindex(long repositoryId, long accountId) =>
        new(ReindexJob, JsonSerializer.Serialize(new { RepositoryId = repositoryId }), repositoryId.ToString(), repositoryId, accountId);

    static async Task<IResult> StartAsync(string name, Administrator me, JobStore jobs, JobBell bell, CancellationToken stop)
    {
        for (; ; )
        {
            var id = await jobs.EnqueueAsync(new(name, "{}", WholeHub, AccountId: me.Account.Id), stop) ?? (await jobs.FindWaitingAsync(name, WholeHub, stop))?.Id;
            if (id is null) continue;       // the one that waited began just now
            bell.Ring();
            return Results.Json(new StartedAnswer(Ids.ToWire(id.Value)), statusCode: StatusCodes.Status202Accepted);
        }
    }
}
