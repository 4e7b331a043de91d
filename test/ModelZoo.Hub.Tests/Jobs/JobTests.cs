using Microsoft.Extensions.Logging.Abstractions;
using ModelZoo.Hub.Database;
using ModelZoo.Hub.Jobs;

namespace ModelZoo.Hub.Tests.Jobs;

/// <summary>The queue with a clock that the test moves. The hub itself runs no workers here.</summary>
public abstract class JobTests(TestHub hub)
{
    readonly SettableClock _clock = new();

    static readonly string[] s_names = ["test.lost", "test.work", "test.fails", "test.kills", "test.twin", "test.many", "test.slow"];

    JobStore Queue() => new(hub.Get<HubDatabase>(), _clock);

    [Fact]
    public async Task A_job_of_a_transaction_that_is_rolled_back_does_not_exist()
    {
        var jobs = await EmptyQueueAsync();
        await Assert.ThrowsAsync<InvalidOperationException>(() => hub.Get<HubDatabase>().WriteAsync(async transaction =>
        {
            Assert.NotNull(await jobs.EnqueueAsync(transaction, new NewJob("test.lost", "{}"), default));
            throw new InvalidOperationException("changed my mind");
        }, default));
        Assert.Null(await jobs.ClaimAsync("a", s_names, default));
        Assert.Empty(await jobs.ListAsync(null, null, 10, default));
    }

    [Fact]
    public async Task Another_worker_takes_over_when_the_first_is_silent_and_the_first_can_do_no_harm()
    {
        var jobs = await EmptyQueueAsync();
        var id = (await jobs.EnqueueAsync(new NewJob("test.work", "{}"), default))!.Value;
        var first = (await jobs.ClaimAsync("first", s_names, default))!;
        Assert.Equal((id, 1L), (first.Id, first.Attempts));
        Assert.Null(await jobs.ClaimAsync("second", s_names, default));
        _clock.Now += JobStore.Lease / 2;
        Assert.True(await jobs.RenewAsync(first.Id, "first", 0.5, "half way", default));
        _clock.Now += JobStore.Lease * 0.9;
        Assert.Null(await jobs.ClaimAsync("second", s_names, default));
        _clock.Now += JobStore.Lease;
        Assert.Equal(2, (await jobs.ClaimAsync("second", s_names, default))!.Attempts);

        Assert.False(await jobs.RenewAsync(first.Id, "first", 0.9, "still here", default));
        await jobs.FinishAsync(first.Id, "first", "mine", default);
        await jobs.FailAsync(first, "first", "mine", default);
        await jobs.ReleaseAsync(first.Id, "first", default);
        Assert.Equal("running", (await jobs.FindAsync(first.Id, default))!.State);
        await jobs.FinishAsync(first.Id, "second", "done by the second", default);
        var done = (await jobs.FindAsync(first.Id, default))!;
        Assert.Equal(("done", "done by the second", 1.0), (done.State, done.Message, done.Progress));
    }

    [Fact]
    public async Task A_failing_job_is_tried_again_later_and_later_and_then_no_more()
    {
        var jobs = await EmptyQueueAsync();
        await jobs.EnqueueAsync(new NewJob("test.fails", "{}"), default);
        var waits = new List<double>();
        for (var attempt = 1; attempt <= 5; attempt++)
        {
            var job = (await jobs.ClaimAsync($"try{attempt}", s_names, default))!;
            Assert.Equal(attempt, job.Attempts);
            await jobs.FailAsync(job, $"try{attempt}", "no", default);
            var after = (await jobs.FindAsync(job.Id, default))!;
            if (attempt == 5)
            {
                Assert.Equal("failed", after.State);
                Assert.NotNull(after.FinishedAt);
                break;
            }
            waits.Add((after.RunAfter - _clock.Now.ToUnixTimeMilliseconds()) / 1000.0);
            Assert.Null(await jobs.ClaimAsync("early", s_names, default));
            _clock.Now = DateTimeOffset.FromUnixTimeMilliseconds(after.RunAfter);
        }
        Assert.Equal([2, 4, 8, 16], waits);
        _clock.Now += TimeSpan.FromDays(1);
        Assert.Null(await jobs.ClaimAsync("late", s_names, default));
    }

    [Fact]
    public async Task A_job_that_kills_its_workers_fails_in_the_end()
    {
        var jobs = await EmptyQueueAsync();
        var id = (await jobs.EnqueueAsync(new NewJob("test.kills", "{}"), default))!.Value;
        for (var attempt = 1; attempt <= 5; attempt++)
        {
            Assert.NotNull(await jobs.ClaimAsync($"{attempt}", s_names, default));
            _clock.Now += JobStore.Lease * 2;
        }
        Assert.Null(await jobs.ClaimAsync("sixth", s_names, default));
        Assert.Equal("failed", (await jobs.FindAsync(id, default))!.State);
        Assert.True(await jobs.RetryAsync(id, default));
        Assert.Equal(1, (await jobs.ClaimAsync("again", s_names, default))!.Attempts);
    }

