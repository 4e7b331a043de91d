using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using ModelZoo.Hub.Accounts;
using ModelZoo.Hub.Jobs;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Repositories.Access;

namespace ModelZoo.Hub.Facades.Zoo;

/// <param name="State">waiting, running, done or failed.</param>
/// <param name="Progress">0 to 1.</param>
/// <param name="Message">The last thing worth saying: a stage, a result, or why it failed.</param>
sealed record JobAnswer(
    string Id, string Name, string State, double Progress, string Message, long Attempts, long MaxAttempts,
    string CreatedAt, string? StartedAt, string? FinishedAt, string? RunAfter)
{
    /// <summary>The last lines of its log, oldest first; only when one job is asked for.</summary>
    public IReadOnlyList<JobLineAnswer>? Log { get; init; }

    public static JobAnswer Of(Job job) => new(Ids.ToWire(job.Id), job.Name, job.State, job.Progress, job.Message, job.Attempts, job.MaxAttempts,
        Clock.Iso(job.CreatedAt), Iso(job.StartedAt), Iso(job.FinishedAt), job.State == "waiting" ? Clock.Iso(job.RunAfter) : null);

    static string? Iso(long? at) => at is { } ms ? Clock.Iso(ms) : null;
}

sealed record JobLineAnswer(long Number, string At, string Text);

/// <summary>Long work: of the whole hub for administrators, of a repository for its readers.</summary>
static class JobEndpoints
{
    const int MaxLines = 500;

    public static void Map(IEndpointRouteBuilder app)
    {
        app.MapGet($"{ZooRoutes.Base}/jobs", ListAsync)
            .Describe<IReadOnlyList<JobAnswer>>("listJobs", "jobs", "Jobs, newest first; ?state=, ?before=id, ?limit=");
        app.MapGet($"{ZooRoutes.Base}/jobs/{{id}}", GetAsync)
            .Describe<JobAnswer>("getJob", "jobs", "One job with the end of its log: for administrators, and for who asked for it").ProducesProblem(404);
        app.MapPost($"{ZooRoutes.Base}/jobs/{{id}}/retry", RetryAsync)
            .Describe<JobAnswer>("retryJob", "jobs", "Try a failed job again").ProducesProblem(404).ProducesProblem(409);
        app.MapPost($"{ZooRoutes.Base}/jobs/{{id}}/cancel", CancelAsync)
            .Describe<JobAnswer>("cancelJob", "jobs", "End a job that waits or runs: for who asked for it, who may write to its repository, and administrators").ProducesProblem(404).ProducesProblem(409);
        app.MapGet($"{ZooRoutes.Repository}/jobs", ListOfRepositoryAsync)
            .Describe<IReadOnlyList<JobAnswer>>("listRepositoryJobs", "repositories", "A repository's jobs, newest first").ProducesProblem(404);
    }

    static async Task<IResult> ListAsync(Administrator _, JobStore jobs, CancellationToken stop, string? state = null, string? before = null, int? limit = null)
    {
        if (state is not (null or "waiting" or "running" or "done" or "failed")) throw Refusal.Invalid("\"state\" must be one of [waiting, running, done, failed].");
        return Results.Json((await jobs.ListAsync(state, Paging.Before(before), Paging.Limit(limit), stop)).Select(JobAnswer.Of));
    }

    static async Task<IResult> ListOfRepositoryAsync(ReadableRepository repository, JobStore jobs, CancellationToken stop, string? before = null, int? limit = null) =>
        Results.Json((await jobs.ListOfRepositoryAsync(repository.Id, Paging.Before(before), Paging.Limit(limit), stop)).Select(JobAnswer.Of));

    static async Task<IResult> GetAsync(string id, SignedIn me, JobStore jobs, CancellationToken stop)
    {
        var job = await FindAsync(id, jobs, stop);
        if (!me.Actor.IsAdministrator && job.AccountId != me.Account.Id) throw Refusal.NotFound("There is no such job.");
        var lines = await jobs.TailAsync(job.Id, MaxLines, stop);
        return Results.Json(JobAnswer.Of(job) with { Log = [.. lines.Select(line => new JobLineAnswer(line.Number, Clock.Iso(line.WrittenAt), line.Text))] });
    }

    static async Task<IResult> RetryAsync(string id, Administrator _, JobStore jobs, JobBell bell, CancellationToken stop)
    {
        var job = await FindAsync(id, jobs, stop);
        if (!await jobs.RetryAsync(job.Id, stop)) throw Refusal.Conflict($"Only a failed job can be tried again; this one is {job.State}.");
        bell.Ring();
        return Results.Json(JobAnswer.Of(await FindAsync(id, jobs, stop)));
    }

    /// <summary>What was committed stays; asked for again, such work goes on from there.</summary>
    static async Task<IResult> CancelAsync(string id, SignedIn me, JobStore jobs, AccessPolicy policy, IEnumerable<IJobHandler> handlers, CancellationToken stop)
    {
        var job = await FindAsync(id, jobs, stop);
        if (!me.Actor.IsAdministrator && job.AccountId != me.Account.Id) await RequireWriterAsync(job, me, policy, stop);
        me.RequireWrite();
        if (handlers.FirstOrDefault(handler => handler.Name == job.Name) is not { MayBeCancelled: true }) throw Refusal.Conflict($"A job '{job.Name}' is not cancelled here.");
        if (!await jobs.CancelAsync(job.Id, $"Cancelled by {me.Account.Handle}.", stop)) throw Refusal.Conflict($"It has ended already: it is {job.State}.");
        return Results.Json(JobAnswer.Of(await FindAsync(id, jobs, stop)));
    }

    static async Task RequireWriterAsync(Job job, SignedIn me, AccessPolicy policy, CancellationToken stop)
    {
        try
        {
            await policy.GetAsync(job.RepositoryId ?? 0, me.Actor, AccessLevel.Write, stop);
        }
        catch (Refusal)
        {
            throw Refusal.NotFound("There is no such job.");
        }
    }

    static async Task<Job> FindAsync(string id, JobStore jobs, CancellationToken stop) =>
        (Ids.TryFromWire(id, out var jobId) ? await jobs.FindAsync(jobId, stop) : null) ?? throw Refusal.NotFound("There is no such job.");
}
