using System.Security.Cryptography;
using System.Text;
using ModelZoo.Hub.Kernel;

namespace ModelZoo.Hub.Evaluations.Scores;

/// <summary>One score as its file states it, with what its evidence adds.</summary>
sealed record ScoreRow
{
    public long RepositoryId { get; init; }
    public long Ordinal { get; init; }
    public string ScoreKey { get; init; } = "";

    /// <summary>results or card.</summary>
    public string Origin { get; init; } = "results";
    public string Path { get; init; } = "";
    public string Dataset { get; init; } = "";
    public string DatasetKey { get; init; } = "";

    /// <summary>Empty where a card names none.</summary>
    public string TaskId { get; init; } = "";
    public string? DatasetRevision { get; init; }
    public string? Config { get; init; }
    public string? Split { get; init; }

    /// <summary>Null: the primary one of the task.</summary>
    public string? Metric { get; init; }
    public string Filter { get; init; } = "none";
    public string? Subgroup { get; init; }
    public double? Value { get; init; }
    public string ValueText { get; init; } = "";
    public double? Stderr { get; init; }
    public double? Low { get; init; }
    public double? High { get; init; }
    public long? N { get; init; }
    public long? HigherIsBetter { get; init; }
    public string? TaskHash { get; init; }
    public string? TaskVersion { get; init; }
    public string? DatasetDigest { get; init; }
    public string? Protocol { get; init; }
    public long? MeasuredAt { get; init; }
    public double? RunSeconds { get; init; }
    public string? Host { get; init; }
    public string? ModelCommit { get; init; }
    public string? ModelDigest { get; init; }
    public string Standing { get; init; } = "claimed";
    public string? Unranked { get; init; }
    public string? Remark { get; init; }
    public string? Evidence { get; init; }
    public string? Samples { get; init; }
    public string? SourceJson { get; init; }
    public string? Notes { get; init; }
    public string? Token { get; init; }

    /// <summary>Names what is claimed of what: the same in every commit that repeats it.</summary>
    public ScoreRow Keyed()
    {
        var text = string.Join('\n', DatasetKey, TaskId, Config, Split, Metric, Filter, Subgroup, ValueText, ModelCommit, Protocol);
        return this with { ScoreKey = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(JsonText.Storable(text))))[..32] };
    }
}

/// <summary>An entry or a file that is left out, and why.</summary>
sealed record ScoreProblem(string Place, string Problem);
