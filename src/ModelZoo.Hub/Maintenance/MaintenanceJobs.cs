using System.Text.Json;
using ModelZoo.Hub.Database;
using ModelZoo.Hub.Jobs;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Repositories;

namespace ModelZoo.Hub.Maintenance;

/// <summary>How long unreferenced things are kept; null: the usual time.</summary>
sealed record SweepWork(double? GraceHours);

/// <summary>Whether to read all bytes, or only to look that they are there.</summary>
sealed record CheckWork(bool Quick);

/// <summary>Counts have no choices.</summary>
sealed record TotalsWork;

/// <summary>`hub.reindex`: derives one repository anew, or all.</summary>
sealed class ReindexJob(Reindexer reindexer) : JobHandler<ReindexWork>
{
    public override string Name => ReindexWork.JobName;

    protected override async Task<string> RunAsync(ReindexWork payload, JobRun run, CancellationToken stop)
    {
        if (payload.RepositoryId is { } id) return await reindexer.RunAsync(id, run, stop) ? "Derived anew." : "The repository is gone.";
        return $"Derived {await reindexer.RunAllAsync(run, stop)} repositories anew.";
    }
}

/// <summary>`hub.gc`: removes what nothing leads to.</summary>
sealed class SweepJob(Sweeper sweeper) : JobHandler<SweepWork>
{
    public const string JobName = "hub.gc";

    public override string Name => JobName;

    public static NewJob New(double? graceHours = null, long? accountId = null) =>
        new(JobName, JsonSerializer.Serialize(new SweepWork(graceHours)), Subject: "all", AccountId: accountId);

    protected override async Task<string> RunAsync(SweepWork payload, JobRun run, CancellationToken stop)
    {
        var grace = payload.GraceHours is { } hours ? TimeSpan.FromHours(Math.Max(0, hours)) : Sweeper.DefaultGrace;
        return (await sweeper.RunAsync(grace, run, stop)).ToString();
    }
}

/// <summary>`hub.fsck`: checks everything; its log names what is wrong.</summary>
sealed class CheckJob(StoreCheck check) : JobHandler<CheckWork>
{
    public const string JobName = "hub.fsck";

    /// <summary>Lines of findings that a job's log takes; the command line prints all.</summary>
    const int MaxLines = 1_000;

    public override string Name => JobName;

    public static NewJob New(bool quick, long? accountId = null) =>
        new(JobName, JsonSerializer.Serialize(new CheckWork(quick)), Subject: "all", AccountId: accountId);

    protected override async Task<string> RunAsync(CheckWork payload, JobRun run, CancellationToken stop)
    {
        var report = await check.RunAsync(payload.Quick, run, stop);
        foreach (var problem in report.Problems.Take(MaxLines)) run.Log($"{problem.Kind}: {problem.Subject}: {problem.Detail}");
        foreach (var note in report.Notes.Take(MaxLines)) run.Log($"note: {note.Subject}: {note.Detail}");
        return report.ToString();
    }
}

/// <summary>`hub.totals`: lets downloads that are older than the window drop out of the counts.</summary>
sealed class TotalsJob(TotalsStore totals) : JobHandler<TotalsWork>
{
    public const string JobName = "hub.totals";

    const int PageSize = 500;

    public override string Name => JobName;

    public static NewJob New() => new(JobName, JsonSerializer.Serialize(new TotalsWork()), Subject: "all");

    protected override async Task<string> RunAsync(TotalsWork payload, JobRun run, CancellationToken stop)
    {
        var (changed, after) = (0, 0L);
        while (await totals.ListDownloadedAsync(after, PageSize, stop) is { Count: > 0 } page)
        {
            foreach (var id in page)
                if (await totals.RefreshAsync(id, stop)) changed++;
            after = page[^1];
        }
        return $"{changed} counts changed.";
    }
}

/// <summary>Asks for a sweep and fresh counts once a day, on whichever node looks first.</summary>
sealed class DailyMaintenance(HubDatabase database, JobStore jobs, TimeProvider time) : IChore
{
    public TimeSpan Every => TimeSpan.FromMinutes(10);

    public Task RunAsync(CancellationToken stop) => database.WriteAsync(async transaction =>
    {
        var today = time.NowMs() / 86_400_000;
        if (await SweepStore.TryTakeDayAsync(transaction, "last_sweep_day", today, stop))
        {
            await jobs.EnqueueAsync(transaction, SweepJob.New(), stop);
            await jobs.EnqueueAsync(transaction, TotalsJob.New(), stop);
        }
    }, stop);
}
