using ModelZoo.Hub.Web.Charts;

namespace ModelZoo.Hub.Web.Estimates;

/// <summary>A model on a device in a scenario, as pages show it. Computed when it is asked for, never kept.</summary>
public sealed record EstimateView(string Verdict, string VerdictKind, string DeviceName, Href DeviceLink)
{
    /// <summary>What limits a step, in a sentence; null when no time can be told.</summary>
    public string? Bound { get; init; }

    public IReadOnlyList<FactLine> Speed { get; init; } = [];
    public RooflinePlot? Roofline { get; init; }

    /// <summary>The operators of the model under the same ceilings.</summary>
    public IReadOnlyList<RoofPoint> Operators { get; init; } = [];

    public MemoryBars? Batches { get; init; }
    public MemoryBars? Ladder { get; init; }
    public LengthPlot? Lengths { get; init; }
    public IReadOnlyList<AssumptionLine> Assumptions { get; init; } = [];
    public IReadOnlyList<FactLine> Energy { get; init; } = [];
    public IReadOnlyList<FactLine> Training { get; init; } = [];

    /// <summary>Why there is no estimate of training.</summary>
    public string? TrainingProblem { get; init; }

    public IReadOnlyList<string> Notices { get; init; } = [];
}
