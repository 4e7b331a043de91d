using ModelZoo.Profiling;

namespace ModelZoo.Hub.Evaluations.Leaderboards;

/// <summary>Which of a board's scores somebody wants to see. All of it stands in the address.</summary>
sealed record BoardRequest
{
    /// <summary>Only what was run here, or agrees with what was.</summary>
    public bool VerifiedOnly { get; init; }

    /// <summary>Each model's latest score instead of its best.</summary>
    public bool Latest { get; init; }

    /// <summary>Models made from no other.</summary>
    public bool BaseOnly { get; init; }

    /// <summary>A bucket of parameters, as lists of models have them.</summary>
    public string? Size { get; init; }
    public string? Licence { get; init; }
    public string? Architecture { get; init; }

    /// <summary>Words of the model's name.</summary>
    public string? Words { get; init; }

    /// <summary>Which setting, by its id; null: the board's own.</summary>
    public string? Setting { get; init; }

    /// <summary>The board as it was at a moment, in milliseconds.</summary>
    public long? AsOf { get; init; }

    public bool IsNarrowed => VerifiedOnly || BaseOnly || Size is not null || Licence is not null || Architecture is not null || Words is not null;
}
