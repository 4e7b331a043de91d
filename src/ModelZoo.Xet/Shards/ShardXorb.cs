namespace ModelZoo.Xet;

/// <summary>What a shard says about a xorb.</summary>
public sealed record ShardXorb(XetHash Hash, IReadOnlyList<ShardChunk> Chunks, long ContentLength, long StoredLength)
{
    /// <summary>A xorb's own description. Chunks that clients ask hubs for are marked, as in uploads of xet-core.</summary>
    public static ShardXorb Of(XorbIndex index)
    {
        var chunks = new ShardChunk[index.Count];
        for (var i = 0; i < chunks.Length; i++)
            chunks[i] = new(index.Chunks[i].Hash, index.ContentStart(i), index.Chunks[i].Length, index.Chunks[i].Hash.IsGlobal);
        return new(index.Hash, chunks, index.ContentLength, index.StoredLength);
    }

    /// <summary>Whether this is the description of that xorb: the same chunks in the same places.</summary>
    public bool Describes(XorbIndex index)
    {
        if (Hash != index.Hash || Chunks.Count != index.Count || ContentLength != index.ContentLength || StoredLength != index.StoredLength) return false;
        for (var i = 0; i < Chunks.Count; i++)
            if (Chunks[i].Hash != index.Chunks[i].Hash || Chunks[i].Length != index.Chunks[i].Length || Chunks[i].Start != index.ContentStart(i)) return false;
        return true;
    }
}
