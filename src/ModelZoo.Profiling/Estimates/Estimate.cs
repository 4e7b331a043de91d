namespace ModelZoo.Profiling;

/// <summary>A profile on a device in a scenario: memory, time, what bounds it, and every assumption behind it.</summary>
public sealed record Estimate
{
    public required Profile Profile { get; init; }
    public required Device Device { get; init; }
    public required Scenario Scenario { get; init; }
    public required Phase Phase { get; init; }
    public required MemoryPlan Memory { get; init; }
    public required Verdict Verdict { get; init; }
    public required Bound Bound { get; init; }

    /// <summary>The step: one token for each sequence, one image each, one call.</summary>
    public StepTime Step { get; init; }

    /// <summary>Seconds of one step (of all calls of a result for diffusion); null when it cannot be told.</summary>
    public double? LatencySeconds { get; init; }

    /// <summary>Units per second over the whole batch and all replicas: tokens, sequences, images, results.</summary>
    public double? ThroughputPerSecond { get; init; }

    /// <summary>FLOP of one unit at the scenario's context.</summary>
    public double? FlopPerUnit { get; init; }

    /// <summary>Prompt to first token, and what bounds it.</summary>
    public StepTime? Prefill { get; init; }

    public double? FirstTokenSeconds => Prefill?.Seconds;

    /// <summary>First token and the rest of the answer, at the context in the middle of the answer.</summary>
    public double? RequestSeconds { get; init; }

    /// <summary>Batch at which decoding becomes compute-bound; null: never at this context.</summary>
    public double? TurningBatch { get; init; }

    /// <summary>FLOP per byte at which the device's two ceilings meet.</summary>
    public double? Ridge { get; init; }

    /// <summary>Share of the peak rate that is used.</summary>
    public double? ComputeShare { get; init; }

    /// <summary>Share of the peak bandwidth that is used.</summary>
    public double? BandwidthShare { get; init; }

    /// <summary>The share that a measured latency implies, and the latency itself; null without one.</summary>
    public Calibration? Calibration { get; init; }

    public IReadOnlyList<Assumption> Assumptions { get; init; } = [];
    public IReadOnlyList<string> Notices { get; init; } = [];

    /// <summary>What could not be told, and why.</summary>
    public IReadOnlyDictionary<string, string> NotMeasured { get; init; } = new Dictionary<string, string>();
}

/// <summary>What a measured run says about the assumptions.</summary>
/// <param name="MeasuredSeconds">As given.</param>
/// <param name="EstimatedSeconds">With the default shares.</param>
/// <param name="ImpliedShare">Share of the peak that bounds which the run reached.</param>
/// <param name="Bound">Which peak that is.</param>
public sealed record Calibration(double MeasuredSeconds, double EstimatedSeconds, double ImpliedShare, Bound Bound);
