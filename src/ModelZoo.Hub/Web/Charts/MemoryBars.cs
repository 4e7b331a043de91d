namespace ModelZoo.Hub.Web.Charts;

/// <summary>Bytes of one kind within a bar. <paramref name="Kind"/> is the place of its word in <see cref="MemoryBars.Kinds"/>, and its colour.</summary>
public sealed record MemoryPart(int Kind, double SizeBytes);

/// <summary>One case: a batch, a precision, a length.</summary>
/// <param name="Fits">Null when the capacity is not known.</param>
public sealed record MemoryBar(string Label, IReadOnlyList<MemoryPart> Parts, bool? Fits)
{
    /// <summary>The case that the form asks for.</summary>
    public bool IsChosen { get; init; }

    public double TotalBytes => Parts.Sum(part => part.SizeBytes);
}

/// <summary>What lies in the memory of one device, case by case, against what it offers.</summary>
/// <param name="CapacityBytes">What a program may use; null when it is not known.</param>
public sealed record MemoryBars(string Finding, double? CapacityBytes, IReadOnlyList<MemoryBar> Bars)
{
    /// <summary>The words of the parts, in the order in which they are stacked.</summary>
    public static readonly IReadOnlyList<string> Kinds = ["weights", "key/value cache", "state", "activations", "runtime", "companion files"];

    public static string Word(int kind) => Kinds[Math.Abs(kind) % Kinds.Count];

    /// <summary>Kinds that occur, for the key.</summary>
    public IReadOnlyList<int> Present => [.. Enumerable.Range(0, Kinds.Count).Where(kind => Bars.Any(bar => bar.Parts.Any(part => part.Kind == kind && part.SizeBytes > 0)))];
}
