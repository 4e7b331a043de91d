namespace ModelZoo.Xet;

/// <summary>A piece of a file: chunks of a xorb, and how many bytes they are.</summary>
public readonly record struct ShardTerm(XetHash Xorb, ChunkRange Chunks, long Length);
