using System.Diagnostics;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using ModelZoo.Hub.Kernel;

namespace ModelZoo.Hub.Jobs;

/// <summary>Tries jobs, several at once. Each try holds a lease that it renews; a worker that loses its lease stops.</summary>
sealed class JobWorker(JobStore jobs, JobBell bell, IEnumerable<IJobHandler> handlers, HubOptions options, ILogger<JobWorker> log) : BackgroundService
{
    static readonly TimeSpan s_idle = TimeSpan.FromSeconds(2);
    static readonly TimeSpan s_beat = TimeSpan.FromSeconds(1);

    readonly Dictionary<string, IJobHandler> _handlers = handlers.ToDictionary(handler => handler.Name);

    /// <summary>Jobs of other names are left for nodes that know them: while an upgrade goes on, some do not.</summary>
    readonly string[] _names = [.. handlers.Select(handler => handler.Name).Order(StringComparer.Ordinal)];

    /// <summary>Free places, for the kinds of job that few may run at once.</summary>
    readonly Dictionary<string, SemaphoreSlim> _places = handlers.Where(handler => handler.MostAtOnce < int.MaxValue).ToDictionary(handler => handler.Name, handler => new SemaphoreSlim(handler.MostAtOnce));

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Task.WhenAll(Enumerable.Range(0, options.Workers).Select(_ => Task.Run(() => WorkAsync(stoppingToken), stoppingToken)));

    async Task WorkAsync(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            try
            {
                if (!await RunNextAsync(stop)) await bell.WaitAsync(s_idle, stop);
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                return;
            }
            catch (Exception error)
            {
                // The database may be away; the queue is durable, so wait and look again.
                log.QueueUnreachable(error);
                await Task.Delay(s_idle, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    /// <summary>Runs the next job that is due. False when there was none.</summary>
    internal async Task<bool> RunNextAsync(CancellationToken stop)
    {
        var lease = Secrets.NewText(16);
        if (await ClaimAsync(lease, stop) is not { } job) return false;
        using var place = Place(job.Name);
        var run = new JobRun(job, cancel => jobs.IsHeldAsync(job.Id, lease, cancel));
        using var activity = ZooMeter.Activities.StartActivity($"job {job.Name}");
        var began = Stopwatch.GetTimestamp();
        using var lost = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var work = TryAsync(job, run, lost.Token);
        for (var renewed = Stopwatch.StartNew(); await Task.WhenAny(work, Task.Delay(s_beat, CancellationToken.None)) != work;)
        {
            var mine = await TryRenewAsync(job, lease, run);
            if (mine == true) renewed.Restart();
            if (mine ?? renewed.Elapsed < JobStore.Lease) continue;
            log.LeaseLost(job.Id, job.Name);
            await lost.CancelAsync();
            await work;
        }
        var (message, error) = await work;
        ZooMeter.JobsRun.Record(Stopwatch.GetElapsedTime(began).TotalSeconds,
            new KeyValuePair<string, object?>("job", job.Name), new KeyValuePair<string, object?>("outcome", error is null ? "done" : "failed"));
        // Cancelled, or somebody else's by now: there is nothing of it to tell.
        if (error is not null && lost.IsCancellationRequested && !stop.IsCancellationRequested) return true;
        if (error is not null && stop.IsCancellationRequested)
        {
            await jobs.ReleaseAsync(job.Id, lease, CancellationToken.None);
            return true;
        }
        if (error is not null) run.Log(error is Refusal or HopelessJob ? error.Message : error.ToString());
        await WriteLinesAsync(job.Id, run);
        if (error is null)
        {
            if (await jobs.FinishAsync(job.Id, lease, message, CancellationToken.None)) log.JobDone(job.Id, job.Name, message);
            else log.LeaseLost(job.Id, job.Name);
        }
        else
        {
            await jobs.FailAsync(error is HopelessJob ? job with { Attempts = job.MaxAttempts } : job, lease, error.Message, CancellationToken.None);
            log.JobFailed(error, job.Id, job.Name, job.Attempts);
        }
        return true;
    }

    /// <summary>Takes a job that this node may run now. Places of those kinds that few may run at once are taken before and given back if unused.</summary>
    async Task<Job?> ClaimAsync(string lease, CancellationToken stop)
    {
        var taken = _places.Where(place => place.Value.Wait(0, CancellationToken.None)).Select(place => place.Key).ToList();
        Job? job = null;
        try
        {
            job = await jobs.ClaimAsync(lease, [.. _names.Where(name => !_places.ContainsKey(name) || taken.Contains(name))], stop);
            return job;
        }
        finally
        {
            foreach (var name in taken.Where(name => name != job?.Name)) _places[name].Release();
        }
    }

    /// <summary>Gives the place back when the job is over.</summary>
    Releaser? Place(string name) => _places.TryGetValue(name, out var place) ? new(place) : null;

    sealed class Releaser(SemaphoreSlim place) : IDisposable
    {
        public void Dispose() => place.Release();
    }

    async Task<(string Message, Exception? Error)> TryAsync(Job job, JobRun run, CancellationToken stop)
    {
        try
        {
            return (await _handlers[job.Name].RunAsync(job.Payload, run, stop), null);
        }
        catch (Exception error)
        {
            return ("", error);
        }
    }

    /// <summary>True: the job is still ours; false: somebody else has it; null: the database cannot be asked now.</summary>
    async Task<bool?> TryRenewAsync(Job job, string lease, JobRun run)
    {
        try
        {
            await WriteLinesAsync(job.Id, run);
            return await jobs.RenewAsync(job.Id, lease, run.Progress, run.Stage, CancellationToken.None);
        }
        catch (Refusal unreachable)
        {
            log.QueueUnreachable(unreachable);
            return null;
        }
    }

    async Task WriteLinesAsync(long id, JobRun run)
    {
        var lines = run.TakeLines();
        if (lines.Count > 0) await jobs.AddLinesAsync(id, await jobs.NextLineAsync(id, CancellationToken.None), lines, CancellationToken.None);
    }
}
