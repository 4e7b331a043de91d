namespace ModelZoo.Profiling;

/// <summary>How a number came to be known, best first. A lower origin never overwrites a higher one.</summary>
public enum Origin
{
    /// <summary>A run on a named device.</summary>
    Measured,

    /// <summary>Summed from tensor headers.</summary>
    Header,

    /// <summary>A closed form over the configuration, or over a computation graph.</summary>
    Config,

    /// <summary>A card, a table or an uploader said so.</summary>
    Declared,

    /// <summary>A rule of thumb.</summary>
    Estimate,
}

/// <summary>A number with its origin and, in a few words, how it was obtained.</summary>
public readonly record struct Figure(double Value, Origin Origin, string How)
{
    /// <summary>For counts and bytes. Exact up to 2^53.</summary>
    public long Whole => checked((long)Value);

    public override string ToString() => $"{Value:R} ({Origin.ToString().ToLowerInvariant()}: {How})";
}
