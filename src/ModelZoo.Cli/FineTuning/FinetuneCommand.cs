using System.CommandLine;
using System.Globalization;
using ModelZoo.Cli.Commands;
using ModelZoo.Client;
using ModelZoo.Hub.Populations.FineTuning;
using ModelZoo.Learning.FineTuning;
using ModelZoo.Learning.Training;

namespace ModelZoo.Cli.FineTuning;

/// <summary>`zoo finetune MODEL DATASET`: a linear probe, a LoRA adapter or the whole model, trained on this machine, measured, and pushed where that is wanted.</summary>
static class FinetuneCommand
{
    static readonly Argument<string> s_model = new("MODEL") { Description = "A folder, or owner/name[@revision] on the hub" };
    static readonly Argument<string> s_data = new("DATASET") { Description = "A folder, a file (csv, tsv, jsonl, parquet, npz), or owner/name[@revision] on the hub" };
    static readonly Option<string?> s_task = Named<string?>("--task", "text-classification or image-classification [default: as the model is]");
    static readonly Option<string> s_method = new("--method") { Description = "probe (the head alone), lora (an adapter) or full", DefaultValueFactory = _ => "lora" };
    static readonly Option<string?> s_out = Named<string?>("--out", "The folder of the result; an interrupted run goes on where it stopped");
    static readonly Option<string?> s_to = Named<string?>("--to", "Push the result to this repository, owner/name");
    static readonly Option<bool> s_private = Named<bool>("--private", "If the repository is made, make it private");
    static readonly Option<string?> s_baseName = Named<string?>("--base-name", "What the base is called in the card and in the adapter [default: the repository, or the folder]");
    static readonly Option<string?> s_config = Named<string?>("--config", "A configuration of the dataset");
    static readonly Option<string?> s_text = Named<string?>("--text-column", "Column of the text");
    static readonly Option<string?> s_pair = Named<string?>("--pair-column", "Column of a second text");
    static readonly Option<string?> s_image = Named<string?>("--image-column", "Column of the picture");
    static readonly Option<string?> s_label = Named<string?>("--label-column", "Column of the label");
    static readonly Option<string> s_train = new("--train-split") { Description = "Rows to train on", DefaultValueFactory = _ => "train" };
    static readonly Option<string> s_validation = new("--validation-split") { Description = "Rows to choose the epoch by; held out of the training rows where there are none", DefaultValueFactory = _ => "validation" };
    static readonly Option<string> s_test = new("--test-split") { Description = "Rows to measure on, once; held out of the training rows where there are none", DefaultValueFactory = _ => "test" };
    static readonly Option<int?> s_limit = Named<int?>("--limit", "Most training rows");
    static readonly Option<int?> s_length = Named<int?>("--max-length", "Most tokens of a text");
    static readonly Option<bool> s_regression = Named<bool>("--regression", "The label is a number to be predicted");
    static readonly Option<bool> s_newHead = Named<bool>("--new-head", "Draw the head anew although the model has one for these classes");
    static readonly Option<string[]> s_targets = new("--target-modules") { Description = "With lora: names of matrices, or all-linear [default: queries and values]", AllowMultipleArgumentsPerToken = true };
    static readonly Option<int> s_rank = new("--rank") { Description = "With lora: r", DefaultValueFactory = _ => 8 };
    static readonly Option<double?> s_alpha = Named<double?>("--alpha", "With lora: α [default: twice the rank]");
    static readonly Option<double> s_loraDropout = new("--lora-dropout") { Description = "With lora: share of its input that is dropped in training" };
    static readonly Option<bool> s_merge = Named<bool>("--merge", "With lora: write the whole model, the adapter merged into it");
    static readonly Option<int?> s_epochs = Named<int?>("--epochs", "Times through the training rows [default: 30 for a probe, else 5]");
    static readonly Option<int> s_batch = new("--batch") { Description = "Samples of a step", DefaultValueFactory = _ => 32 };
    static readonly Option<double?> s_rate = Named<double?>("--lr", "Learning rate [default: by method and size of the model]");
    static readonly Option<string> s_optimizer = new("--optimizer") { Description = "adamw, adam (weight decay in the gradient) or sgd", DefaultValueFactory = _ => "adamw" };
    static readonly Option<double> s_momentum = new("--momentum") { Description = "Of SGD", DefaultValueFactory = _ => 0.9 };
    static readonly Option<double> s_decay = new("--weight-decay") { Description = "Of matrices and tables", DefaultValueFactory = _ => 0.01 };
    static readonly Option<string> s_schedule = new("--schedule") { Description = "linear, cosine or constant", DefaultValueFactory = _ => "linear" };
    static readonly Option<double> s_warmup = new("--warmup") { Description = "Share of all steps in which the rate rises", DefaultValueFactory = _ => 0.06 };
    static readonly Option<double> s_smoothing = new("--label-smoothing") { Description = "0 to 1" };
    static readonly Option<double> s_clip = new("--clip") { Description = "Longest gradient of a step; 0: any", DefaultValueFactory = _ => 1 };
    static readonly Option<double?> s_dropout = Named<double?>("--dropout", "In place of the shares in config.json");
    static readonly Option<int> s_patience = new("--patience") { Description = "Stop after so many epochs without a better validation score; 0: never" };
    static readonly Option<bool> s_last = Named<bool>("--keep-last", "Keep the last epoch, not the best on validation");
    static readonly Option<long> s_seed = new("--seed") { Description = "Of everything that is drawn", DefaultValueFactory = _ => 1 };
    static readonly Option<int> s_tile = new("--tile") { Description = "Samples that go through together; changes the last bits, and the memory", DefaultValueFactory = _ => 8 };
    static readonly Option<int?> s_threads = Named<int?>("--threads", "Changes no bit of the result [default: one for each core]");
    static readonly Option<int> s_memory = new("--memory") { Description = "Most MiB that training may take, beside the data", DefaultValueFactory = _ => 8192 };
    static readonly Option<bool> s_noOnnx = Named<bool>("--no-onnx", "Write no ONNX file");

