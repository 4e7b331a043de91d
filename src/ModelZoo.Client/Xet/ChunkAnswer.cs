using ModelZoo.Xet;

namespace ModelZoo.Client;

/// <summary>What a hub says about chunks that it has: xorbs whose chunk hashes only those recognise who have the content.</summary>
sealed class ChunkAnswer
{
    readonly XetHash _key;
    readonly ulong _expiresAt;
    readonly Dictionary<XetHash, (int Xorb, int Index)> _places = [];
    readonly List<(XorbBuild Xorb, IReadOnlyList<ShardChunk> Chunks)> _xorbs = [];

    /// <summary>Where the chunk before was found: what follows it there is likely to follow here.</summary>
    (int Xorb, int Index) _expected = (-1, 0);

    public ChunkAnswer(Shard shard)
    {
        (_key, _expiresAt) = shard.Footer is { } footer ? (footer.HmacKey, footer.ExpiresAt) : (XetHash.Zero, ulong.MaxValue);
        foreach (var xorb in shard.Xorbs)
        {
            for (var i = 0; i < xorb.Chunks.Count; i++) _places.TryAdd(xorb.Chunks[i].Hash, (_xorbs.Count, i));
            _xorbs.Add((new(xorb.Hash), xorb.Chunks));
        }
    }

    public bool IsValid(DateTimeOffset now) => _expiresAt > (ulong)Math.Max(0, now.ToUnixTimeSeconds());

    public ChunkPlace? Find(XetChunk chunk)
    {
        var concealed = XetHashes.Conceal(chunk.Hash, _key);
        var place = _expected;
        if (place.Xorb < 0 || place.Index >= _xorbs[place.Xorb].Chunks.Count || _xorbs[place.Xorb].Chunks[place.Index].Hash != concealed)
        {
            if (!_places.TryGetValue(concealed, out place)) return null;
        }
        var (xorb, chunks) = _xorbs[place.Xorb];
        if (chunks[place.Index].Length != chunk.Length) return null;
        _expected = (place.Xorb, place.Index + 1);
        return new(xorb, place.Index);
    }
}
