namespace ModelZoo.Evaluation.Data;

/// <summary>How much of a dataset is read: data comes from strangers, and compressed files say nothing of their real size.</summary>
public sealed record DataLimits
{
    public static readonly DataLimits Default = new();

    public long MaxRows { get; init; } = 100_000_000;

    /// <summary>Of one file, unpacked.</summary>
    public long MaxFileBytes { get; init; } = 256L << 30;

    /// <summary>Of one line, row, cell or picture.</summary>
    public int MaxRowBytes { get; init; } = 64 << 20;

    public int MaxColumns { get; init; } = 10_000;

    /// <summary>Files looked at in a folder.</summary>
    public int MaxFiles { get; init; } = 2_000_000;

    /// <summary>Of a file that can only be read whole, such as a JSON list.</summary>
    public int MaxWholeBytes { get; init; } = 1 << 30;
}
