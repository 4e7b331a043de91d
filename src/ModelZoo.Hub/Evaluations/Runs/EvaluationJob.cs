using ModelZoo.Evaluation;
using ModelZoo.Evaluation.Models;
using ModelZoo.Hub.Accounts;
using ModelZoo.Hub.Jobs;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Repositories;
using ModelZoo.Hub.Repositories.Access;
using ModelZoo.Hub.Serving.Folders;
using ModelZoo.Hub.Serving.Hosting;
using ModelZoo.Hub.Serving.Processes;

namespace ModelZoo.Hub.Evaluations.Runs;

/// <summary>
/// Measures a commit: files as local folders, a worker process with limits, its samples kept as they come, then records that are checked, signed and
/// committed. It may be killed at any moment: the next try, on this node or another, goes on with the samples that are kept, and finds a commit that was made.
/// </summary>
sealed class EvaluationJob(
    EvaluationStore store, EvaluationScratch scratch, EvaluationWorker worker, EvaluationResult results, AccountStore accounts,
    AccessPolicy policy, RevisionResolver revisions, CommitFolders folders, ModelPlanner planner, HubOptions options) : JobHandler<EvaluationWork>
{
    public const string JobName = "evaluation.run";

    public override string Name => JobName;

    public override int MostAtOnce => options.Evaluation.AtOnce;

    protected override async Task<string> RunAsync(EvaluationWork work, JobRun run, CancellationToken stop)
    {
        if (await store.FindAsync(work.Id, stop) is not { } row) return "The evaluation is gone.";
        if (!await store.BeginAsync(row.Id, stop)) return $"It is {row.State}.";
        try
        {
            return await MeasureAsync(row, run, stop);
        }
        catch (EvaluationCancelled)
        {
            return "It was cancelled.";
        }
        catch (Exception hopeless) when (hopeless is HopelessJob or EvaluationException or FormatException
            or Refusal { Kind: RefusalKind.Forbidden or RefusalKind.NotFound or RefusalKind.Invalid or RefusalKind.Unauthenticated or RefusalKind.TooLarge or RefusalKind.Unprocessable })
        {
            await store.FailAsync(row.Id, hopeless.Message, CancellationToken.None);
            throw hopeless as HopelessJob ?? new HopelessJob(hopeless.Message, hopeless);
        }
        catch (Exception error) when (error is not OperationCanceledException && run.Job.Attempts >= run.Job.MaxAttempts)
        {
            await store.FailAsync(row.Id, error is Refusal ? error.Message : "It failed for a reason of the hub's own; its log says more.", CancellationToken.None);
            throw;
        }
    }

    async Task<string> MeasureAsync(EvaluationRow row, JobRun run, CancellationToken stop)
    {
        var (settings, account) = (row.Settings, await accounts.FindAsync(row.AccountId, stop) ?? throw new HopelessJob("The account is gone."));
        if (account.DisabledAt is not null) throw new HopelessJob($"The account {account.Handle} is disabled.");
        var actor = new Actor(account, new(CredentialRole.Session, null, "job", account.CreatedAt));
        var model = (ContributingRepository)await policy.GetAsync(row.RepositoryId, actor, AccessLevel.Contribute, stop);
        var benchmark = await policy.GetAsync(row.BenchmarkId, actor, AccessLevel.Read, stop);
        var endpoint = settings.Endpoint is { } name ? options.Evaluation.Endpoints.GetValueOrDefault(name) ?? throw new HopelessJob($"The endpoint {name} is no longer configured.") : null;

        run.Report(0, "reading the data");
        using var data = await folders.OpenAsync(benchmark, row.BenchmarkCommit, NeededFiles.OfDataset, stop);
        var chosen = EvaluationTasks.Choose(data.Path, row.Task);
        using var others = new FolderSet();
        var datasets = await OthersAsync(chosen, benchmark, actor, others, stop);
        run.Report(0, "reading the model");
        using var files = endpoint is null ? await folders.OpenAsync(model, row.CommitId, NeededFiles.OfModel, stop) : null;
        // An endpoint's texts are cut into tokens by the stored tokenizer, where there is one.
        using var tokenizer = endpoint is null ? null : await folders.OpenAsync(model, row.CommitId, file => file.Path.Segments is [var only] && only.StartsWith("tokenizer", StringComparison.Ordinal), stop);
        // An adapter answers with its base, which whoever asked must be able to read, too.
        using var below = endpoint is null && (await planner.MakeAsync(model, row.CommitId, stop)).Base is var (origin, commit) ? await folders.OpenAsync(origin, commit, NeededFiles.OfModel, stop) : null;
        string[] adapters = below is null ? [] : [files!.Path];
        var folderOfModel = (below ?? files)?.Path;
        var digest = folderOfModel is null ? null : await ModelFolder.DigestAsync(folderOfModel, adapters, stop);
        var measured = new MeasuredThing(row, model, benchmark, chosen, datasets, digest, endpoint is not null);
        if (!settings.Again && settings.Limit is null && await results.FindSameAsync(measured, stop) is { } already)
        {
            await store.FinishAsync(row with { ScoresJson = already.ScoresJson, FilesJson = already.FilesJson, ResultCommit = already.CommitId }, already.Words, stop);
            return already.Words;
        }

        using var folder = scratch.Open(row.Id);
        var plan = new WorkerPlan
        {
            Task = chosen.Name, ModelFolder = folderOfModel, Adapters = adapters, Model = model.Repository.FullName, ModelCommit = row.CommitId, Benchmark = new(data.Path, benchmark.Repository.FullName, row.BenchmarkCommit),
            Datasets = datasets, OutputFolder = folder.Output, Limit = settings.Limit, Seed = settings.Seed, Threads = Math.Min(settings.Threads, options.Evaluation.Threads), NumFewshot = settings.NumFewshot,
            Endpoint = endpoint is null ? null : new(endpoint.Url, endpoint.Model ?? model.Repository.FullName, endpoint.Kind, tokenizer?.Files.Any(file => file.Path == "tokenizer.json") == true ? tokenizer.Path : null),
        };
        string[] readable = [data.Path, .. others.Paths, .. new[] { files?.Path, below?.Path, tokenizer?.Path }.OfType<string>()];
        var exit = await worker.RunAsync(row, plan, folder, readable, Limits(chosen, plan), endpoint?.Key, run, stop);
        if (exit is not null)
        {
            folder.SetOver();
            throw new HopelessJob(exit);
        }
        run.Report(0.97, "checking and storing the result");
        var outcome = await results.StoreAsync(measured, folder, account, stop);
        folder.SetOver();
        await store.FinishAsync(row with { ScoresJson = outcome.ScoresJson, FilesJson = outcome.FilesJson, ResultCommit = outcome.CommitId, PullNumber = outcome.PullNumber }, outcome.Words, CancellationToken.None);
        if (outcome.HoldsSamples) await store.RemovePartsAsync(row.Id, null, CancellationToken.None);
        return outcome.Words;
    }

    /// <summary>Tasks may name other repositories than the benchmark's: theirs must be readable for whoever asked, too.</summary>
    async Task<Dictionary<string, WorkerDataset>> OthersAsync(ChosenTasks chosen, ReadableRepository benchmark, Actor actor, FolderSet opened, CancellationToken stop)
    {
        var found = new Dictionary<string, WorkerDataset>(StringComparer.Ordinal);
        foreach (var path in chosen.Tasks.Select(task => task.DatasetPath).OfType<string>().Distinct())
        {
            if (path.Split('/') is not [var owner, var name] || string.Equals(path, benchmark.Repository.FullName, StringComparison.OrdinalIgnoreCase)) continue;
            // Task files are written for other hubs as well; what is not here is taken to be the benchmark's own data under its old name.
            if (await policy.FindReadableAsync(RepositoryKind.Dataset, owner, name, actor, stop) is not { } other) continue;
            if (await opened.AddAsync(folders, revisions, other, stop) is not var (folder, commit)) continue;
            found[path] = new(folder.Path, other.Repository.FullName, commit);
        }
        return found;
    }

    ProcessLimits Limits(ChosenTasks chosen, WorkerPlan plan)
    {
        var asked = chosen.Tasks.Select(task => task.Zoo.Limits?.MemoryMegabytes).Max();
        return new()
        {
            MemoryBytes = asked is { } megabytes and > 0 ? (long)Math.Clamp(megabytes * (1 << 20), 256L << 20, options.Evaluation.MemoryBytes) : options.Evaluation.MemoryBytes,
            WallClock = TimeSpan.FromSeconds(options.Evaluation.Seconds), Cpu = TimeSpan.FromSeconds(1.0 * options.Evaluation.Seconds * plan.Threads), Threads = plan.Threads,
            FileBytes = options.Evaluation.SampleBytes, Network = plan.Endpoint is not null,
        };
    }
}

/// <summary>Somebody cancelled the run while it went on.</summary>
sealed class EvaluationCancelled : Exception;

/// <summary>What was measured, in the hub's own words: what a worker says of it is not believed.</summary>
/// <param name="FilesDigest">Of the model's files; null where an endpoint answered.</param>
sealed record MeasuredThing(
    EvaluationRow Row, ContributingRepository Model, ReadableRepository Benchmark, ChosenTasks Chosen, IReadOnlyDictionary<string, WorkerDataset> Datasets, string? FilesDigest, bool IsEndpoint);
