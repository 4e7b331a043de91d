using System.CommandLine;
using System.Globalization;
using ModelZoo.Cli.Commands;
using ModelZoo.Client;
using ModelZoo.Hub.Populations.FineTuning;
using ModelZoo.Learning.FineTuning;
using static ModelZoo.Cli.FineTuning.FinetuneOptions;

namespace ModelZoo.Cli.FineTuning;

/// <summary>`zoo finetune MODEL DATASET`: a linear probe, a LoRA adapter or the whole model, trained on this machine, measured, and pushed where that is wanted; or on the hub, or written as scripts.</summary>
static class FinetuneCommand
{
    public static Command Build()
    {
        var command = New("finetune", "Fine-tune a BERT-class model or a ViT: linear probe, LoRA or whole");
        HubFinetune.AddTo(command);
        FinetuneScript.AddTo(command);
        return LocalCall.On(command, call => (call.Get(HubFinetune.OnHub), call.Get(FinetuneScript.Script)) switch
        {
            (true, true) => throw new UsageException("--on-hub has the hub do it, --script writes what others run: one of them."),
            (true, _) => HubFinetune.RunAsync(call),
            (_, true) => FinetuneScript.RunAsync(call),
            _ => RunAsync(call),
        });
    }

    static async Task RunAsync(LocalCall call)
    {
        var (to, output) = (call.Get(To), call.Get(Out));
        if (to is null && output is null) throw new UsageException("Where does the result go? Give --out DIR or --to owner/name.");
        // What is wrong with the name is better known before an hour of work than after it.
        var target = to is null ? null : RepoAddress.Parse(to);
        if (target is { Revision: not null }) throw new UsageException($"'@{target.Revision}' means nothing here: write {target.Repo}.");
        var model = await EvalSources.FindModelAsync(call, call.Get(Model));
        var data = File.Exists(call.Get(Dataset)) ? new(Path.GetFullPath(call.Get(Dataset)), null, null) : await EvalSources.FindDatasetAsync(call, call.Get(Dataset));
        var temporary = output is null ? Directory.CreateTempSubdirectory("zoo-finetune-").FullName : null;
        try
        {
            var plan = PlanOf(call, model, data, temporary is null ? output! : Path.Combine(temporary, target!.Repo.Name));
            var tuned = await new FineTuneRun(plan, call.Screen.Say, call.Screen.ShowsProgress ? new Steps(call.Screen) : null, epoch => call.Screen.Say(Words(epoch))).RunAsync(call.Stop);
            var pushed = target is null ? null : await PushAsync(call, target.Repo, plan);
            Tell(call.Screen, tuned, temporary is null ? output : null, target?.Repo.ToString(), pushed);
        }
        finally
        {
            if (temporary is not null) Directory.Delete(temporary, recursive: true);
        }
    }

