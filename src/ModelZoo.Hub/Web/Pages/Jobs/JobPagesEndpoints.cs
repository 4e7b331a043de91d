using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using ModelZoo.Hub.Accounts;
using ModelZoo.Hub.Conversions;
using ModelZoo.Hub.Jobs;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Repositories;
using ModelZoo.Hub.Repositories.Access;
using ModelZoo.Hub.Web.Pages.Repositories;

namespace ModelZoo.Hub.Web.Pages.Jobs;

/// <summary>/jobs and /jobs/{id}. An administrator sees all; others see jobs of repositories that they may write to, and their own.</summary>
static class JobPagesEndpoints
{
    const int PageSize = 50;
    const int LogLines = 500;

    /// <summary>Jobs looked through for one page of somebody who may not see all of them.</summary>
    const int MaxLookedAt = 1_000;

    static readonly string[] s_states = ["waiting", "running", "done", "failed"];

    public static void Map(IEndpointRouteBuilder app)
    {
        app.MapPage("/jobs", ListAsync);
        app.MapPage("/jobs/{id}", ShowAsync);
        app.MapForm("/jobs/{id}/retry", RetryAsync);
    }

    static async Task<IResult> ListAsync(SignedIn me, HttpContext http, PageFrames frames, JobStore jobs, JobSight sight, CancellationToken stop)
    {
        var state = s_states.FirstOrDefault(s => s == http.Request.Query["state"]);
        long? before = long.TryParse(http.Request.Query["before"], out var id) ? id : null;
        var (page, more) = await VisibleAsync(me, state, before, jobs, sight, stop);
        var counts = me.Actor.IsAdministrator ? (await jobs.CountAsync(stop)).ToDictionary(c => c.State, c => c.Jobs) : null;
        var query = state is null ? "/jobs" : $"/jobs?state={state}";
        return new PageResult<JobsPage>(new JobsPageModel(frames.For(http))
        {
            States = [new("all", counts?.Values.Sum() ?? page.Count, state is null, Href.Local("/jobs")),
                .. s_states.Select(s => new JobStateLink(s, counts?.GetValueOrDefault(s) ?? page.Count(j => j.State == s), s == state, Href.Local($"/jobs?state={s}")))],
            Jobs = page,
            IsBusy = before is null && page.Any(j => j.State is "running" or "waiting"),
            FirstPage = before is null ? null : Href.Local(query),
            NextPage = more && page.Count > 0 ? Href.Local($"{query}{(state is null ? '?' : '&')}before={page[^1].Id}") : null,
        });
    }

    static async Task<(IReadOnlyList<JobSummary> Page, bool More)> VisibleAsync(SignedIn me, string? state, long? before, JobStore jobs, JobSight sight, CancellationToken stop)
    {
        var page = new List<JobSummary>();
        for (var looked = 0; looked < MaxLookedAt;)
        {
            var rows = await jobs.ListAsync(state, before, PageSize + 1, stop);
            foreach (var row in rows)
            {
                if (page.Count == PageSize) return (page, true);
                if (await sight.FindAsync(row, me, stop) is { } summary) page.Add(summary);
            }
            if (rows.Count <= PageSize) return (page, false);
            (before, looked) = (rows[^1].Id, looked + rows.Count);
        }
        return (page, page.Count > 0);
    }

    static async Task<IResult> ShowAsync(SignedIn me, string id, HttpContext http, PageFrames frames, JobStore jobs, JobSight sight, JobStories stories, CancellationToken stop)
    {
        var (job, summary) = await GetAsync(me, id, jobs, sight, stop);
        return new PageResult<JobPage>(new JobPageModel(frames.For(http), summary)
        {
            Log = [.. (await jobs.TailAsync(job.Id, LogLines, stop)).Select(l => new JobLogLine(DateTimeOffset.FromUnixTimeMilliseconds(l.WrittenAt), l.Text))],
            Error = job.State == "failed" || (job.State == "waiting" && job.Attempts > 0) ? job.Message : null,
            Message = job.State is "running" or "done" ? job.Message : null,
            Story = await stories.FindAsync(job, me, stop),
            Result = await sight.FindResultAsync(job, stop),
            NextAttemptAt = job.State == "waiting" && job.Attempts > 0 ? DateTimeOffset.FromUnixTimeMilliseconds(job.RunAfter) : null,
            MayRetry = job.State == "failed",
        });
    }

    static async Task<IResult> RetryAsync(SignedIn me, string id, PostedForm form, JobStore jobs, JobSight sight, JobBell bell, CancellationToken stop)
    {
        _ = form;
        me.RequireWrite();
        var (job, _) = await GetAsync(me, id, jobs, sight, stop);
        if (!await jobs.RetryAsync(job.Id, stop)) throw Refusal.Conflict("Only a failed job can be tried again.");
        bell.Ring();
        return PageRouting.SeeOther($"/jobs/{job.Id}", "enqueued");
    }

    static async Task<(Job Job, JobSummary Summary)> GetAsync(SignedIn me, string id, JobStore jobs, JobSight sight, CancellationToken stop) =>
        (Ids.TryFromWire(id, out var number) || long.TryParse(id, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out number)) && await jobs.FindAsync(number, stop) is { } job && await sight.FindAsync(job, me, stop) is { } summary
            ? (job, summary)
            : throw Refusal.NotFound("There is no such job.");
}

/// <summary>Decides who sees a job, and says what it is about.</summary>
sealed class JobSight(RepositoryStore repositories, AccessPolicy policy)
{
    /// <summary>Null when the job is none of this actor's business.</summary>
    public async Task<JobSummary?> FindAsync(Job job, SignedIn me, CancellationToken stop)
    {
        var repository = job.RepositoryId is { } id ? await repositories.FindAsync(id, stop) : null;
        var isOwn = me.Actor.IsAdministrator || job.AccountId == me.Account.Id
            || (repository is not null && await policy.FindReadableAsync(repository.Kind, repository.Owner, repository.Name, me.Actor, stop) is { Level: >= AccessLevel.Write });
        if (!isOwn) return null;
        return new(job.Id.ToString(), job.Name, job.State, At(job.CreatedAt)!.Value)
        {
            Subject = repository?.FullName ?? "the hub",
            SubjectLink = repository is null ? null : RepositoryPageParts.Links(repository).Home,
            Attempts = (int)job.Attempts,
            Progress = job.Progress,
            StartedAt = At(job.StartedAt),
            EndedAt = At(job.FinishedAt),
        };
    }

    /// <summary>The page of what a job made.</summary>
    public async Task<Href?> FindResultAsync(Job job, CancellationToken stop) =>
        ConversionJob.FindPullRequest(job) is { } number && await repositories.FindAsync(ConversionJob.FindTarget(job), stop) is { } target
            ? RepositoryPageParts.Links(target).Discussion(number) : null;

    static DateTimeOffset? At(long? unixMs) => unixMs is { } ms ? DateTimeOffset.FromUnixTimeMilliseconds(ms) : null;
}
