namespace ModelZoo.Evaluation.Tasks;

/// <summary>What stands under <c>zoo:</c> in a task file: everything that lm-evaluation-harness does not know.</summary>
public sealed record ZooFields
{
    /// <summary>jsonl, csv, tsv, parquet, text, idx, images, npz or arrow; null: told by the file's name.</summary>
    public string? Loader { get; init; }

    /// <summary>Null: the task's first metric.</summary>
    public string? PrimaryMetric { get; init; }

    /// <summary>The filter whose score is the primary one; null: the first.</summary>
    public string? PrimaryFilter { get; init; }
    public string? License { get; init; }

    /// <summary>One sentence on what is measured.</summary>
    public string? Summary { get; init; }

    /// <summary>Columns that the data must have, with what they hold.</summary>
    public IReadOnlyDictionary<string, string> Columns { get; init; } = new Dictionary<string, string>();
    public ZooInput? Input { get; init; }
    public IReadOnlyList<string> LabelNames { get; init; } = [];

    /// <summary>The column (or <c>label</c>) by which subgroups are told apart.</summary>
    public string? SubgroupsBy { get; init; }
    public CanaryThresholds? Canary { get; init; }
    public TaskLimits? Limits { get; init; }

    /// <summary>A column or template that says which documents belong together: the options of one question of MultiRC.</summary>
    public string? Group { get; init; }

    /// <summary>For whole texts: the column whose words and bytes count, where the model reads it changed. Null: what the model reads.</summary>
    public string? Lengths { get; init; }

    /// <summary>For performance tasks.</summary>
    public ScenarioFields? Scenario { get; init; }

    /// <summary>For embedding tasks over a collection of documents.</summary>
    public RetrievalFields? Retrieval { get; init; }

    /// <summary>For embedding tasks judged by a classifier on frozen vectors: <c>knn</c> or <c>logistic</c>.</summary>
    public string? Probe { get; init; }

    /// <summary>For detection: where a document's boxes stand.</summary>
    public BoxFields? Boxes { get; init; }

    /// <summary>The score of guessing, for chance-normalised means.</summary>
    public double? Chance { get; init; }

    /// <summary>Answers are programs: judged only by a sandboxed worker, where an administrator allows one.</summary>
    public ProgramFields? Program { get; init; }
}

/// <param name="Column">What the model looks at; null: <c>doc_to_text</c>.</param>
/// <param name="Pair">The second text of pairs.</param>
/// <param name="Kind">image, text, text_pair, tensor, audio or tokens.</param>
public sealed record ZooInput(string? Column, string? Pair, string Kind);

/// <summary>Of the canary test of a new release, evaluation.md part e.</summary>
public sealed record CanaryThresholds(double? Margin, double? HardFloor);

public sealed record TaskLimits(double? Seconds, double? MemoryMegabytes);

/// <param name="Kind">single_stream, multi_stream, server or offline.</param>
/// <param name="Asks">The request that is timed: classification, embedding, regression, detection, generation or loglikelihood.</param>
/// <param name="IsStrict">MLPerf's minima (600 s, 100 queries) instead of the hub's.</param>
/// <param name="QueriesPerSecond">Server: the target rate.</param>
/// <param name="LatencyMilliseconds">Server: the bound on the percentile.</param>
/// <param name="Percentile">Server: which percentile must be within the bound.</param>
/// <param name="SamplesPerQuery">Multi-stream.</param>
public sealed record ScenarioFields(
    string Kind,
    string Asks,
    bool IsStrict,
    double? MinSeconds,
    int? MinQueries,
    double? QueriesPerSecond,
    double? LatencyMilliseconds,
    double Percentile,
    int SamplesPerQuery);

/// <summary>Which splits hold the collection and the judgements, and which columns tie them together. The measured split holds the queries.</summary>
/// <param name="Corpus">Split of documents.</param>
/// <param name="Judgements">Split of rows (query, document, relevance).</param>
/// <param name="CorpusText">Columns joined with a blank, such as title and text.</param>
public sealed record RetrievalFields(
    string Corpus,
    string Judgements,
    string CorpusId,
    IReadOnlyList<string> CorpusText,
    string QueryId,
    string JudgementQuery,
    string JudgementDocument,
    string JudgementScore);

/// <param name="Column">A list of mappings, one for each box.</param>
/// <param name="Format"><c>xywh</c> (left, top, width, height) or <c>xyxy</c>.</param>
public sealed record BoxFields(string Column, string Box, string Class, string Format);

/// <param name="Language">python.</param>
/// <param name="Test">Template of the program that tests an answer; <c>answer</c> is the generated text.</param>
/// <param name="Seconds">What one test may take.</param>
public sealed record ProgramFields(string Language, string Test, double Seconds);
