using System.Globalization;
using System.Text;
using System.Text.Json;
using ModelZoo.Learning.FineTuning;
using ModelZoo.Learning.Training;

namespace ModelZoo.Cli.FineTuning;

/// <summary>The README of a fine-tuned model: where it comes from, how it was made, how well it does.</summary>
static class TunedCard
{
    public static string Write(FineTuned tuned)
    {
        var (plan, settings, isText) = (tuned.Plan, tuned.Plan.Settings, tuned.Base.Shape.IsText);
        var task = isText ? "text-classification" : "image-classification";
        var name = Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(plan.OutputFolder)));
        var text = new StringBuilder("---\n");
        text.Append($"library_name: {(tuned.WritesAdapter ? "peft" : "transformers")}\npipeline_tag: {task}\n");
        text.Append($"base_model: {Quote(plan.Model)}\nbase_model_relation: {(tuned.WritesAdapter ? "adapter" : "finetune")}\n");
        if (LicenceOf(tuned.Base.Folder) is { } licence) text.Append($"license: {licence}\n");
        if (plan.IsHubDataset) text.Append($"datasets: [{Quote(plan.Dataset)}]\n");
        text.Append($"tags: [{(tuned.WritesAdapter ? "lora, " : "")}fine-tuned]\n");
        if (tuned.Test is { Accuracy: { } accuracy, Count: > 0 })
        {
            text.Append("metrics: [accuracy, f1]\nmodel-index:\n");
            text.Append($"- name: {Quote(name)}\n  results:\n  - task: {{type: {task}}}\n    dataset: {{type: {Quote(plan.Dataset)}, name: {Quote(plan.Dataset)}, split: {(tuned.Rows.HasOwnTest ? "test" : "held-out")}}}\n    metrics:\n");
            text.Append(Invariant($"    - {{type: accuracy, value: {accuracy:0.######}}}\n    - {{type: f1, name: Macro F1, value: {tuned.Test.MacroF1 ?? 0:0.######}}}\n"));
        }
        text.Append($"---\n# {name}\n\n");
        text.Append($"{plan.Model}{(plan.ModelRevision is { } revision ? $" at {revision[..Math.Min(10, revision.Length)]}" : "")}, {How(tuned)} on {plan.Dataset} ({tuned.Rows.Columns}).\n\n");

        text.Append("## Evaluation\n\n| split | samples | accuracy | 95 % interval | macro F1 | loss |\n| --- | --- | --- | --- | --- | --- |\n");
        foreach (var (label, score) in (ReadOnlySpan<(string, SetScore)>)[("validation", tuned.Validation), (tuned.Rows.HasOwnTest ? "test" : "test (held out of the training rows)", tuned.Test)])
            if (score.Count > 0)
                text.Append(Invariant($"| {label} | {score.Count} | {(score.Accuracy is { } value ? $"{value.ToString("0.0000", CultureInfo.InvariantCulture)}" : "")} | {Interval(score)} | {score.MacroF1?.ToString("0.0000", CultureInfo.InvariantCulture)} | {score.Loss:0.0000} |\n"));
        text.Append(tuned.Tuner.BestEpoch > 0 && settings.KeepsBest ? $"\nThe epoch was chosen by the validation split; the test split was looked at once, at the end.\n" : "\nThe last epoch was taken.\n");

        text.Append("\n## Training\n\n");
        text.Append(Invariant($"{tuned.Layout.LearningCount:N0} of {tuned.Layout.Count:N0} parameters were trained on {tuned.Rows.Train.Count:N0} rows for {tuned.Tuner.Epoch} epochs in {tuned.Seconds:0} s on {tuned.Threads} threads.\n\n"));
        text.Append(Invariant($"- {settings.Optimizer.Title()}, learning rate {settings.LearningRate}, {settings.Schedule.ToString().ToLowerInvariant()}, warm-up {settings.Warmup:0.##}, weight decay {settings.WeightDecay}, batch {settings.Batch}, label smoothing {settings.LabelSmoothing}, seed {settings.Seed}\n"));
        if (settings is { Method: FineTuneMethod.Lora, Lora: { } lora })
            text.Append(Invariant($"- LoRA on {string.Join(", ", lora.Targets.Count > 0 ? lora.Targets : LoraSettings.UsualTargets(tuned.Layout.Shape.Family))}, rank {lora.Rank}, alpha {lora.Alpha}, dropout {lora.Dropout}\n"));
        foreach (var remark in tuned.Rows.Remarks) text.Append($"- {remark}\n");
        text.Append("- Exact settings, digests of the data and the curve: `training.json`\n");
        text.Append("\n## Use\n\n```python\n").Append(Snippet(tuned, name)).Append("```\n");
        text.Append("\n## Limits\n\nIt tells apart the classes it was trained on, always answers with one of them, and was measured on the split above and nothing else. What holds for the base model (see its card) holds for it.\n");
        return text.ToString();
    }

    static string How(FineTuned tuned) => tuned.Plan.Settings.Method switch
    {
        FineTuneMethod.Probe => "a linear probe (the head alone was trained)",
        FineTuneMethod.Lora => tuned.WritesAdapter ? "a LoRA adapter" : "fine-tuned with LoRA and merged",
        _ => "fine-tuned",
    };

    static string Interval(SetScore score) => score.Interval is var (low, high) ? Invariant($"{low:0.0000} to {high:0.0000}") : "";

    static string Snippet(FineTuned tuned, string name)
    {
        var (model, pre) = tuned.Base.Shape.IsText ? ("AutoModelForSequenceClassification", "AutoTokenizer") : ("AutoModelForImageClassification", "AutoImageProcessor");
        if (!tuned.WritesAdapter) return $"from transformers import {pre}, {model}\n\nmodel = {model}.from_pretrained(\"{name}\")\nprepare = {pre}.from_pretrained(\"{name}\")\n";
        return $"from peft import PeftModel\nfrom transformers import {pre}, {model}\n\nbase = {model}.from_pretrained(\"{tuned.Plan.Model}\", num_labels={tuned.Layout.Outputs}, ignore_mismatched_sizes=True)\nmodel = PeftModel.from_pretrained(base, \"{name}\")\nprepare = {pre}.from_pretrained(\"{name}\")\n";
    }

    /// <summary>The base's licence goes with what is made of it.</summary>
    static string? LicenceOf(string folder)
    {
        var path = Path.Combine(folder, "README.md");
        if (!File.Exists(path) || new FileInfo(path).Length > 4 << 20) return null;
        var lines = File.ReadLines(path).Take(200).ToList();
        if (lines is not ["---", ..]) return null;
        var line = lines.Skip(1).TakeWhile(each => each != "---").FirstOrDefault(each => each.StartsWith("license:", StringComparison.Ordinal));
        var value = line?["license:".Length..].Trim();
        return value is { Length: > 0 and < 60 } && value.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '.') ? value : null;
    }

    static string Quote(string text) => text.Length > 0 && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' or '/') && !text.StartsWith('-') && !text.StartsWith('.') ? text : JsonSerializer.Serialize(text);

    static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
