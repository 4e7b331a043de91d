using System.CommandLine;
using ModelZoo.Learning.FineTuning;
using ModelZoo.Learning.Training;

namespace ModelZoo.Cli.FineTuning;

/// <summary>What `zoo finetune` may be told, wherever it is done.</summary>
static class FinetuneOptions
{
    public static readonly Argument<string> Model = new("MODEL") { Description = "A folder, or owner/name[@revision] on the hub" };
    public static readonly Argument<string> Dataset = new("DATASET") { Description = "A folder, a file (csv, tsv, jsonl, parquet, npz), or owner/name[@revision] on the hub" };
    public static readonly Option<string?> TaskName = Named<string?>("--task", "text-classification or image-classification [default: as the model is]");
    public static readonly Option<string> Method = new("--method") { Description = "probe (the head alone), lora (an adapter) or full", DefaultValueFactory = _ => "lora" };
    public static readonly Option<string?> Out = Named<string?>("--out", "The folder of the result; an interrupted run goes on where it stopped");
    public static readonly Option<string?> To = Named<string?>("--to", "Push the result to this repository, owner/name");
    public static readonly Option<bool> Private = Named<bool>("--private", "If the repository is made, make it private");
    public static readonly Option<string?> BaseName = Named<string?>("--base-name", "What the base is called in the card and in the adapter [default: the repository, or the folder]");
    public static readonly Option<string?> Config = Named<string?>("--config", "A configuration of the dataset");
    public static readonly Option<string?> Text = Named<string?>("--text-column", "Column of the text");
    public static readonly Option<string?> Pair = Named<string?>("--pair-column", "Column of a second text");
    public static readonly Option<string?> Image = Named<string?>("--image-column", "Column of the picture");
    public static readonly Option<string?> Label = Named<string?>("--label-column", "Column of the label");
    public static readonly Option<string> Train = new("--train-split") { Description = "Rows to train on", DefaultValueFactory = _ => "train" };
    public static readonly Option<string> Validation = new("--validation-split") { Description = "Rows to choose the epoch by; held out of the training rows where there are none", DefaultValueFactory = _ => "validation" };
    public static readonly Option<string> Test = new("--test-split") { Description = "Rows to measure on, once; held out of the training rows where there are none", DefaultValueFactory = _ => "test" };
    public static readonly Option<int?> Limit = Named<int?>("--limit", "Most training rows");
    public static readonly Option<int?> Length = Named<int?>("--max-length", "Most tokens of a text");
    public static readonly Option<bool> Regression = Named<bool>("--regression", "The label is a number to be predicted");
    public static readonly Option<bool> NewHead = Named<bool>("--new-head", "Draw the head anew although the model has one for these classes");
    public static readonly Option<string[]> Targets = new("--target-modules") { Description = "With lora: names of matrices, or all-linear [default: queries and values]", AllowMultipleArgumentsPerToken = true };
    public static readonly Option<int> Rank = new("--rank") { Description = "With lora: r", DefaultValueFactory = _ => 8 };
    public static readonly Option<double?> Alpha = Named<double?>("--alpha", "With lora: α [default: twice the rank]");
    public static readonly Option<double> LoraDropout = new("--lora-dropout") { Description = "With lora: share of its input that is dropped in training" };
    public static readonly Option<bool> Merge = Named<bool>("--merge", "With lora: write the whole model, the adapter merged into it");
    public static readonly Option<int?> Epochs = Named<int?>("--epochs", "Times through the training rows [default: 30 for a probe, else 5]");
    public static readonly Option<int> Batch = new("--batch") { Description = "Samples of a step", DefaultValueFactory = _ => 32 };
    public static readonly Option<double?> Rate = Named<double?>("--lr", "Learning rate [default: by method and size of the model]");
    public static readonly Option<string> Optimizer = new("--optimizer") { Description = "adamw, adam (weight decay in the gradient) or sgd", DefaultValueFactory = _ => "adamw" };
    public static readonly Option<double> Momentum = new("--momentum") { Description = "Of SGD", DefaultValueFactory = _ => 0.9 };
    public static readonly Option<double> Decay = new("--weight-decay") { Description = "Of matrices and tables", DefaultValueFactory = _ => 0.01 };
    public static readonly Option<string> Schedule = new("--schedule") { Description = "linear, cosine or constant", DefaultValueFactory = _ => "linear" };
    public static readonly Option<double> Warmup = new("--warmup") { Description = "Share of all steps in which the rate rises", DefaultValueFactory = _ => 0.06 };
    public static readonly Option<double> Smoothing = new("--label-smoothing") { Description = "0 to 1" };
    public static readonly Option<double> Clip = new("--clip") { Description = "Longest gradient of a step; 0: any", DefaultValueFactory = _ => 1 };
    public static readonly Option<double?> Dropout = Named<double?>("--dropout", "In place of the shares in config.json");
    public static readonly Option<int> Patience = new("--patience") { Description = "Stop after so many epochs without a better validation score; 0: never" };
    public static readonly Option<bool> Last = Named<bool>("--keep-last", "Keep the last epoch, not the best on validation");
    public static readonly Option<long> Seed = new("--seed") { Description = "Of everything that is drawn", DefaultValueFactory = _ => 1 };
    public static readonly Option<int> Tile = new("--tile") { Description = "Samples that go through together; changes the last bits, and the memory", DefaultValueFactory = _ => 8 };
    public static readonly Option<int?> Threads = Named<int?>("--threads", "Changes no bit of the result [default: one for each core]");
    public static readonly Option<int> Memory = new("--memory") { Description = "Most MiB that training may take, beside the data", DefaultValueFactory = _ => 8192 };
    public static readonly Option<bool> NoOnnx = Named<bool>("--no-onnx", "Write no ONNX file");

