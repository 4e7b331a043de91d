namespace ModelZoo.Profiling;

/// <summary>Does it fit? Best first.</summary>
public enum VerdictKind
{
    Fits,

    /// <summary>Fits as asked, with less than a tenth to spare.</summary>
    Tight,

    /// <summary>Fits when the weights are stored in fewer bits.</summary>
    FitsQuantised,

    /// <summary>The weights fit; context or batch must be smaller.</summary>
    ShorterContext,

    NeedsDevices,

    /// <summary>Part of the weights stays in the host's memory.</summary>
    Offload,

    DoesNotFit,

    /// <summary>The memory of the device, or the parameters, are not known.</summary>
    Unknown,
}

/// <param name="HeadroomBytes">Left over; negative: missing.</param>
/// <param name="Scheme">The largest quantisation that fits.</param>
/// <param name="LargestContext">At the batch asked for.</param>
/// <param name="LargestBatch">At the context asked for.</param>
/// <param name="DevicesNeeded">Smallest power of two whose shares fit.</param>
public sealed record Verdict(VerdictKind Kind, double HeadroomBytes, string Sentence)
{
    public Precision? Scheme { get; init; }
    public long? LargestContext { get; init; }
    public long? LargestBatch { get; init; }
    public int? DevicesNeeded { get; init; }

    public bool Fits => Kind is VerdictKind.Fits or VerdictKind.Tight;
}

/// <summary>One step of the ladder of sizes.</summary>
public sealed record LadderStep(Precision Precision, double WeightBytes, double MemoryBytes, bool Fits, bool IsLargestThatFits);
