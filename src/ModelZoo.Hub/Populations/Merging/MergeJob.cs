using ModelZoo.Hub.Accounts;
using ModelZoo.Hub.Jobs;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Repositories;
using ModelZoo.Inference;
using ModelZoo.Learning;
using ModelZoo.Learning.Merging;
using ModelZoo.Learning.Populations;
using ModelZoo.Weights;

namespace ModelZoo.Hub.Populations.Merging;

/// <summary>
/// Makes a soup or merge and commits it. Sources are read by ranges and the result is written tensor by tensor beside the store; before the commit nothing
/// refers to it, so it may be killed at any moment, and the commit carries the job's id, by which another try finds it.
/// </summary>
sealed class MergeJob(AccountStore accounts, MergeSources opener, MergeScoring scoring, MergeCommit target, WorkScratch scratch) : JobHandler<MergeWork>
{
    public const string JobName = "populations.merge";

    /// <summary>Shares of a job's progress: looking at the sources, then making the result; the rest is storing.</summary>
    const double LookingShare = 0.2;
    const double MakingShare = 0.85;

    const long ShardBytes = 5_000_000_000;

    public override string Name => JobName;

    public override int MostAtOnce => 1;

    protected override async Task<string> RunAsync(MergeWork work, JobRun run, CancellationToken stop)
    {
        try
        {
            var account = await accounts.FindAsync(work.AccountId, stop) ?? throw new HopelessJob("The account is gone.");
            if (account.DisabledAt is not null) throw new HopelessJob($"The account {account.Handle} is disabled.");
            var actor = new Actor(account, new(CredentialRole.Session, null, "job", account.CreatedAt));
            var mark = $"Job {run.Job.Id}.";
            if (await target.FindEarlierAsync(work.Target!, actor, mark, stop) is { } earlier) return earlier;
            return await MergeAsync(work, actor, mark, run, stop);
        }
        catch (Exception hopeless) when (hopeless is MergeException or RecipeException or PopulationException or ConversionException or WeightFormatException or InferenceException or FileNotFoundException or System.Text.Json.JsonException
            or Refusal { Kind: RefusalKind.Forbidden or RefusalKind.NotFound or RefusalKind.Invalid or RefusalKind.Unauthenticated or RefusalKind.Unprocessable or RefusalKind.Conflict or RefusalKind.TooLarge })
        {
            throw new HopelessJob(hopeless.Message, hopeless);
        }
    }

    async Task<string> MergeAsync(MergeWork work, Actor actor, string mark, JobRun run, CancellationToken stop)
    {
        run.Report(0, "reading headers");
        using var sources = await opener.OpenAsync(work, actor, stop);
        if (work.Configuration is not null && sources.Models.Count != work.Sources.Count) throw new MergeException("A configuration names single states, not ranges of epochs.");
        long looked = 0;
        foreach (var source in sources.All)
        {
            run.Report(LookingShare * looked / Math.Max(1, sources.Bytes), $"looking at {source.Name}");
            await FiniteNumbers.RequireAsync(source.Name, source.Tensors, "", stop);
            looked += source.Tensors.Sum(tensor => tensor.ByteLength);
        }
        var compared = MergeMaking.Compared(work, sources);
        var (scorer, noScorer) = await scoring.FindAsync(compared, actor, stop);
        var advice = MergeCheck.Compares(work) && compared.Count is > 1 and <= MergeMaking.MostPaired
            ? await MergeAdvice.AssessAsync([.. compared.Select(source => source.ToInput())], scorer is null ? null : scorer.BarrierAsync, stop, MergeMaking.MostComparedBytes) : [];
        var made = await MergeMaking.MakeAsync(work, sources, advice, scorer, noScorer, words => run.Report(LookingShare, words), stop);
        foreach (var remark in made.Remarks) run.Log(remark);

        using var folder = scratch.Open(run.Job.Id);
        var bytes = made.Tensors.Sum(tensor => tensor.ByteLength);
        if (bytes > scratch.RoomBytes()) throw new MergeException($"The result has {bytes} bytes; there is room for {scratch.RoomBytes()}.");
        run.Log($"Writing {made.Tensors.Count} tensors, {bytes} bytes, from {sources.Models.Count} models.");
        var files = await SafetensorsModel.WriteAsync(Path.Combine(folder.Path, made.FileName), made.Tensors, new Dictionary<string, string> { ["format"] = "pt" }, made.FileName == LoraAdapter.WeightsFile ? null : ShardBytes, new Making(run), stop);
        run.Report(MakingShare, "storing");
        var recipe = MergeRecipe.Write(work, sources, made);
        return await target.WriteAsync(work, sources, made, recipe, files, folder.Path, actor, mark, run, stop);
    }

    sealed class Making(JobRun run) : IProgress<ConversionProgress>
    {
        public void Report(ConversionProgress value) => run.Report(value.TotalBytes == 0 ? LookingShare : LookingShare + (MakingShare - LookingShare) * value.DoneBytes / value.TotalBytes, $"merging {value.Tensor}");
    }
}
