namespace ModelZoo.Weights;

/// <summary>How much of a header to keep.</summary>
public sealed record WeightReadOptions
{
    public static readonly WeightReadOptions Default = new();

    /// <summary>Keep long metadata lists, such as vocabularies or the plain values of a pickle, instead of only counting them.</summary>
    public bool KeepLongLists { get; init; }

    /// <summary>
    /// Find the exact offset of every entry of a zip archive, which costs one small read each. Turn it off for remote files when only
    /// shapes matter: tensors are then <see cref="TensorInfo.Unplaced"/>.
    /// </summary>
    public bool LocateZipEntries { get; init; } = true;
}
