using Microsoft.Extensions.Logging;
using ModelZoo.Hub.Jobs;
using ModelZoo.Hub.Serving.Processes;

namespace ModelZoo.Hub.Evaluations.Runs;

/// <summary>Where workers write: a folder for each run, which a second try finds again. It goes with the run; what is left behind otherwise, the chore removes.</summary>
sealed class EvaluationScratch(HubOptions options, EvaluationStore store, TimeProvider time, ILogger<EvaluationScratch> log) : IChore
{
    readonly ResumableFolders _folders = new(options.Evaluation.ScratchFolder ?? Path.Combine(options.DataFolder, "evaluations"));

    public TimeSpan Every => TimeSpan.FromMinutes(5);

    /// <exception cref="Kernel.Refusal">An earlier try of this node is still ending.</exception>
    public RunFolder Open(long id) => new(_folders.Open(id, "run"));

    public async Task RunAsync(CancellationToken stop)
    {
        await store.FollowJobsAsync(stop);
        await store.SweepPartsAsync(time.GetUtcNow().AddDays(-options.Evaluation.KeepDays), stop);
        foreach (var folder in await _folders.SweepAsync(async id => await store.FindAsync(id, stop) is { IsOpen: true })) log.ScratchSwept(folder);
    }
}

/// <summary>One run's folder on this node, held by one try.</summary>
sealed class RunFolder : IDisposable
{
    readonly ResumableFolder _folder;

    public RunFolder(ResumableFolder folder)
    {
        _folder = folder;
        Directory.CreateDirectory(Output);
        Directory.CreateDirectory(Packed);
    }

    /// <summary>The worker's own folder: all that it may write to.</summary>
    public string Work => Path.Combine(_folder.Path, "work");

    public string Output => Path.Combine(Work, "out");

    /// <summary>What the hub makes of the worker's files; the worker does not see it.</summary>
    public string Packed => Path.Combine(_folder.Path, "packed");

    public string PlanFile => Path.Combine(Work, WorkerPlan.FileName);

    /// <summary>The run has ended: nobody comes back for what lies here.</summary>
    public void SetOver() => _folder.SetOver();

    public void Dispose() => _folder.Dispose();
}