    /// <summary>With defaults, and of no meaning where somebody else computes.</summary>
    public static IReadOnlyList<Option> OfThisMachine { get; } = [Out, BaseName, Tile, Threads, Memory, NoOnnx];

    /// <summary>Splits of other names, which only this machine and scripts read.</summary>
    public static IReadOnlyList<Option> Splits { get; } = [Train, Validation, Test];

    static Option<T> Named<T>(string name, string description) => new(name) { Description = description };

    public static Command New(string name, string description) => new(name, description)
    {
        Model, Dataset, TaskName, Method, Out, To, Private, BaseName, Config, Text, Pair, Image, Label, Train, Validation, Test, Limit, Length, Regression, NewHead,
        Targets, Rank, Alpha, LoraDropout, Merge, Epochs, Batch, Rate, Optimizer, Momentum, Decay, Schedule, Warmup, Smoothing, Clip, Dropout, Patience, Last,
        Seed, Tile, Threads, Memory, NoOnnx, HubCall.Json,
    };

    public static FineTuneMethod MethodOf(LocalCall call) => Word(call.Get(Method), "--method", FineTuneMethod.Probe, FineTuneMethod.Lora, FineTuneMethod.Full);

    /// <param name="usualRate">Where none is given.</param>
    public static FineTuneSettings SettingsOf(LocalCall call, double usualRate)
    {
        var (method, rank) = (MethodOf(call), call.Get(Rank));
        return new()
        {
            Method = method, Lora = method == FineTuneMethod.Lora ? new([.. (call.Get(Targets) ?? []).SelectMany(name => name.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))], rank, call.Get(Alpha) ?? 2 * rank, call.Get(LoraDropout)) : null,
            Epochs = call.Get(Epochs) ?? (method == FineTuneMethod.Probe ? 30 : 5), Batch = call.Get(Batch), LearningRate = call.Get(Rate) ?? usualRate,
            Optimizer = Word(call.Get(Optimizer), "--optimizer", OptimizerKind.AdamW, OptimizerKind.Adam, OptimizerKind.Sgd), Momentum = call.Get(Momentum), WeightDecay = call.Get(Decay),
            Schedule = Word(call.Get(Schedule), "--schedule", RateSchedule.Linear, RateSchedule.Cosine, RateSchedule.Constant), Warmup = call.Get(Warmup), LabelSmoothing = call.Get(Smoothing), ClipNorm = call.Get(Clip),
            Dropout = call.Get(Dropout), Patience = call.Get(Patience), KeepsBest = !call.Get(Last), Seed = (ulong)call.Get(Seed), Tile = call.Get(Tile),
        };
    }

    /// <summary>Said by a person, not by a default.</summary>
    public static bool IsGiven(LocalCall call, Option option) => call.Parse.GetResult(option) is { Implicit: false };

    static T Word<T>(string? word, string option, params ReadOnlySpan<T> known) where T : struct, Enum
    {
        foreach (var value in known)
            if (string.Equals(value.ToString(), word, StringComparison.OrdinalIgnoreCase)) return value;
        throw new UsageException($"{option} is '{word}'; it can be {string.Join(", ", known.ToArray().Select(value => value.ToString().ToLowerInvariant()))}.");
    }
}
