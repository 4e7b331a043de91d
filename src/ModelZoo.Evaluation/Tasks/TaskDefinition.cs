namespace ModelZoo.Evaluation.Tasks;

/// <summary>
/// One benchmark task, resolved: includes expanded, overrides applied, defaults of lm-evaluation-harness filled in. Fields have that harness's meaning;
/// what is ours stands under <see cref="Zoo"/>. Made by <c>TaskLibrary</c>.
/// </summary>
/// <remarks>
/// <c>DocTo…</c> values are what the file says: a text (the name of a column, else a template), a whole number (<see cref="long"/>), a list, or a mapping
/// whose values are meant. <c>PromptBuilder</c> applies them.
/// </remarks>
public sealed record TaskDefinition
{
    public required string Name { get; init; }
    public string? Alias { get; init; }
    public IReadOnlyList<string> Tags { get; init; } = [];

    /// <summary>A repository of the hub (<c>zoo/mnist</c>), a folder, or the name of a loader such as <c>json</c>.</summary>
    public string? DatasetPath { get; init; }

    /// <summary>The configuration (subset) of the dataset.</summary>
    public string? DatasetName { get; init; }

    /// <summary>Among them <c>data_files</c>: which files make which split.</summary>
    public IReadOnlyDictionary<string, object?> DatasetKwargs { get; init; } = NoFields;

    public string? TrainingSplit { get; init; }
    public string? ValidationSplit { get; init; }
    public string? TestSplit { get; init; }

    /// <summary>The split that is measured: null where the task names none, which makes it not runnable.</summary>
    public string? EvaluatedSplit => TestSplit ?? ValidationSplit;

    public OutputType OutputType { get; init; } = OutputType.GenerateUntil;

    /// <summary>Null counts as 0.</summary>
    public int? NumFewshot { get; init; }
    public required FewshotConfig Fewshot { get; init; }

    /// <summary>A column or a template over the measured document; stands before the examples, followed by nothing.</summary>
    public string Description { get; init; } = "";

    public object? DocToText { get; init; }
    public object? DocToTarget { get; init; }
    public object? DocToChoice { get; init; }
    public string TargetDelimiter { get; init; } = " ";
    public string FewshotDelimiter { get; init; } = "\n\n";
    public string? GenPrefix { get; init; }

    /// <summary>For tasks that generate; null for others.</summary>
    public GenerationOptions? Generation { get; init; }

    /// <summary>How often each request is asked.</summary>
    public int Repeats { get; init; } = 1;

    /// <summary>Pipelines over the same answers; each yields scores of its own. At least one, by default <c>none</c> with <c>take_first</c>.</summary>
    public IReadOnlyList<FilterDefinition> Filters { get; init; } = [FilterDefinition.Default];

    /// <summary>At least one.</summary>
    public IReadOnlyList<MetricDefinition> Metrics { get; init; } = [];
    public bool ShouldDecontaminate { get; init; }
    public string? DecontaminationQuery { get; init; }
    public IReadOnlyDictionary<string, object?> Metadata { get; init; } = NoFields;

    /// <summary><c>metadata.version</c>, as written.</summary>
    public string? Version { get; init; }

    public ZooFields Zoo { get; init; } = new();

    /// <summary>SHA-256 of the resolved task as canonical JSON, 64 lowercase hex digits: what <c>task.hash</c> of a score record says.</summary>
    public string Hash { get; init; } = "";

    /// <summary>The resolved task as plain values: what <see cref="Hash"/> covers and result files show.</summary>
    public IReadOnlyDictionary<string, object?> Resolved { get; init; } = NoFields;

    /// <summary>Why the task cannot run here; empty where it can. Such a task is listed and never run differently from what it says.</summary>
    public IReadOnlyList<TaskDefect> Defects { get; init; } = [];

    public bool IsRunnable => Defects.Count == 0;

    internal static IReadOnlyDictionary<string, object?> NoFields { get; } = new Dictionary<string, object?>();
}

/// <summary>Something that a task asks for and that does not exist here.</summary>
/// <param name="Construct">As the file writes it: <c>!function utils.process_docs</c>, <c>{% call %}</c>.</param>
/// <param name="Key">Where: <c>doc_to_text</c>.</param>
/// <param name="Line">In the file, or in a template of several lines the line of that template's key.</param>
public sealed record TaskDefect(string File, int Line, string Key, string Construct, string Reason)
{
    public override string ToString() => $"{File}, line {Line}, {Key}: {Construct}: {Reason}";
}
