namespace ModelZoo.Profiling;

/// <summary>What limits.</summary>
public enum Bound
{
    Compute,
    Memory,
    Network,
    DoesNotFit,
}

/// <summary>One step on the roofline: the work, the traffic and the times they need.</summary>
public readonly record struct StepTime(double Flop, double Bytes, double ComputeSeconds, double MemorySeconds, double NetworkSeconds, double OverheadSeconds)
{
    /// <summary>Work and traffic overlap; the network and the overhead of starting kernels do not.</summary>
    public double Seconds => Math.Max(ComputeSeconds, MemorySeconds) + NetworkSeconds + OverheadSeconds;

    /// <summary>FLOP per byte moved.</summary>
    public double Intensity => Bytes > 0 ? Flop / Bytes : 0;

    /// <summary>Equal times count as compute.</summary>
    public Bound Bound => NetworkSeconds > ComputeSeconds && NetworkSeconds > MemorySeconds ? Bound.Network : MemorySeconds > ComputeSeconds ? Bound.Memory : Bound.Compute;

    /// <summary>Starting the kernels takes longer than running them.</summary>
    public bool IsOverhead => OverheadSeconds > Math.Max(ComputeSeconds, MemorySeconds);

    public static StepTime operator +(StepTime a, StepTime b) => Add(a, b);

    public static StepTime Add(StepTime a, StepTime b) => new(a.Flop + b.Flop, a.Bytes + b.Bytes, a.ComputeSeconds + b.ComputeSeconds,
        a.MemorySeconds + b.MemorySeconds, a.NetworkSeconds + b.NetworkSeconds, a.OverheadSeconds + b.OverheadSeconds);
}

/// <summary>Bytes that must be in the memory of one device.</summary>
public readonly record struct MemoryPlan(double Weights, double Cache, double State, double Transient, double Runtime, double Companions)
{
    public double Total => Weights + Cache + State + Transient + Runtime + Companions;
}
