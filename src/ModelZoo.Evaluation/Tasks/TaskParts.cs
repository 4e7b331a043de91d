namespace ModelZoo.Evaluation.Tasks;

/// <summary>Where examples come from and how they read. What the file does not say is the task's own.</summary>
/// <param name="Sampler"><c>default</c>: drawn as CPython's <c>random.Random(seed).sample</c> would; <c>first_n</c>: the first ones in order.</param>
/// <param name="Split">Null: the training split, else the validation split, else the test split; or <paramref name="Samples"/>.</param>
/// <param name="Samples">Examples that stand in the task file itself.</param>
/// <param name="Indices">Only these documents of the split are examples.</param>
public sealed record FewshotConfig(
    string Sampler,
    string? Split,
    IReadOnlyList<IReadOnlyDictionary<string, object?>>? Samples,
    IReadOnlyList<int>? Indices,
    object? DocToText,
    object? DocToTarget,
    object? DocToChoice,
    string? GenPrefix,
    string TargetDelimiter,
    string FewshotDelimiter);

/// <param name="Until">Texts that end an answer.</param>
/// <param name="Temperature">0, or <paramref name="DoSample"/> false: the most likely token each time.</param>
public sealed record GenerationOptions(IReadOnlyList<string> Until, int MaxTokens, bool DoSample, double Temperature, double TopP, int TopK)
{
    /// <summary>lm-evaluation-harness's default (its <c>DEFAULT_MAX_GEN_TOKS</c>).</summary>
    public const int DefaultMaxTokens = 256;
}

/// <summary>A named pipeline over a document's answers.</summary>
public sealed record FilterDefinition(string Name, IReadOnlyList<FilterStep> Steps)
{
    public static FilterDefinition Default { get; } = new("none", [new("take_first", TaskDefinition.NoFields)]);
}

public sealed record FilterStep(string Function, IReadOnlyDictionary<string, object?> Options);

/// <param name="Aggregation">Null: the metric's own.</param>
/// <param name="HigherIsBetter">Null: the metric's own.</param>
/// <param name="Options">Everything else: <c>k</c>, <c>bins</c>, <c>ignore_case</c>.</param>
public sealed record MetricDefinition(string Name, string? Aggregation, bool? HigherIsBetter, IReadOnlyDictionary<string, object?> Options);

/// <summary>Tasks under one name, in order, with what is computed over all of them.</summary>
/// <param name="Members">Tasks and groups, overrides applied.</param>
public sealed record TaskGroup(string Name, string? Alias, IReadOnlyList<TaskGroup.Member> Members, IReadOnlyList<GroupMetric> Metrics, IReadOnlyDictionary<string, object?> Metadata)
{
    /// <summary>One of the two.</summary>
    public sealed record Member(TaskDefinition? Task, TaskGroup? Group)
    {
        public string Name => Task?.Name ?? Group!.Name;
    }

    /// <summary>All tasks below, in order, each once.</summary>
    public IReadOnlyList<TaskDefinition> Tasks => [.. Flatten().DistinctBy(task => task.Name)];

    /// <summary><c>metadata.version</c>, as written.</summary>
    public string? Version => Metadata.TryGetValue("version", out var version) ? PlainValues.Word(version) : null;

    IEnumerable<TaskDefinition> Flatten() => Members.SelectMany(member => member.Task is { } task ? [task] : member.Group!.Flatten());
}

/// <param name="Filters">Null: all filters that the members have in common.</param>
/// <param name="WeightBySize">True: members count by their samples; false: each the same.</param>
public sealed record GroupMetric(string Metric, IReadOnlyList<string>? Filters, string Aggregation, bool WeightBySize);
