namespace ModelZoo.Evaluation.Submissions;

/// <summary>One file that was brought in. It may be opened more than once.</summary>
/// <param name="Path">As its bringer names it; only some formats look at it.</param>
public sealed record SubmissionFile(string Path, long SizeBytes, Func<Stream> Open)
{
    public static SubmissionFile Of(string path, ReadOnlyMemory<byte> content) => new(path, content.Length, () => new MemoryStream(content.ToArray(), writable: false));

    /// <summary>Name without folders.</summary>
    public string Name => Path[(Path.LastIndexOf('/') + 1)..];
}

/// <summary>What the reader may rely on beside the files themselves.</summary>
public sealed record SubmissionOptions
{
    public required DateTimeOffset Now { get; init; }

    /// <summary>The commit that the scores are to be scores of; null: none is known, and nothing is marked.</summary>
    public string? TargetRevision { get; init; }

    /// <summary>Labels by index, for MLPerf's accuracy log.</summary>
    public IReadOnlyList<int>? Labels { get; init; }

    /// <summary>Options of metrics by name (<c>ignore_case</c> of <c>exact_match</c>), for what is computed again from samples.</summary>
    public IReadOnlyDictionary<string, IReadOnlyDictionary<string, object?>>? MetricOptions { get; init; }

    /// <summary>Most bytes of a file that is read as a whole.</summary>
    public long MaxDocumentBytes { get; init; } = 32L << 20;

    /// <summary>Most bytes of a file that is read line by line.</summary>
    public long MaxLinesBytes { get; init; } = 2L << 30;

    /// <summary>Most samples kept of one submission.</summary>
    public int MaxSamples { get; init; } = 2_000_000;
}
