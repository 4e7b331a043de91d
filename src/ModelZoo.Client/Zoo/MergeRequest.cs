using System.Text.Json.Serialization;

namespace ModelZoo.Client;

/// <summary>A soup or merge for the hub to make.</summary>
public sealed record MergeRequest
{
    /// <summary><c>owner/name[@revision]</c>, or members as <c>owner/population#member[@epochs]</c>; none with a configuration.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<string>? Sources { get; init; }

    /// <summary>uniform, weighted, greedy, learned, wise-ft, ema, task_arithmetic, slerp, ties, … as docs/populations.md lists them.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Method { get; init; }

    /// <summary>The model that differences are taken from; where it is one.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Base { get; init; }

    /// <summary>How much each source counts, in their order.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<double>? Weights { get; init; }

    /// <summary>The method's own numbers, such as density or lambda.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyDictionary<string, double>? Parameters { get; init; }

    /// <summary>For methods that drop at random.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? Seed { get; init; }

    /// <summary>YAML as mergekit takes it.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Configuration { get; init; }

    /// <summary>F32, F16, BF16 or F64.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Type { get; init; }

    /// <summary>Copy tensors that do not fit from the first model.</summary>
    public bool SkipMismatch { get; init; }

    /// <summary>Merge what cannot be averaged.</summary>
    public bool Force { get; init; }

    /// <summary><c>owner/name</c>: a repository that there is, or a new one.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Target { get; init; }

    /// <summary>Of a repository that there is; made when it has no such branch.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Branch { get; init; }

    /// <summary>Propose the result instead of committing it.</summary>
    public bool PullRequest { get; init; }

    /// <summary>Of a new repository; null: private where a source is.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    [JsonPropertyName("private")]
    public bool? IsPrivate { get; init; }
}
