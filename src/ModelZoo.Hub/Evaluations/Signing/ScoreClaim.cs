using System.Text.Json.Serialization;

namespace ModelZoo.Hub.Evaluations.Signing;

/// <summary>
/// What the hub vouches for: this value came out when it measured these files on this data in this way. Who reads a token decides whether what is shown
/// now is what was measured then: by the commit, or better by the digest of the files, which outlives commits that change other files.
/// </summary>
sealed record ScoreClaim
{
    /// <summary>"owner/name" when it was measured; repositories may be renamed, so commits and digests count.</summary>
    [JsonPropertyName("model")]
    public required string Model { get; init; }

    [JsonPropertyName("commit")]
    public required string Commit { get; init; }

    /// <summary>Of the model's files that the run read (<see cref="Evaluation.Records.FilesDigest"/>).</summary>
    [JsonPropertyName("files")]
    public string? FilesDigest { get; init; }

    [JsonPropertyName("dataset")]
    public required string Dataset { get; init; }

    [JsonPropertyName("dataset_commit")]
    public required string DatasetCommit { get; init; }

    [JsonPropertyName("dataset_files")]
    public string? DatasetDigest { get; init; }

    [JsonPropertyName("task")]
    public required string TaskId { get; init; }

    [JsonPropertyName("task_hash")]
    public string? TaskHash { get; init; }

    [JsonPropertyName("metric")]
    public required string Metric { get; init; }

    [JsonPropertyName("filter")]
    public required string Filter { get; init; }

    [JsonPropertyName("value")]
    public required double Value { get; init; }

    /// <summary><see cref="Verified"/>, or <see cref="Reproduced"/> where an endpoint answered and the hub did not hold the weights.</summary>
    [JsonPropertyName("standing")]
    public string Standing { get; init; } = Verified;

    /// <summary>When it was signed, in seconds since 1970.</summary>
    [JsonPropertyName("iat")]
    public long SignedAt { get; init; }

    public const string Verified = "verified";
    public const string Reproduced = "reproduced";
}
