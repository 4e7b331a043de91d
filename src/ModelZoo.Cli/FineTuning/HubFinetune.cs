using System.CommandLine;
using ModelZoo.Cli.Populations;
using ModelZoo.Client;
using static ModelZoo.Cli.FineTuning.FinetuneOptions;

namespace ModelZoo.Cli.FineTuning;

/// <summary>Has the hub fine-tune. Whoever stops following stops nothing: the hub goes on.</summary>
static class HubFinetune
{
    public static readonly Option<bool> OnHub = new("--on-hub") { Description = "The hub does it, with a model and data that it has, and commits the result to --to" };

    static readonly Option<bool> s_noEvaluation = new("--no-eval") { Description = "On the hub: do not have it measured afterwards" };

    public static void AddTo(Command command)
    {
        foreach (var option in (Option[])[OnHub, HubPopulation.NoWait, s_noEvaluation]) command.Options.Add(option);
    }

    public static Task RunAsync(LocalCall local)
    {
        if (OfThisMachine.Concat(Splits).FirstOrDefault(option => IsGiven(local, option)) is { } meaningless) throw new UsageException($"{meaningless.Name} means nothing with --on-hub.");
        var target = RepoAddress.Parse(local.Get(To) ?? throw new UsageException("--to owner/name says which repository gets the result."));
        if (target.Revision is not null) throw new UsageException($"'@{target.Revision}' means nothing here: write {target.Repo}.");
        var (model, dataset) = (Hosted(local.Get(Model), RepoKind.Model), Hosted(local.Get(Dataset), RepoKind.Dataset));
        // A rate that is not given is the hub's own.
        var settings = SettingsOf(local, UsualRates.OfLarge(MethodOf(local)));
        settings.Validate();
        return HubCall.RunAsync(local.Parse, async call => await HubJob.FollowAsync(call, await call.Zoo.FineTuneAsync(new()
        {
            Model = model.Repo.Id, Revision = model.Revision, Dataset = dataset.Repo.Id, DatasetRevision = dataset.Revision, Target = target.Repo.ToString(), IsPrivate = local.Get(Private) ? true : null,
            Method = settings.Method.ToString().ToLowerInvariant(), Merge = local.Get(Merge), Evaluate = !local.Get(s_noEvaluation), Task = local.Get(TaskName), Config = local.Get(Config), TextColumn = local.Get(Text),
            PairColumn = local.Get(Pair), ImageColumn = local.Get(Image), LabelColumn = local.Get(Label), Limit = local.Get(Limit), MaxLength = local.Get(Length), Regression = local.Get(Regression), NewHead = local.Get(NewHead),
            TargetModules = settings.Lora?.Targets, Rank = settings.Lora?.Rank, Alpha = settings.Lora?.Alpha, LoraDropout = settings.Lora?.Dropout, Epochs = settings.Epochs, Batch = settings.Batch, LearningRate = local.Get(Rate),
            Optimizer = settings.Optimizer.ToString().ToLowerInvariant(), Momentum = settings.Momentum, WeightDecay = settings.WeightDecay, Schedule = settings.Schedule.ToString().ToLowerInvariant(), Warmup = settings.Warmup,
            LabelSmoothing = settings.LabelSmoothing, ClipNorm = settings.ClipNorm, Dropout = settings.Dropout, Patience = settings.Patience, KeepLast = !settings.KeepsBest, Seed = checked((long)settings.Seed),
        }, call.Stop), call.Get(HubPopulation.NoWait)), local.Stop);
    }

    static RepoAddress Hosted(string name, RepoKind kind) => Directory.Exists(name) || File.Exists(name) || !name.Contains('/', StringComparison.Ordinal)
        ? throw new UsageException($"'{name}' is not on the hub: with --on-hub, model and data are owner/name[@revision] there (zoo push brings them).") : RepoAddress.Parse(name, kind);
}
