using Microsoft.Extensions.Logging;
using ModelZoo.Hub.Jobs;
using ModelZoo.Hub.Kernel;

namespace ModelZoo.Hub.Populations.FineTuning;

/// <summary>Where workers write: a folder for each job, with the state after its last epoch, which the next try on this node goes on with. What is left behind, the chore removes.</summary>
sealed class FineTuneScratch(HubOptions options, JobStore jobs, ILogger<FineTuneScratch> log) : IChore
{
    const string LockName = ".in-use";

    readonly string _root = options.FineTuning.ScratchFolder ?? Path.Combine(options.DataFolder, "finetuning");

    public TimeSpan Every => TimeSpan.FromMinutes(5);

    /// <exception cref="Refusal">An earlier try of this node is still ending.</exception>
    public FineTuneFolder Open(long jobId)
    {
        var path = Path.Combine(Path.GetFullPath(_root), Ids.ToWire(jobId));
        Directory.CreateDirectory(path);
        try
        {
            return new(path, new FileStream(Path.Combine(path, LockName), FileMode.OpenOrCreate, FileAccess.Write, FileShare.None));
        }
        catch (IOException)
        {
            throw new Refusal(RefusalKind.Unavailable, "An earlier try of this job is still ending.");
        }
    }

    public async Task RunAsync(CancellationToken stop)
    {
        if (!Directory.Exists(_root)) return;
        foreach (var folder in Directory.GetDirectories(_root))
        {
            if (!Ids.TryFromWire(Path.GetFileName(folder), out var id) || await jobs.FindAsync(id, stop) is { State: "waiting" or "running" }) continue;
            try
            {
                using (new FileStream(Path.Combine(folder, LockName), FileMode.OpenOrCreate, FileAccess.Write, FileShare.None)) Directory.Delete(folder, recursive: true);
                log.ScratchSwept(Path.GetFileName(folder));
            }
            catch (IOException)
            {
                // Somebody works in it.
            }
        }
    }
}

/// <summary>One job's folder on this node, held by one try.</summary>
sealed class FineTuneFolder : IDisposable
{
    readonly FileStream _hold;
    readonly string _path;
    bool _isOver;

    public FineTuneFolder(string path, FileStream hold)
    {
        (_path, _hold) = (path, hold);
        Directory.CreateDirectory(Work);
    }

    /// <summary>The worker's own folder: all that it may write to.</summary>
    public string Work => Path.Combine(_path, "work");

    public string PlanFile => Path.Combine(Work, FineTunePlan.FileName);

    /// <param name="name">Of the result, as its card says it.</param>
    public string Output(string name) => Path.Combine(Work, "out", name);

    /// <summary>The job has ended: nobody comes back for what lies here.</summary>
    public void SetOver() => _isOver = true;

    public void Dispose()
    {
        if (_isOver) Directory.Delete(_path, recursive: true);
        _hold.Dispose();
    }
}
