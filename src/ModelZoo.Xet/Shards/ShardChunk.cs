namespace ModelZoo.Xet;

/// <summary>A chunk in a xorb's description.</summary>
/// <param name="Start">Where it begins in the xorb's content.</param>
/// <param name="IsGlobal">Whether the sender offers it for deduplication with others.</param>
public readonly record struct ShardChunk(XetHash Hash, int Start, int Length, bool IsGlobal);
