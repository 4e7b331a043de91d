namespace ModelZoo.Client;

/// <summary>Cuts a file into ranges of equal size; the last may be shorter. An empty file has none.</summary>
readonly record struct RangePlan(long SizeBytes, long RangeSizeBytes)
{
    public int Count => checked((int)((SizeBytes + RangeSizeBytes - 1) / RangeSizeBytes));

    public ByteRange this[int index] => new(index * RangeSizeBytes, Math.Min(RangeSizeBytes, SizeBytes - index * RangeSizeBytes));

    /// <summary>One range for small files; large ones in pieces.</summary>
    public static RangePlan For(long sizeBytes, ZooClientOptions options) =>
        new(sizeBytes, sizeBytes > options.RangeThresholdBytes ? Math.Max(1, options.RangeSizeBytes) : Math.Max(1, sizeBytes));
}

/// <summary>Bytes of a file, from <paramref name="Start"/> on.</summary>
readonly record struct ByteRange(long Start, long LengthBytes)
{
    public long End => Start + LengthBytes;
}
