using System.Text.Json;
using ModelZoo.Learning.FineTuning;

namespace ModelZoo.Hub.Populations.FineTuning;

/// <summary>A fine-tuning that somebody asked for: of which commit, on which commit's data, how, into which repository and by whom.</summary>
/// <param name="Columns">What of the data is read; the places of files are filled in by the job.</param>
/// <param name="Evaluates">Have the hub measure the result where the dataset says how.</param>
sealed record FineTuneWork(long ModelId, string ModelCommit, long DatasetId, string DatasetCommit, long TargetId, long AccountId, FineTuneColumns Columns, FineTuneSettings Settings, bool Merges, bool Evaluates)
{
    public string ToJson() => JsonSerializer.Serialize(this);
}

/// <summary>Which part of a dataset is read, and as what.</summary>
sealed record FineTuneColumns
{
    public string? Config { get; init; }
    public string? Text { get; init; }
    public string? Pair { get; init; }
    public string? Image { get; init; }
    public string? Label { get; init; }
    public string? Task { get; init; }
    public int? Limit { get; init; }
    public int? MaxLength { get; init; }
    public bool IsRegression { get; init; }
    public bool DrawsHead { get; init; }
}

/// <summary>What somebody wants, before anything of it was looked at.</summary>
sealed record FineTuneWish
{
    /// <summary>"owner/name".</summary>
    public string? Model { get; init; }
    public string? Revision { get; init; }
    public string? Dataset { get; init; }
    public string? DatasetRevision { get; init; }

    /// <summary>"owner/name" of the result; made when it is not there.</summary>
    public string? Target { get; init; }
    public bool IsPrivate { get; init; }
    public bool Merges { get; init; }
    public bool Evaluates { get; init; } = true;
    public FineTuneColumns Columns { get; init; } = new();
    public required FineTuneSettings Settings { get; init; }
}

/// <summary>A committed result: at which commit, and what it has learned from.</summary>
/// <param name="LearnedSplits">Of the dataset, at its commit.</param>
sealed record TunedModel(Repositories.Access.WritableRepository Target, string Commit, string Dataset, string DatasetCommit, IReadOnlyList<string> LearnedSplits);

/// <summary>Told of a committed result. It may be told twice, where a hub was killed in between.</summary>
interface ITunedModelFollower
{
    Task OnCommittedAsync(TunedModel tuned, Accounts.SignedIn by, Action<string> log, CancellationToken stop);
}
