using System.Text.Json;

namespace ModelZoo.Hub.Evaluations.Scores;

/// <summary>A dataset that takes results.</summary>
sealed record BenchmarkRow
{
    public long RepositoryId { get; init; }
    public string Name { get; init; } = "";
    public string Description { get; init; } = "";
    public string? Framework { get; init; }

    /// <summary>Predictions that an account may hand in on one day; null: as many as the hub allows.</summary>
    public long? Daily { get; init; }
}

/// <summary>One benchmark task, or a suite of them.</summary>
sealed record BenchmarkTaskRow
{
    public long RepositoryId { get; init; }
    public string Id { get; init; } = "";
    public long Ordinal { get; init; }

    /// <summary>task or suite.</summary>
    public string Kind { get; init; } = "task";
    public string Title { get; init; } = "";
    public string? Config { get; init; }
    public string Split { get; init; } = "test";

    /// <summary>The primary metric; null where nothing says.</summary>
    public string? Metric { get; init; }
    public string Filter { get; init; } = "none";
    public long HigherIsBetter { get; init; } = 1;
    public double? Least { get; init; }
    public double? Most { get; init; }
    public double? Chance { get; init; }
    public string? Version { get; init; }
    public string? TaskHash { get; init; }
    public string FactsJson { get; init; } = "{}";

    public bool IsSuite => Kind == "suite";

    public BenchmarkFacts Facts => JsonSerializer.Deserialize<BenchmarkFacts>(FactsJson)!;
}

/// <summary>What lists do not need of a task.</summary>
sealed record BenchmarkFacts
{
    public IReadOnlyList<MetricFact> Metrics { get; init; } = [];

    /// <summary>Where the labels of prediction files lie: a path of the dataset, or <c>owner/dataset/path</c> of another of the same owner.</summary>
    public string? Labels { get; init; }

    /// <summary>Ids of the tasks of a suite.</summary>
    public IReadOnlyList<string> Members { get; init; } = [];

    /// <summary>mean, weighted (by the number of samples) or normalised (above chance).</summary>
    public string Aggregate { get; init; } = "mean";
}

/// <param name="Least">Of the range of values, where there is one.</param>
sealed record MetricFact(string Name, bool HigherIsBetter, double? Least, double? Most);
