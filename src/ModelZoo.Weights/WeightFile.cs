namespace ModelZoo.Weights;

/// <summary>What the header of one weight file says.</summary>
/// <param name="Tensors">In the order of the file.</param>
/// <param name="Metadata">The file's own key-value pairs; keys compare ordinally.</param>
public sealed record WeightFile(
    WeightFormat Format, IReadOnlyList<TensorInfo> Tensors, IReadOnlyDictionary<string, MetadataValue> Metadata)
{
    /// <summary>Where tensor content begins, for formats that separate it from the header; zero otherwise.</summary>
    public long DataOffset { get; init; }

    /// <summary>The computation graph, for formats that hold one.</summary>
    public GraphSummary? Graph { get; init; }

    /// <summary>
    /// Names of code that the file asks a reader to run and that this library did not run, as <c>module.name</c>, each once. Not empty means
    /// that loading the file with an ordinary unpickler would execute them.
    /// </summary>
    public IReadOnlyList<string> RefusedGlobals { get; init; } = [];

    /// <summary>Some or all numbers are stored most significant byte first.</summary>
    public bool IsBigEndian { get; init; }

    /// <summary>Things worth knowing that are no defect, in plain sentences.</summary>
    public IReadOnlyList<string> Remarks { get; init; } = [];

    public string? FindText(string key) => (Metadata.GetValueOrDefault(key) as MetadataValue.Text)?.Value;

    /// <summary>A whole number of the metadata; null when absent, of another type, or beyond 64 bits.</summary>
    public long? FindWhole(string key) =>
        Metadata.GetValueOrDefault(key) is MetadataValue.Whole { Value: var value } && value >= long.MinValue && value <= long.MaxValue
            ? (long)value : null;
}
