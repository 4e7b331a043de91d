using ModelZoo.Hub.Jobs;
using ModelZoo.Hub.Serving.Processes;

namespace ModelZoo.Hub.Evaluations.Runs;

/// <summary>Starts a worker process for a run, follows it, and keeps what it writes.</summary>
sealed class EvaluationWorker(EvaluationStore store, LimitedProcesses processes, HubOptions options)
{
    static readonly TimeSpan s_report = TimeSpan.FromSeconds(1), s_keep = TimeSpan.FromSeconds(10);

    /// <summary>Share of a job's progress that the worker's samples are.</summary>
    const double Share = 0.95;

    /// <returns>Null when it ended well; otherwise why it did not, in a sentence.</returns>
    /// <exception cref="EvaluationCancelled">Somebody cancelled the run.</exception>
    public async Task<string?> RunAsync(
        EvaluationRow row, WorkerPlan plan, RunFolder folder, IReadOnlyList<string> readable, ProcessLimits limits, string? key, JobRun run, CancellationToken stop)
    {
        var parts = new WrittenParts(store, row.Id, folder.Output, options.Evaluation.SampleBytes);
        await parts.RestoreAsync(stop);
        await File.WriteAllBytesAsync(folder.PlanFile, plan.ToJson(), stop);
        var environment = key is null ? null : new Dictionary<string, string> { [WorkerPlan.KeyVariable] = key };
        await using var process = processes.Start([WorkerPlan.Command, folder.PlanFile], folder.Work, limits with { Readable = readable }, environment);
        var heard = new Heard();
        var reading = heard.ReadAsync(process.Output);
        process.OnErrorLine = line => run.Log(Shown(line, key));
        try
        {
            await FollowAsync(row, process, heard, parts, run, stop);
            var exit = await process.Exit;
            await Task.WhenAny(reading, Task.Delay(s_report, CancellationToken.None));
            await parts.KeepAsync(stop);
            await store.ReportAsync(row.Id, heard.Done, heard.Total, heard.Errors, "", stop);
            if (exit.End == ProcessEnd.Done && heard.IsDone) return null;
            if (exit.ErrorTail.Length > 0) run.Log(Shown(exit.ErrorTail, key));
            return Shown(heard.Failed ?? (exit.End == ProcessEnd.Done ? "The worker ended without a result." : $"The worker could not finish. {exit.Words}"), key);
        }
        catch
        {
            // Lost lease, shutdown or cancelling: the worker goes at once, and what it has written stays for the next try.
            process.Stop();
            await process.Exit;
            await parts.KeepAsync(CancellationToken.None);
            throw;
        }
    }

    async Task FollowAsync(EvaluationRow row, LimitedProcess process, Heard heard, WrittenParts parts, JobRun run, CancellationToken stop)
    {
        run.Log($"Worker {process.Id} measures; it is held by {(await Task.WhenAny(process.Confinement, Task.Delay(s_keep, stop)) == process.Confinement && process.Confinement.Result is { Length: > 0 } means ? means : "the watch alone")}.");
        for (var kept = DateTime.UtcNow; await Task.WhenAny(process.Exit, Task.Delay(s_report, stop)) != process.Exit;)
        {
            stop.ThrowIfCancellationRequested();
            var words = heard.Task is { } task ? $"{task}: {heard.Done}{(heard.Total is { } total ? $" of {total}" : "")} samples" : "loading the model";
            run.Report(heard.Total is { } all and > 0 ? Math.Min(Share, Share * heard.Done / all) : 0, words);
            if (!await store.ReportAsync(row.Id, heard.Done, heard.Total, heard.Errors, words, stop)) throw new EvaluationCancelled();
            if (DateTime.UtcNow - kept < s_keep) continue;
            await parts.KeepAsync(stop);
            kept = DateTime.UtcNow;
        }
    }

    /// <summary>A server may repeat the key that it was shown; nobody else shall see it.</summary>
    static string Shown(string text, string? key) => key is { Length: > 0 } ? text.Replace(key, "…", StringComparison.Ordinal) : text;

    /// <summary>What the worker has said so far.</summary>
    sealed class Heard
    {
        readonly Dictionary<string, WorkerReport> _tasks = new(StringComparer.Ordinal);

        public string? Task { get; private set; }
        public string? Failed { get; private set; }
        public bool IsDone { get; private set; }

        public long Done => Sum(report => report.Done);
        public long Errors => Sum(report => report.Errors);

        /// <summary>Of all tasks that it has begun; null while that is not known of one.</summary>
        public long? Total
        {
            get { lock (_tasks) return _tasks.Count > 0 && _tasks.Values.All(report => report.Total is not null) ? _tasks.Values.Sum(report => report.Total) : null; }
        }

        long Sum(Func<WorkerReport, long> part)
        {
            lock (_tasks) return _tasks.Values.Sum(part);
        }

        public async Task ReadAsync(Stream output)
        {
            try
            {
                using var lines = new BoundedLines(output);
                while (await lines.ReadAsync() is { } line)
                {
                    if (WorkerReport.TryParse(line) is not { } report) continue;
                    if (report.Failed is { Length: > 0 } reason) Failed = reason;
                    IsDone |= report.IsDone;
                    if (report.Task is not { Length: > 0 and < 300 } task) continue;
                    Task = task;
                    lock (_tasks)
                        if (_tasks.ContainsKey(task) || _tasks.Count < 10_000) _tasks[task] = report;
                }
            }
            catch (Exception e) when (e is IOException or ObjectDisposedException)
            {
                // The pipe went with the process.
            }
        }
    }
}
