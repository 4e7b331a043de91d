namespace ModelZoo.Xet;

/// <summary>One chunk of content: its hash and how many bytes it has when not compressed.</summary>
public readonly record struct XetChunk(XetHash Hash, int Length);
