using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using ModelZoo.Evaluation;
using ModelZoo.Hub.Populations.FineTuning;
using ModelZoo.Learning.FineTuning;
using ModelZoo.Weights;

namespace ModelZoo.Cli.FineTuning;

/// <summary>Everything that a run came to, for its card and for whoever asked.</summary>
sealed record FineTuned(
    FineTunePlan Plan, TuningBase Base, EncoderLayout Layout, TuningRows Rows, IReadOnlyList<string> Labels, bool KeptHead, bool HasPooler, FineTuneMemory Memory, int Threads,
    FineTuner Tuner, SetScore Validation, SetScore Test, double Seconds, string WeightsDigest)
{
    /// <summary>The largest part of memory that the process ever had, all of it.</summary>
    public long PeakBytes { get; } = Process.GetCurrentProcess().PeakWorkingSet64;

    public bool WritesAdapter => Plan is { Settings.Method: FineTuneMethod.Lora, Merges: false };
}

/// <summary>Fine-tunes a model in a folder on data in a folder: prepares, trains, keeps a state after every epoch and goes on with it, measures, and writes the result.</summary>
sealed class FineTuneRun(FineTunePlan plan, Action<string> say, IProgress<FineTuneProgress>? progress, Action<EpochScore>? onEpoch)
{
    /// <summary>Told of the number of epochs done whenever the state after them is on the disk.</summary>
    public Action<int>? OnKept { get; init; }

    string StateFolder => Path.Combine(plan.OutputFolder, FineTunePlan.StateFolder);

    public async Task<FineTuned> RunAsync(CancellationToken stop)
    {
        var clock = Stopwatch.StartNew();
        var start = await TuningBase.OpenAsync(plan.ModelFolder, plan.MaxLength, stop);
        if (plan.Task is { } task && task != (start.Shape.IsText ? "text-classification" : "image-classification")) throw new FineTuneException($"The model is for {(start.Shape.IsText ? "texts" : "pictures")}; it cannot do {task}.");
        plan.Settings.Validate();
        PrepareFolder();
        var rows = await TuningRows.ReadAsync(plan, start.Shape.IsText, stop);
        foreach (var remark in rows.Remarks) say(remark);
        var labels = plan.IsRegression ? [] : LabelsOf(rows, start.Labels);
        var outputs = plan.IsRegression ? 1 : labels.Count;
        if (!plan.IsRegression && labels.Count < 2) throw new FineTuneException("The data has a single class; there is nothing to tell apart.");

        using var weights = await OpenWeightsAsync(stop);
        var hasPooler = EncoderFiles.HasPooler(start.Shape, weights.Tensors);
        var layout = new EncoderLayout(start.Shape.For(plan.Settings), outputs, plan.Settings, hasPooler);
        var keepsHead = !plan.DrawsHead && !plan.IsRegression && labels.SequenceEqual(start.Labels) && EncoderFiles.HasHead(start.Shape, outputs, weights.Tensors);
        var (train, validation, test) = (Labelled("train", rows.Train), Labelled("validation", rows.Validation), Labelled("test", rows.Test));
        var threads = Math.Clamp(plan.Threads, 1, (plan.Settings.Batch + plan.Settings.Tile - 1) / plan.Settings.Tile);
        var longest = new[] { train, validation }.Max(set => LongestOf(set.Inputs, start.Shape));
        var memory = FineTuneMemory.Of(layout, plan.Settings, longest, threads);
        if (memory.TotalBytes > plan.MemoryBytes)
            throw new FineTuneException($"Training would take {memory.TotalBytes >> 20} MiB; at most {plan.MemoryBytes >> 20} are allowed. A smaller --tile, shorter texts, fewer threads or an adapter need less.");
        say($"{layout.BaseCount:N0} parameters, {layout.LearningCount:N0} learn; {train.Count:N0} rows to train on, {validation.Count:N0} to choose by, {test.Count:N0} to measure on; {memory.TotalBytes >> 20} MiB, {threads} threads.");

        var read = await EncoderFiles.ReadAsync(layout, weights.Tensors, keepsHead, plan.Settings.Seed, stop);
        var digest = Convert.ToHexStringLower(SHA256.HashData(System.Runtime.InteropServices.MemoryMarshal.AsBytes(read.Values.AsSpan())));
        var tuner = new FineTuner(new(layout, read.Values, plan.Settings, train, validation.Count > 0 ? validation : null), threads);
        await TrainAsync(tuner, IdentityOf(rows, labels, digest), stop);
        tuner.TakeBest();
        var (bestScore, testScore) = (tuner.Evaluate(validation, progress, stop), tuner.Evaluate(test, progress, stop));
        var tuned = new FineTuned(plan, start, layout, rows, labels, keepsHead, hasPooler, memory, threads, tuner, bestScore, testScore, clock.Elapsed.TotalSeconds, digest);
        await TunedFolder.WriteAsync(tuned, say, stop);
        Directory.Delete(StateFolder, recursive: true);
        return tuned;

        LabelledInputs Labelled(string name, IReadOnlyList<TuningRow> from)
        {
            var inputs = start.Prepare(from, stop);
            if (plan.IsRegression) return new(name, inputs, [], [.. from.Select(NumberOf)]);
            var numbers = labels.Select((label, i) => (label, i)).ToDictionary(each => each.label, each => each.i, StringComparer.Ordinal);
            return new(name, inputs, [.. from.Select(row => numbers[Spelled(row.Label, start.Labels)])]);
        }
    }

