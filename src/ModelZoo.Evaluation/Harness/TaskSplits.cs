using ModelZoo.Evaluation.Data;
using ModelZoo.Evaluation.Tasks;

namespace ModelZoo.Evaluation.Harness;

/// <summary>Finds a task's splits in a dataset's folder.</summary>
static class TaskSplits
{
    /// <summary>Loaders of Hugging Face's library that tasks name instead of a dataset.</summary>
    static readonly Dictionary<string, DataFormat> s_loaders = new(StringComparer.Ordinal)
    {
        ["json"] = DataFormat.Jsonl, ["csv"] = DataFormat.Csv, ["text"] = DataFormat.Text, ["parquet"] = DataFormat.Parquet, ["arrow"] = DataFormat.Arrow, ["imagefolder"] = DataFormat.Images,
    };

    public static DatasetFolder Open(EvaluationPlan plan, TaskDefinition task, out DatasetSource source)
    {
        source = (task.DatasetPath is { } path ? plan.Datasets.GetValueOrDefault(path) : null) ?? plan.Dataset
            ?? throw new EvaluationException($"The task '{task.Name}' needs the dataset '{task.DatasetPath}'.");
        return new(source.Folder, plan.DataLimits);
    }

    public static DatasetSplit Get(DatasetFolder folder, TaskDefinition task, string split)
    {
        if (split.Contains('[', StringComparison.Ordinal)) throw new EvaluationException($"'{split}' is a part of a split; put those rows in a file of their own.");
        DataFormat? format = task.Zoo.Loader is { } loader ? DataFormats.Parse(loader) : task.DatasetPath is { } path && s_loaders.TryGetValue(path, out var known) ? known : null;
        return folder.Get(new(split, task.DatasetName, FilesOf(task, split), format) { WholeTexts = task.DatasetKwargs.GetValueOrDefault("sample_by") is "document" });
    }

    /// <summary><c>data_files</c>: a path, a list of them, or either for each split.</summary>
    static IReadOnlyList<string>? FilesOf(TaskDefinition task, string split)
    {
        var value = task.DatasetKwargs.GetValueOrDefault("data_files");
        if (value is IReadOnlyDictionary<string, object?> bySplit)
            value = bySplit.TryGetValue(split, out var own) ? own : throw new EvaluationException($"'data_files' of '{task.Name}' has no split '{split}'; it has {string.Join(", ", bySplit.Keys)}.");
        return value switch
        {
            null => null,
            string one => [one],
            IEnumerable<object?> several => [.. several.Select(item => item as string ?? throw new EvaluationException($"'data_files' of '{task.Name}' must name files."))],
            _ => throw new EvaluationException($"'data_files' of '{task.Name}' must be a path, a list of paths, or those by split."),
        };
    }
}
