using ModelZoo.Hub.Evaluations.Scores;

namespace ModelZoo.Hub.Evaluations.Leaderboards;

/// <summary>A score as boards keep it in memory: without what only its own page shows.</summary>
sealed record BoardScore
{
    public required long RepositoryId { get; init; }
    public required string Key { get; init; }
    public required string Path { get; init; }
    public required string DatasetKey { get; init; }
    public required string TaskId { get; init; }
    public string? Config { get; init; }
    public string? Split { get; init; }
    public string? Metric { get; init; }
    public required string Filter { get; init; }
    public string? Subgroup { get; init; }
    public double? Value { get; init; }
    public required string ValueText { get; init; }
    public double? Stderr { get; init; }
    public double? Low { get; init; }
    public double? High { get; init; }
    public long? N { get; init; }
    public string? TaskHash { get; init; }
    public string? DatasetDigest { get; init; }
    public string? Protocol { get; init; }
    public long MeasuredAt { get; init; }
    public double? RunSeconds { get; init; }
    public string? Host { get; init; }
    public string? ModelCommit { get; init; }
    public Standing Standing { get; init; }
    public string? Unranked { get; init; }
    public string? Remark { get; init; }
    public string? Evidence { get; init; }
    public string? Samples { get; init; }

    /// <summary>Seconds that the run took for one sample, on <see cref="Host"/>.</summary>
    public double? SecondsPerSample => RunSeconds is { } seconds and > 0 && N is { } n and > 0 ? seconds / n : null;

    public static BoardScore Of(ScoreRow row, SharedTexts shared) => new()
    {
        RepositoryId = row.RepositoryId, Key = row.ScoreKey, Path = shared.Get(row.Path), DatasetKey = shared.Get(row.DatasetKey), TaskId = shared.Get(row.TaskId), Config = shared.Find(row.Config), Split = shared.Find(row.Split),
        Metric = shared.Find(row.Metric), Filter = shared.Get(row.Filter), Subgroup = shared.Find(row.Subgroup), Value = row.Value, ValueText = row.ValueText, Stderr = row.Stderr, Low = row.Low, High = row.High, N = row.N,
        TaskHash = shared.Find(row.TaskHash), DatasetDigest = shared.Find(row.DatasetDigest), Protocol = shared.Find(row.Protocol), MeasuredAt = row.MeasuredAt ?? 0, RunSeconds = row.RunSeconds, Host = shared.Find(row.Host),
        ModelCommit = row.ModelCommit, Standing = Standings.Parse(row.Standing), Unranked = shared.Find(row.Unranked), Remark = row.Remark, Evidence = row.Evidence, Samples = row.Samples,
    };
}

/// <summary>Texts that many rows share become one object.</summary>
sealed class SharedTexts
{
    readonly Dictionary<string, string> _known = new(StringComparer.Ordinal);

    public string Get(string text)
    {
        if (_known.TryGetValue(text, out var known)) return known;
        return _known[text] = text;
    }

    public string? Find(string? text) => text is null ? null : Get(text);
}
