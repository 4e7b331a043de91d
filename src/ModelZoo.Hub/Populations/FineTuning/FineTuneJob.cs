using ModelZoo.Hub.Accounts;
using ModelZoo.Hub.Jobs;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Repositories.Access;
using ModelZoo.Hub.Serving.Folders;
using ModelZoo.Hub.Serving.Processes;

namespace ModelZoo.Hub.Populations.FineTuning;

/// <summary>
/// Fine-tunes a commit's model on a commit's data: files as local folders, a worker process with limits that keeps a state after every epoch, then one commit
/// with lineage. It may be killed at any moment: the next try, on this node or another, goes on after the last epoch that was kept and comes to the same bytes.
/// </summary>
sealed class FineTuneJob(
    AccountStore accounts, AccessPolicy policy, CommitFolders folders, FineTuneScratch scratch, FineTuneStateStore states, LimitedProcesses processes, TunedCommit commits, IEnumerable<ITunedModelFollower> followers, HubOptions options)
    : JobHandler<FineTuneWork>
{
    public const string JobName = "model.finetune";

    /// <summary>Share of a job's progress that training is.</summary>
    const double Share = 0.95;

    /// <summary>What the runtime and the data take beside training.</summary>
    const long DataBytes = 1L << 30;

    static readonly TimeSpan s_report = TimeSpan.FromSeconds(1);

    public override string Name => JobName;

    public override int MostAtOnce => Math.Max(1, options.FineTuning.AtOnce);

    protected override async Task<string> RunAsync(FineTuneWork work, JobRun run, CancellationToken stop)
    {
        try
        {
            return await TuneAsync(work, run, stop);
        }
        catch (Exception hopeless) when (hopeless is FileNotFoundException
            or Refusal { Kind: RefusalKind.Forbidden or RefusalKind.NotFound or RefusalKind.Invalid or RefusalKind.Unauthenticated or RefusalKind.TooLarge or RefusalKind.Unprocessable })
        {
            throw new HopelessJob(hopeless.Message, hopeless);
        }
    }

    async Task<string> TuneAsync(FineTuneWork work, JobRun run, CancellationToken stop)
    {
        var account = await accounts.FindAsync(work.AccountId, stop) ?? throw new HopelessJob("The account is gone.");
        if (account.DisabledAt is not null) throw new HopelessJob($"The account {account.Handle} is disabled.");
        var by = new SignedIn(account, new(CredentialRole.Session, null, "job", account.CreatedAt));
        // Rights are looked at now: what somebody could read when asking may be closed since.
        var model = await policy.GetAsync(work.ModelId, by.Actor, AccessLevel.Read, stop);
        var dataset = await policy.GetAsync(work.DatasetId, by.Actor, AccessLevel.Read, stop);
        var target = (WritableRepository)await policy.GetAsync(work.TargetId, by.Actor, AccessLevel.Write, stop);
        if (!target.Repository.IsPrivate && (model.Repository.IsPrivate || dataset.Repository.IsPrivate)) throw new HopelessJob("The model or the data is private, and the result's repository is not.");
        var mark = $"Job {Ids.ToWire(run.Job.Id)}.";
        if (await commits.FindAsync(target, mark, stop) is { } made) return await EndAsync(work, target, dataset.Repository.FullName, by, made, run, stop);

        run.Report(0, "reading model and data");
        using var data = await folders.OpenAsync(dataset, work.DatasetCommit, NeededFiles.OfDataset, stop);
        using var files = await folders.OpenAsync(model, work.ModelCommit, file => NeededFiles.OfModel(file) || file.Path.Value is "README.md" or "pytorch_model.bin", stop);
        using var folder = scratch.Open(run.Job.Id);
        var output = folder.Output(target.Repository.Name);
        var tuning = options.FineTuning;
        var plan = new FineTunePlan
        {
            ModelFolder = files.Path, Model = model.Repository.FullName, ModelRevision = work.ModelCommit, DataPath = data.Path, Dataset = dataset.Repository.FullName, DatasetRevision = work.DatasetCommit, IsHubDataset = true,
            OutputFolder = output, Task = work.Columns.Task, Config = work.Columns.Config, TextColumn = work.Columns.Text, PairColumn = work.Columns.Pair, ImageColumn = work.Columns.Image, LabelColumn = work.Columns.Label,
            Limit = work.Columns.Limit, MaxLength = work.Columns.MaxLength, IsRegression = work.Columns.IsRegression, DrawsHead = work.Columns.DrawsHead, Merges = work.Merges, Settings = work.Settings,
            Threads = tuning.Threads, MemoryBytes = Math.Max(tuning.MemoryBytes / 2, tuning.MemoryBytes - DataBytes),
        };
        await File.WriteAllBytesAsync(folder.PlanFile, plan.ToJson(), stop);
        folder.ForgetEnded(target.Repository.Name);
        if (await states.FindAsync(run.Job.Id, stop) is { } brought) await folder.BringAsync(target.Repository.Name, brought, stop);
        if (await WorkAsync(folder, folder.State(target.Repository.Name), [data.Path, files.Path], run, stop) is { } problem)
        {
            folder.SetOver();
            await states.DeleteAsync(run.Job.Id, stop);
            throw new HopelessJob(problem);
        }
        run.Report(Share, "committing");
        var commit = await commits.WriteAsync(target, output, $"Fine-tune {model.Repository.FullName} on {dataset.Repository.FullName}",
            $"{work.Settings.Method} of {model.Repository.FullName} at {work.ModelCommit} on {dataset.Repository.FullName} at {work.DatasetCommit}.\n\nMade by this hub. {mark}", run.Log, stop);
        folder.SetOver();
        await states.DeleteAsync(run.Job.Id, stop);
        return await EndAsync(work, target, dataset.Repository.FullName, by, commit, run, stop);
    }

    async Task<string> EndAsync(FineTuneWork work, WritableRepository target, string dataset, SignedIn by, string commit, JobRun run, CancellationToken stop)
    {
        if (work.Evaluates)
            foreach (var follower in followers) await follower.OnCommittedAsync(new(target, commit, dataset, work.DatasetCommit, [FineTunePlan.UsualTrainSplit]), by, run.Log, stop);
        return $"{target.Repository.FullName} has the result at {commit}.";
    }

    /// <returns>Null when it ended well; otherwise why it did not, in a sentence.</returns>
    async Task<string?> WorkAsync(FineTuneFolder folder, string state, IReadOnlyList<string> readable, JobRun run, CancellationToken stop)
    {
        var tuning = options.FineTuning;
        var limits = new ProcessLimits
        {
            MemoryBytes = tuning.MemoryBytes, WallClock = TimeSpan.FromSeconds(tuning.Seconds), Cpu = TimeSpan.FromSeconds(1.0 * tuning.Seconds * tuning.Threads), Threads = tuning.Threads, Readable = readable,
        };
        await using var process = processes.Start([FineTunePlan.Command, folder.PlanFile], folder.Work, limits);
        process.OnErrorLine = run.Log;
        await using var keeper = new StateKeeper(states, run, state, tuning.KeptStateBytes);
        var heard = new Heard(run, keeper);
        var reading = heard.ReadAsync(process.Output);
        try
        {
            while (await Task.WhenAny(process.Exit, Task.Delay(s_report, stop)) != process.Exit) stop.ThrowIfCancellationRequested();
            var exit = await process.Exit;
            await Task.WhenAny(reading, Task.Delay(s_report, CancellationToken.None));
            if (exit.End == ProcessEnd.Done && heard.IsDone) return null;
            if (exit.ErrorTail.Length > 0) run.Log(exit.ErrorTail);
            // What was trained is kept: another try goes on with it.
            if (exit.End == ProcessEnd.OutOfTime) throw new Refusal(RefusalKind.Unavailable, $"One try may take {tuning.Seconds} s; the next goes on after the last epoch.");
            return heard.Failed ?? (exit.End == ProcessEnd.Done ? "The worker ended without a result." : $"The worker could not finish. {exit.Words}");
        }
        catch
        {
            // Lost lease or shutdown: the worker goes at once, and the state after its last epoch stays for the next try.
            process.Stop();
            await process.Exit;
            throw;
        }
    }

    /// <summary>What the worker has said so far.</summary>
    sealed class Heard(JobRun run, StateKeeper keeper)
    {
        public string? Failed { get; private set; }

        public bool IsDone { get; private set; }

        public async Task ReadAsync(Stream output)
        {
            try
            {
                using var lines = new BoundedLines(output);
                while (await lines.ReadAsync() is { } line)
                {
                    if (FineTuneReport.TryParse(line) is not { } report) continue;
                    if (report.Kept > 0) keeper.Tell(report.Kept);
                    if (report.Failed is { Length: > 0 } reason) Failed = reason;
                    if (report.Words is { Length: > 0 } words) run.Log(words);
                    if (report.Stage is { Length: > 0 and < 200 } stage) run.Report(Share * Math.Clamp(report.Share, 0, 1), stage);
                    IsDone |= report.IsDone;
                }
            }
            catch (Exception e) when (e is IOException or ObjectDisposedException)
            {
                // The pipe went with the process.
            }
        }
    }
}
