namespace ModelZoo.Evaluation.Tasks;

/// <summary>A task as plain values with everything filled in that its file leaves out: what its hash covers.</summary>
static class TaskResolution
{
    public static IReadOnlyDictionary<string, object?> Of(TaskDefinition task, TaskMap map)
    {
        var values = ((Dictionary<string, object?>)map.Plain()!).Where(pair => pair.Value is not null).ToDictionary(StringComparer.Ordinal);
        values["task"] = task.Name;
        values["description"] = task.Description;
        values["target_delimiter"] = task.TargetDelimiter;
        values["fewshot_delimiter"] = task.FewshotDelimiter;
        values["output_type"] = values.GetValueOrDefault("output_type") ?? task.OutputType.Word();
        values["repeats"] = (long)task.Repeats;
        values["should_decontaminate"] = task.ShouldDecontaminate;
        values["num_fewshot"] = (long)(task.NumFewshot ?? 0);
        values["fewshot_config"] = Fewshot(task, values.GetValueOrDefault("fewshot_config") as IReadOnlyDictionary<string, object?>);
        if (task.Generation is { } generation)
            values["generation_kwargs"] = new Dictionary<string, object?>(values.GetValueOrDefault("generation_kwargs") as IReadOnlyDictionary<string, object?> ?? TaskDefinition.NoFields)
            {
                ["until"] = generation.Until.ToList<object?>(),
                ["max_gen_toks"] = (long)generation.MaxTokens,
                ["do_sample"] = generation.DoSample,
                ["temperature"] = generation.Temperature,
            };
        values.TryAdd("filter_list", task.Filters.Select(object? (filter) => new Dictionary<string, object?>
        {
            ["name"] = filter.Name,
            ["filter"] = filter.Steps.Select(object? (step) => new Dictionary<string, object?>(step.Options) { ["function"] = step.Function }).ToList(),
        }).ToList());
        values.TryAdd("metric_list", task.Metrics.Select(object? (metric) => new Dictionary<string, object?>(metric.Options) { ["metric"] = metric.Name }).ToList());
        return values;
    }

    static Dictionary<string, object?> Fewshot(TaskDefinition task, IReadOnlyDictionary<string, object?>? given)
    {
        var fewshot = (given ?? TaskDefinition.NoFields).ToDictionary(StringComparer.Ordinal);
        fewshot["sampler"] = fewshot.GetValueOrDefault("sampler") ?? task.Fewshot.Sampler;
        fewshot["target_delimiter"] = task.Fewshot.TargetDelimiter;
        fewshot["fewshot_delimiter"] = task.Fewshot.FewshotDelimiter;
        foreach (var (key, value) in new (string, object?)[]
        {
            ("split", task.Fewshot.Split), ("doc_to_text", task.Fewshot.DocToText), ("doc_to_target", task.Fewshot.DocToTarget), ("doc_to_choice", task.Fewshot.DocToChoice), ("gen_prefix", task.Fewshot.GenPrefix),
        })
            if (value is not null) fewshot.TryAdd(key, value);
        return fewshot;
    }
}