    static Option<T> Named<T>(string name, string description) => new(name) { Description = description };

    public static Command Build()
    {
        var command = new Command("finetune", "Fine-tune a BERT-class model or a ViT: linear probe, LoRA or whole")
        {
            s_model, s_data, s_task, s_method, s_out, s_to, s_private, s_baseName, s_config, s_text, s_pair, s_image, s_label, s_train, s_validation, s_test, s_limit, s_length, s_regression, s_newHead,
            s_targets, s_rank, s_alpha, s_loraDropout, s_merge, s_epochs, s_batch, s_rate, s_optimizer, s_momentum, s_decay, s_schedule, s_warmup, s_smoothing, s_clip, s_dropout, s_patience, s_last,
            s_seed, s_tile, s_threads, s_memory, s_noOnnx, HubCall.Json,
        };
        return LocalCall.On(command, RunAsync);
    }

    static async Task RunAsync(LocalCall call)
    {
        var (to, output) = (call.Get(s_to), call.Get(s_out));
        if (to is null && output is null) throw new UsageException("Where does the result go? Give --out DIR or --to owner/name.");
        // What is wrong with the name is better known before an hour of work than after it.
        var target = to is null ? null : RepoAddress.Parse(to);
        if (target is { Revision: not null }) throw new UsageException($"'@{target.Revision}' means nothing here: write {target.Repo}.");
        var model = await EvalSources.FindModelAsync(call, call.Get(s_model));
        var data = File.Exists(call.Get(s_data)) ? new(Path.GetFullPath(call.Get(s_data)), null, null) : await EvalSources.FindDatasetAsync(call, call.Get(s_data));
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

    static FineTunePlan PlanOf(LocalCall call, LocalSource model, Evaluation.Harness.DatasetSource data, string output)
    {
        var method = Word(call.Get(s_method), "--method", FineTuneMethod.Probe, FineTuneMethod.Lora, FineTuneMethod.Full);
        var rank = call.Get(s_rank);
        var settings = new FineTuneSettings
        {
            Method = method, Lora = method == FineTuneMethod.Lora ? new([.. (call.Get(s_targets) ?? []).SelectMany(name => name.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))], rank, call.Get(s_alpha) ?? 2 * rank, call.Get(s_loraDropout)) : null,
            Epochs = call.Get(s_epochs) ?? (method == FineTuneMethod.Probe ? 30 : 5), Batch = call.Get(s_batch), LearningRate = call.Get(s_rate) ?? UsualRates.Of(method, model.Folder),
            Optimizer = Word(call.Get(s_optimizer), "--optimizer", OptimizerKind.AdamW, OptimizerKind.Adam, OptimizerKind.Sgd), Momentum = call.Get(s_momentum), WeightDecay = call.Get(s_decay),
            Schedule = Word(call.Get(s_schedule), "--schedule", RateSchedule.Linear, RateSchedule.Cosine, RateSchedule.Constant), Warmup = call.Get(s_warmup), LabelSmoothing = call.Get(s_smoothing), ClipNorm = call.Get(s_clip),
            Dropout = call.Get(s_dropout), Patience = call.Get(s_patience), KeepsBest = !call.Get(s_last), Seed = (ulong)call.Get(s_seed), Tile = call.Get(s_tile),
        };
        return new()
        {
            ModelFolder = model.Folder, Model = call.Get(s_baseName) ?? model.Repo ?? Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(model.Folder))), ModelRevision = model.Revision,
            DataPath = data.Folder, Dataset = data.Repo ?? Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(data.Folder))), DatasetRevision = data.Revision, IsHubDataset = data.Repo is not null, OutputFolder = output,
            Task = call.Get(s_task), Config = call.Get(s_config), TextColumn = call.Get(s_text), PairColumn = call.Get(s_pair), ImageColumn = call.Get(s_image), LabelColumn = call.Get(s_label),
            TrainSplit = call.Get(s_train)!, ValidationSplit = call.Get(s_validation)!, TestSplit = call.Get(s_test)!, Limit = call.Get(s_limit), MaxLength = call.Get(s_length), IsRegression = call.Get(s_regression),
            DrawsHead = call.Get(s_newHead), Merges = call.Get(s_merge), WritesOnnx = !call.Get(s_noOnnx), Settings = settings, Threads = call.Get(s_threads) ?? Environment.ProcessorCount, MemoryBytes = (long)call.Get(s_memory) << 20,
        };
    }

    static T Word<T>(string? word, string option, params ReadOnlySpan<T> known) where T : struct, Enum
    {
        foreach (var value in known)
            if (string.Equals(value.ToString(), word, StringComparison.OrdinalIgnoreCase)) return value;
        throw new UsageException($"{option} is '{word}'; it can be {string.Join(", ", known.ToArray().Select(value => value.ToString().ToLowerInvariant()))}.");
    }

    static async Task<CommitOutcome> PushAsync(LocalCall call, RepoId repo, FineTunePlan plan)
    {
        CommitOutcome? outcome = null;
        await HubCall.RunAsync(call.Parse, async hub =>
        {
            if (await hub.Zoo.FindRepositoryAsync(repo, stop: hub.Stop) is null) await hub.Zoo.CreateRepositoryAsync(repo, call.Get(s_private), existOk: true, hub.Stop);
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