    /// <summary>A run writes into a folder of its own: a new one, or the one that an interrupted run left.</summary>
    void PrepareFolder()
    {
        var folder = plan.OutputFolder;
        if (Directory.Exists(folder) && !Directory.Exists(StateFolder) && Directory.EnumerateFileSystemEntries(folder).Any())
            throw new FineTuneException($"'{folder}' is not empty.");
        Directory.CreateDirectory(StateFolder);
    }

    async Task<ModelContent> OpenWeightsAsync(CancellationToken stop)
    {
        var files = new FolderFiles(plan.ModelFolder);
        var usual = ((string[])["model.safetensors", "model.safetensors.index.json", "pytorch_model.bin"]).FirstOrDefault(name => files.Files.Any(file => file.Path == name));
        return await ModelContent.OpenAsync(files, usual ?? throw new FineTuneException("The model has neither model.safetensors nor pytorch_model.bin in its root."), stop);
    }

    async Task TrainAsync(FineTuner tuner, string identity, CancellationToken stop)
    {
        var file = Path.Combine(StateFolder, FineTunePlan.StateFile);
        if (await FindFurthestAsync([file, Path.Combine(StateFolder, FineTunePlan.BroughtFile)], identity, stop) is { } kept)
        {
            tuner.Restore(kept);
            say($"Going on after epoch {kept.Epoch}.");
        }
        while (!tuner.IsOver)
        {
            onEpoch?.Invoke(tuner.RunEpoch(progress, stop));
            // Beside the old one and then in its place, so that a crash leaves one of the two.
            await File.WriteAllBytesAsync($"{file}.new", await tuner.State.WriteAsync(identity, stop), stop);
            File.Move($"{file}.new", file, overwrite: true);
            OnKept?.Invoke(tuner.Epoch);
        }
        if (tuner.Epoch < plan.Settings.Epochs) say($"Stopped after epoch {tuner.Epoch}: the validation score has not become better for {plan.Settings.Patience} epochs.");
    }

    static async Task<FineTuneState?> FindFurthestAsync(string[] files, string identity, CancellationToken stop)
    {
        FineTuneState? furthest = null;
        foreach (var file in files)
            if (File.Exists(file) && await FineTuneState.FindAsync(await File.ReadAllBytesAsync(file, stop), identity, stop) is { } state && state.Epoch > (furthest?.Epoch ?? 0)) furthest = state;
        return furthest;
    }

    /// <summary>Of everything that training depends on; the number of threads and the folder are not of it.</summary>
    string IdentityOf(TuningRows rows, IReadOnlyList<string> labels, string digest)
    {
        var text = $"{System.Text.Json.JsonSerializer.Serialize(plan.Settings)}\n{digest}\n{rows.Digest}\n{rows.Columns}\n{rows.Train.Count} {rows.Validation.Count} {plan.MaxLength} {plan.Limit}\n{string.Join('\n', labels)}";
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
    }

    /// <summary>The model's own classes where all of the data's are among them; else the data's, numbers in their order and words in that of their letters.</summary>
    IReadOnlyList<string> LabelsOf(TuningRows rows, IReadOnlyList<string> own)
    {
        var all = rows.Train.Concat(rows.Validation).Concat(rows.Test).Select(row => row.Label).ToList();
        // Classes that are numbers say nothing of what they are: with others of them the head is another.
        var areNamed = own.Any(name => !name.All(char.IsAsciiDigit)) || all.Select(TuningRows.NameOf).Distinct(StringComparer.Ordinal).Count() == own.Count;
        if (!plan.DrawsHead && own.Count > 1 && areNamed && own.Distinct(StringComparer.Ordinal).Count() == own.Count && all.TrueForAll(label => own.Contains(Spelled(label, own)))) return own;
        var names = all.Select(label => Spelled(label, own)).Distinct(StringComparer.Ordinal).ToList();
        if (names.Count - rows.Train.Select(row => Spelled(row.Label, own)).Distinct(StringComparer.Ordinal).Count() is > 0 and var unseen) say($"{unseen} of {names.Count} classes have no training row.");
        return names.TrueForAll(name => long.TryParse(name, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _))
            ? [.. names.OrderBy(name => long.Parse(name, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture))] : [.. names.Order(StringComparer.Ordinal)];
    }

    /// <summary>A class by its number in the model's own list where the data has numbers and the model names; else as the data says it.</summary>
    string Spelled(object label, IReadOnlyList<string> own) =>
        !plan.DrawsHead && label is long number && number >= 0 && number < own.Count && !own.Contains(TuningRows.NameOf(label)) ? own[(int)number] : TuningRows.NameOf(label);

    static float NumberOf(TuningRow row) => row.Label switch
    {
        double real => (float)real,
        long whole => whole,
        string text when float.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) => value,
        var other => throw new EvaluationException($"'{TuningRows.NameOf(other)}' is no number to be predicted."),
    };

    static int LongestOf(EncoderInputs inputs, EncoderShape shape)
    {
        if (inputs is not TokenInputs texts) return shape.Positions;
        var most = 1;
        for (var i = 0; i < texts.Count; i++) most = Math.Max(most, texts.Ids(i).Length);
        return most;
    }
}