    static FineTunePlan PlanOf(LocalCall call, LocalSource model, Evaluation.Harness.DatasetSource data, string output) => new()
    {
        ModelFolder = model.Folder, Model = call.Get(BaseName) ?? model.Repo ?? Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(model.Folder))), ModelRevision = model.Revision,
        DataPath = data.Folder, Dataset = NameOf(data.Repo) ?? Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(data.Folder))), DatasetRevision = data.Revision, IsHubDataset = data.Repo is not null, OutputFolder = output,
        Task = call.Get(TaskName), Config = call.Get(Config), TextColumn = call.Get(Text), PairColumn = call.Get(Pair), ImageColumn = call.Get(Image), LabelColumn = call.Get(Label),
        TrainSplit = call.Get(Train)!, ValidationSplit = call.Get(Validation)!, TestSplit = call.Get(Test)!, Limit = call.Get(Limit), MaxLength = call.Get(Length), IsRegression = call.Get(Regression),
        DrawsHead = call.Get(NewHead), Merges = call.Get(Merge), WritesOnnx = !call.Get(NoOnnx), Settings = SettingsOf(call, UsualRates.Of(MethodOf(call), model.Folder)), Threads = call.Get(Threads) ?? Environment.ProcessorCount, MemoryBytes = (long)call.Get(Memory) << 20,
    };

    /// <summary>As cards name it: owner/name, whatever its kind.</summary>
    static string? NameOf(string? repository) => repository is null ? null : RepoId.Parse(repository, RepoKind.Dataset).Id;

    static async Task<CommitOutcome> PushAsync(LocalCall call, RepoId repo, FineTunePlan plan)
    {
        CommitOutcome? outcome = null;
        await HubCall.RunAsync(call.Parse, async hub =>
        {
            if (await hub.Zoo.FindRepositoryAsync(repo, stop: hub.Stop) is null) await hub.Zoo.CreateRepositoryAsync(repo, call.Get(Private), existOk: true, hub.Stop);
            outcome = await TransferDisplay.RunAsync(call.Screen, progress => hub.Zoo.UploadFolderAsync(repo, plan.OutputFolder, new() { Summary = $"Fine-tune {plan.Model} on {plan.Dataset}", UseGitIgnore = false }, progress, hub.Stop));
        }, call.Stop);
        return outcome!;
    }

    static void Tell(Screen screen, FineTuned tuned, string? folder, string? repository, CommitOutcome? pushed)
    {
        if (screen.IsJson)
        {
            screen.Json(new
            {
                folder, repository, commit = pushed?.CommitId, method = tuned.Plan.Settings.Method.ToString().ToLowerInvariant(), epochs = tuned.Tuner.Epoch, bestEpoch = tuned.Tuner.BestEpoch, learning = tuned.Layout.LearningCount,
                parameters = tuned.Layout.BaseCount, seconds = Math.Round(tuned.Seconds, 2), memoryBytes = tuned.Memory.TotalBytes, peakBytes = tuned.PeakBytes, threads = tuned.Threads,
                validation = TrainingRecord.Score(tuned.Validation), test = TrainingRecord.Score(tuned.Test),
            });
            return;
        }
        screen.Line($"validation: {Words(tuned.Validation)}");
        screen.Line($"test: {Words(tuned.Test)}");
        screen.Line(string.Create(CultureInfo.InvariantCulture, $"{tuned.Seconds:0.0} s, {tuned.PeakBytes >> 20} MiB at most in all{(folder is null ? "" : $"; in {folder}")}"));
        if (pushed is not null) screen.Line($"{repository}@main {pushed.CommitId}");
    }

    internal static string Words(SetScore score) => score.Count == 0 ? "nothing to measure on"
        : score is { Accuracy: { } accuracy, Interval: var (low, high) } ? string.Create(CultureInfo.InvariantCulture, $"accuracy {accuracy:0.0000} ({low:0.0000} to {high:0.0000}), macro F1 {score.MacroF1:0.0000}, loss {score.Loss:0.0000}, {score.Count} samples")
        : string.Create(CultureInfo.InvariantCulture, $"mean squared error {score.Loss:0.000000}, {score.Count} samples");

    internal static string Words(EpochScore epoch) => string.Create(CultureInfo.InvariantCulture,
        $"epoch {epoch.Epoch}: training loss {epoch.TrainLoss:0.0000}{(epoch.ValidationAccuracy is { } accuracy ? $", validation accuracy {accuracy:0.0000}" : "")}{(epoch.ValidationLoss is { } loss ? $", loss {loss:0.0000}" : "")}");

    /// <summary>A line that is written over, some times a second.</summary>
    sealed class Steps(Screen screen) : IProgress<FineTuneProgress>
    {
        readonly ReportPace _pace = new(TimeSpan.FromMilliseconds(200));

        public void Report(FineTuneProgress value) => _pace.Sometimes(() => screen.Error.Write(
            $"\r{value.Stage}, epoch {value.Epoch} of {value.Epochs}: {value.Done} of {value.Total}{(value.Loss is { } loss ? string.Create(CultureInfo.InvariantCulture, $", loss {loss:0.0000}") : "")}\u001b[K\r"));
    }
}
