using System.Text.Json;

namespace ModelZoo.Hub.Populations.Merging;

/// <summary>A soup or merge that somebody wants, as texts that were not looked at yet.</summary>
sealed record MergeWish
{
    /// <summary><c>owner/name[@revision]</c>, or <c>owner/name[@revision]#member[@epochs]</c> of a population. With a configuration there are none: it names them.</summary>
    public IReadOnlyList<string> Sources { get; init; } = [];

    public string? Method { get; init; }
    public string? Base { get; init; }

    /// <summary>One for each source; where a source is several epochs, each of them counts so.</summary>
    public IReadOnlyList<double>? Weights { get; init; }

    public IReadOnlyDictionary<string, double> Parameters { get; init; } = new Dictionary<string, double>();

    /// <summary>For methods that drop at random.</summary>
    public long? Seed { get; init; }

    /// <summary>YAML as mergekit takes it.</summary>
    public string? Configuration { get; init; }

    /// <summary>F32, F16, BF16 or F64; as the first source when not given.</summary>
    public string? Type { get; init; }

    public bool SkipMismatch { get; init; }

    /// <summary>Merge what cannot be averaged.</summary>
    public bool Force { get; init; }

    /// <summary>"owner/name": a repository that there is, or a new one.</summary>
    public string? Target { get; init; }

    /// <summary>Of a repository that there is; made when it has no such branch.</summary>
    public string? Branch { get; init; }

    public bool PullRequest { get; init; }

    /// <summary>Of a new repository; when not given, private where a source is.</summary>
    public bool? IsPrivate { get; init; }
}

/// <summary>A source, found and fixed to a commit.</summary>
/// <param name="Name">As it was written: the name in recipes.</param>
/// <param name="Member">Null for a model's repository.</param>
/// <param name="Epochs">Which states of the member; null for the last.</param>
sealed record MergeWorkSource(string Name, long RepositoryId, string CommitId, string? Member, string? Epochs);

/// <summary>Where the result goes.</summary>
/// <param name="RepositoryId">Null for one that the job makes.</param>
/// <param name="Reference">The branch that the commit or pull request is for.</param>
sealed record MergeWorkTarget(long? RepositoryId, string Owner, string Name, string Reference, bool IsPullRequest, bool IsPrivate);

/// <summary>A soup or merge that was asked for, ready to be made.</summary>
sealed record MergeWork(
    long AccountId, IReadOnlyList<MergeWorkSource> Sources, MergeWorkSource? Base, string Method, IReadOnlyList<double>? Weights, IReadOnlyDictionary<string, double> Parameters, ulong Seed,
    string? Configuration, string? Type, bool SkipMismatch, bool Force, MergeWorkTarget? Target)
{
    public string ToJson() => JsonSerializer.Serialize(this);
}
