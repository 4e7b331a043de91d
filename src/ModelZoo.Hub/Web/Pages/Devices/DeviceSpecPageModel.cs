using ModelZoo.Hub.Web.Components;
using ModelZoo.Hub.Web.Estimates;

namespace ModelZoo.Hub.Web.Pages.Devices;

/// <summary>A peak rate of a device.</summary>
/// <param name="Ridge">FLOP per byte from which work is compute-bound.</param>
public sealed record RateLine(string Format, string Rate, string Ridge);

/// <summary>A model that fits the device, as the form asks.</summary>
public sealed record FitLine(Href Link, string Name, string Parameters, string Format, string Memory, string Speed, string Bound);

/// <summary>What this hardware is, and what it can run.</summary>
public sealed record DeviceSpecPageModel(PageFrame Frame, string Id, string Name)
{
    public string Lead { get; init; } = "";
    public IReadOnlyList<FactLine> Spec { get; init; } = [];
    public IReadOnlyList<RateLine> Rates { get; init; } = [];
    public bool HasSparsity { get; init; }
    public string Confidence { get; init; } = "";
    public string? Source { get; init; }
    public Href? SourceLink { get; init; }
    public string? Note { get; init; }

    /// <summary>Figures of mlsysim for the same device, name and value.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Elsewhere { get; init; } = [];

    public FormState Form { get; init; } = FormState.Empty;
    public IReadOnlyList<Choice> Precisions { get; init; } = [];

    /// <summary>The scenario in words: batch 1, 2,048 tokens.</summary>
    public string Scenario { get; init; } = "";

    public IReadOnlyList<FitLine> Models { get; init; } = [];
    public int FittingModels { get; init; }
    public Href AllModels { get; init; }
    public IReadOnlyList<FitLine> Workloads { get; init; } = [];
    public int FittingWorkloads { get; init; }
    public int AllWorkloads { get; init; }

    /// <summary>Why nothing can be said to fit.</summary>
    public string? Problem { get; init; }

    public Href? FirstPage { get; init; }
    public Href? NextPage { get; init; }
}
