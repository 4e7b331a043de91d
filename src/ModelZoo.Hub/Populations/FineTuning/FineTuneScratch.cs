using Microsoft.Extensions.Logging;
using ModelZoo.Hub.Jobs;
using ModelZoo.Hub.Serving.Processes;

namespace ModelZoo.Hub.Populations.FineTuning;

/// <summary>Where workers write: a folder for each job, with the state after its last epoch, which the next try on this node goes on with. What is left behind, the chore removes.</summary>
sealed class FineTuneScratch(HubOptions options, JobStore jobs, FineTuneStateStore states, ILogger<FineTuneScratch> log) : IChore
{
    readonly ResumableFolders _folders = new(options.FineTuning.ScratchFolder ?? Path.Combine(options.DataFolder, "finetuning"));

    public TimeSpan Every => TimeSpan.FromMinutes(5);

    /// <exception cref="Kernel.Refusal">An earlier try of this node is still ending.</exception>
    public FineTuneFolder Open(long jobId) => new(_folders.Open(jobId, "job"));

    public async Task RunAsync(CancellationToken stop)
    {
        foreach (var folder in await _folders.SweepAsync(async id => await jobs.FindAsync(id, stop) is { State: "waiting" or "running" })) log.ScratchSwept(folder);
        await states.TrimAsync(stop);
    }
}

/// <summary>One job's folder on this node, held by one try.</summary>
sealed class FineTuneFolder : IDisposable
{
    readonly ResumableFolder _folder;

    public FineTuneFolder(ResumableFolder folder)
    {
        _folder = folder;
        Directory.CreateDirectory(Work);
    }

    /// <summary>The worker's own folder: all that it may write to.</summary>
    public string Work => Path.Combine(_folder.Path, "work");

    public string PlanFile => Path.Combine(Work, FineTunePlan.FileName);

    /// <param name="name">Of the result, as its card says it.</param>
    public string Output(string name) => Path.Combine(Work, "out", name);

    /// <summary>Where the state after the last epoch lies.</summary>
    public string State(string name) => Path.Combine(Output(name), FineTunePlan.StateFolder, FineTunePlan.StateFile);

    /// <summary>A worker that ended well has taken its state away; where nobody committed its result since, the work is done again rather than refused.</summary>
    public void ForgetEnded(string name)
    {
        if (Directory.Exists(Output(name)) && !Directory.Exists(Path.GetDirectoryName(State(name)))) Directory.Delete(Output(name), recursive: true);
    }

    /// <summary>Lays what another node kept beside what this one has; the worker takes whichever is further.</summary>
    public async Task BringAsync(string name, byte[] state, CancellationToken stop)
    {
        var folder = Directory.CreateDirectory(Path.Combine(Output(name), FineTunePlan.StateFolder)).FullName;
        await File.WriteAllBytesAsync(Path.Combine(folder, FineTunePlan.BroughtFile), state, stop);
    }

    /// <summary>The job has ended: nobody comes back for what lies here.</summary>
    public void SetOver() => _folder.SetOver();

    public void Dispose() => _folder.Dispose();
}
