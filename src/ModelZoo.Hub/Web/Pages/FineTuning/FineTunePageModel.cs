using ModelZoo.Hub.Web.Components;

namespace ModelZoo.Hub.Web.Pages.FineTuning;

/// <summary>A method, and how much of this model it trains.</summary>
/// <param name="Learns">Parameters that learn; null where it cannot be told.</param>
public sealed record MethodLine(string Name, string Says, string? Learns, string Epochs, string Rate);

/// <summary>What fine-tuning would do to a model, and the form that has the hub do it.</summary>
/// <param name="Obstacle">Why this hub does not do it; null where it does.</param>
public sealed record FineTunePageModel(PageFrame Frame, RepositoryHeading Repository, FormState Form, string? Obstacle)
{
    /// <summary>It reads texts; otherwise pictures.</summary>
    public bool IsText { get; init; }

    public IReadOnlyList<MethodLine> Methods { get; init; } = [];

    /// <summary>Which head the counts are of.</summary>
    public string Head { get; init; } = "";

    /// <summary>What a private model means for the result.</summary>
    public bool IsPrivate { get; init; }

    public int MaxEpochs { get; init; }

    /// <summary>Fields that are folded away unless something is wrong with one of them.</summary>
    public static readonly IReadOnlyList<string> Further = ["revision", "rank", "batch", "seed", "config", "textColumn", "pairColumn", "imageColumn", "labelColumn", "limit", "maxLength"];
}
