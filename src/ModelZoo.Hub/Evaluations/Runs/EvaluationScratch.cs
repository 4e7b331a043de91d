using Microsoft.Extensions.Logging;
using ModelZoo.Hub.Jobs;
using ModelZoo.Hub.Kernel;

namespace ModelZoo.Hub.Evaluations.Runs;

/// <summary>Where workers write: a folder for each run, which a second try finds again. It goes with the run; what is left behind otherwise, the chore removes.</summary>
sealed class EvaluationScratch(HubOptions options, EvaluationStore store, TimeProvider time, ILogger<EvaluationScratch> log) : IChore
{
    const string LockName = ".in-use";

    readonly string _root = options.Evaluation.ScratchFolder ?? Path.Combine(options.DataFolder, "evaluations");

    public TimeSpan Every => TimeSpan.FromMinutes(5);

    /// <exception cref="Refusal">An earlier try of this node is still ending.</exception>
    public RunFolder Open(long id)
    {
        var path = Path.Combine(Path.GetFullPath(_root), Ids.ToWire(id));
        Directory.CreateDirectory(path);
        try
        {
            return new(path, new FileStream(Path.Combine(path, LockName), FileMode.OpenOrCreate, FileAccess.Write, FileShare.None));
        }
        catch (IOException)
        {
            throw new Refusal(RefusalKind.Unavailable, "An earlier try of this run is still ending.");
        }
    }

    public async Task RunAsync(CancellationToken stop)
    {
        await store.FollowJobsAsync(stop);
        await store.SweepPartsAsync(time.GetUtcNow().AddDays(-options.Evaluation.KeepDays), stop);
        if (!Directory.Exists(_root)) return;
        foreach (var folder in Directory.GetDirectories(_root))
        {
            if (!Ids.TryFromWire(Path.GetFileName(folder), out var id) || await store.FindAsync(id, stop) is { IsOpen: true }) continue;
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

/// <summary>One run's folder on this node, held by one try.</summary>
sealed class RunFolder : IDisposable
{
    readonly FileStream _hold;
    readonly string _path;
    bool _isOver;

    public RunFolder(string path, FileStream hold)
    {
        (_path, _hold) = (path, hold);
        Directory.CreateDirectory(Output);
        Directory.CreateDirectory(Packed);
    }

    /// <summary>The worker's own folder: all that it may write to.</summary>
    public string Work => System.IO.Path.Combine(_path, "work");

    public string Output => System.IO.Path.Combine(Work, "out");

    /// <summary>What the hub makes of the worker's files; the worker does not see it.</summary>
    public string Packed => System.IO.Path.Combine(_path, "packed");

    public string PlanFile => System.IO.Path.Combine(Work, WorkerPlan.FileName);

    /// <summary>The run has ended: nobody comes back for what lies here.</summary>
    public void SetOver() => _isOver = true;

    public void Dispose()
    {
        if (_isOver) Directory.Delete(_path, recursive: true);
        _hold.Dispose();
    }
}
