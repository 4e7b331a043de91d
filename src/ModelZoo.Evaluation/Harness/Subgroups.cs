using ModelZoo.Evaluation.Tasks;

namespace ModelZoo.Evaluation.Harness;

/// <summary>Which part of the data a sample belongs to, where the task tells parts apart.</summary>
static class Subgroups
{
    /// <summary>More than so many groups are none.</summary>
    public const int Most = 200;

    public static string? Of(TaskDefinition task, Sample sample)
    {
        if (task.Zoo.SubgroupsBy is not { } by) return null;
        var value = sample.Document.Fields.TryGetValue(by, out var field) ? field : by == "label" ? sample.Prompt?.Target : null;
        return value switch
        {
            null => null,
            long index when by == "label" && index >= 0 && index < task.Zoo.LabelNames.Count => task.Zoo.LabelNames[(int)index],
            _ => PlainValues.Word(value),
        };
    }
}
