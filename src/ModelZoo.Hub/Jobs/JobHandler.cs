using System.Text.Json;

namespace ModelZoo.Hub.Jobs;

/// <summary>Does one kind of job. Must bear being killed at any moment and being run again.</summary>
interface IJobHandler
{
    /// <summary>The stable name that rows carry.</summary>
    string Name { get; }

    /// <summary>How many of these one node runs at once: work that takes hours must not take all workers.</summary>
    int MostAtOnce => int.MaxValue;

    /// <summary>Whoever asked may end such a job: it is stopped like one whose lease was lost, and nobody else keeps account of it.</summary>
    bool MayBeCancelled => false;

    /// <returns>One line that says what came of it.</returns>
    Task<string> RunAsync(string payload, JobRun run, CancellationToken stop);
}

/// <summary>A handler whose payload is a record.</summary>
abstract class JobHandler<TPayload> : IJobHandler
{
    public abstract string Name { get; }

    public virtual int MostAtOnce => int.MaxValue;

    public virtual bool MayBeCancelled => false;

    public Task<string> RunAsync(string payload, JobRun run, CancellationToken stop) =>
        RunAsync(JsonSerializer.Deserialize<TPayload>(payload)!, run, stop);

    protected abstract Task<string> RunAsync(TPayload payload, JobRun run, CancellationToken stop);
}

/// <summary>The job cannot be done, and trying again would change nothing: it fails at once, with these words.</summary>
sealed class HopelessJob(string message, Exception? cause = null) : Exception(message, cause);

/// <summary>What a running job can say: progress and log lines, written now and then by the worker.</summary>
/// <param name="isHeld">Asks the queue whether the job is still this try's; null where there is no queue.</param>
sealed class JobRun(Job job, Func<CancellationToken, Task<bool>>? isHeld = null)
{
    readonly Lock _gate = new();
    readonly List<string> _lines = [];

    public Job Job => job;

    public double Progress { get; private set; }

    public string Stage { get; private set; } = "";

    /// <summary>Whether the job is still this try's. A worker that was away for long learns here that another has its work.</summary>
    public Task<bool> IsHeldAsync(CancellationToken stop) => isHeld?.Invoke(stop) ?? Task.FromResult(true);

    public void Report(double progress, string stage)
    {
        lock (_gate) (Progress, Stage) = (Math.Clamp(progress, 0, 1), stage);
    }

    public void Log(string line)
    {
        lock (_gate) _lines.Add(line);
    }

    internal IReadOnlyList<string> TakeLines()
    {
        lock (_gate)
        {
            var lines = _lines.ToArray();
            _lines.Clear();
            return lines;
        }
    }
}