    [Fact]
    public async Task A_job_that_fails_while_one_like_it_waits_leaves_the_work_to_that_one()
    {
        var jobs = await EmptyQueueAsync();
        var like = new NewJob("test.twin", "{}", Subject: "7");
        await jobs.EnqueueAsync(like, default);
        Assert.Null(await jobs.EnqueueAsync(like, default));
        var first = (await jobs.ClaimAsync("a", s_names, default))!;
        var second = (await jobs.EnqueueAsync(like, default))!.Value;
        await jobs.FailAsync(first, "a", "no", default);
        Assert.Equal("failed", (await jobs.FindAsync(first.Id, default))!.State);
        Assert.Equal("waiting", (await jobs.FindAsync(second, default))!.State);
        Assert.False(await jobs.RetryAsync(first.Id, default));
        Assert.Equal(second, (await jobs.ClaimAsync("b", s_names, default))!.Id);
        await jobs.EnqueueAsync(like, default);
        await jobs.ReleaseAsync(second, "b", default);
        Assert.Equal("failed", (await jobs.FindAsync(second, default))!.State);
    }

    [Fact]
    public async Task Many_workers_do_each_job_once()
    {
        var jobs = await EmptyQueueAsync();
        for (var i = 0; i < 60; i++) await jobs.EnqueueAsync(new NewJob("test.many", "{}"), default);
        var handler = new Counting();
        var workers = Enumerable.Range(0, 6).Select(_ =>
            new JobWorker(jobs, new JobBell(), [handler], new HubOptions { Workers = 1 }, NullLogger<JobWorker>.Instance)).ToList();
        await Task.WhenAll(workers.Select(async worker =>
        {
            for (var idle = 0; idle < 5;)
                if (await worker.RunNextAsync(default)) idle = 0;
                else { idle++; await Task.Delay(20); }
        }));
        Assert.Equal(60, handler.Runs.Count);
        Assert.Equal(60, handler.Runs.Distinct().Count());
        Assert.Equal("done", Assert.Single(await jobs.CountAsync(default)).State);
    }

    [Fact]
    public async Task A_worker_that_shuts_down_gives_its_job_back_unharmed()
    {
        var jobs = await EmptyQueueAsync();
        var id = (await jobs.EnqueueAsync(new NewJob("test.slow", "{}"), default))!.Value;
        using var stop = new CancellationTokenSource();
        var running = new JobWorker(jobs, new JobBell(), [new Slow()], new HubOptions(), NullLogger<JobWorker>.Instance).RunNextAsync(stop.Token);
        while ((await jobs.FindAsync(id, default))!.State != "running") await Task.Delay(20);
        await stop.CancelAsync();
        await running;
        var after = (await jobs.FindAsync(id, default))!;
        Assert.Equal(("waiting", 0L), (after.State, after.Attempts));
    }

    async Task<JobStore> EmptyQueueAsync()
    {
        await hub.Get<HubDatabase>().ExecuteAsync("delete from job", null, default);
        return Queue();
    }

    sealed class SettableClock : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = DateTimeOffset.FromUnixTimeMilliseconds(System.GetUtcNow().ToUnixTimeMilliseconds());

        public override DateTimeOffset GetUtcNow() => Now;
    }

    sealed class Counting : IJobHandler
    {
        public System.Collections.Concurrent.ConcurrentQueue<long> Runs { get; } = new();

        public string Name => "test.many";

        public Task<string> RunAsync(string payload, JobRun run, CancellationToken stop)
        {
            Runs.Enqueue(run.Job.Id);
            return Task.FromResult("");
        }
    }

    sealed class Slow : IJobHandler
    {
        public string Name => "test.slow";

        public async Task<string> RunAsync(string payload, JobRun run, CancellationToken stop)
        {
            await Task.Delay(TimeSpan.FromMinutes(5), stop);
            return "";
        }
    }
}

public sealed class QuietSqliteHub : SqliteHub
{
    private protected override void Adjust(HubOptions options) => options.Workers = 0;
}

public sealed class QuietPostgresHub : PostgresHub
{
    private protected override void Adjust(HubOptions options) => options.Workers = 0;
}

public sealed class JobTests_Sqlite(QuietSqliteHub hub) : JobTests(hub), IClassFixture<QuietSqliteHub>;

public sealed class JobTests_Postgres(QuietPostgresHub hub) : JobTests(hub), IClassFixture<QuietPostgresHub>;
