namespace ModelZoo.Xet;

/// <summary>What to fetch from one xorb: sorted ranges that neither touch nor overlap.</summary>
public sealed record XorbFetch(XetHash Xorb, IReadOnlyList<FetchRange> Ranges);

/// <summary>Chunks, and where they lie in the stored xorb.</summary>
public readonly record struct FetchRange(ChunkRange Chunks, ByteRange Bytes);
