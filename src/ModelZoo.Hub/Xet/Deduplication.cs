using System.Security.Cryptography;
using ModelZoo.Hub.Accounts;
using ModelZoo.Hub.Kernel;
using ModelZoo.Xet;

namespace ModelZoo.Hub.Xet;

/// <summary>
/// Answers whether a chunk need not be sent. Only from chunks that the asker may read or has sent, and in a form that only helps
/// those who have the content: hashes are concealed with a key drawn for each answer. Of other chunks in the same xorbs
/// nothing is said: neither their hashes nor their lengths, and not how many follow the last one.
/// </summary>
sealed class Deduplication(DedupQuery query, Xorbs xorbs, ChunkReachQuery reaches, TimeProvider time)
{
    /// <summary>How long clients may use an answer; the xorbs in it are checked again when they are referred to.</summary>
    static readonly TimeSpan s_validFor = TimeSpan.FromHours(1);

    const int MaxPlaces = 32;

    /// <summary>What one answer describes at most: about 4 GB of content in 3 MB.</summary>
    const int MaxXorbs = 64, MaxChunks = 65_536;

    /// <summary>The length that hidden chunks have in an answer.</summary>
    const int HiddenLength = XetLimits.TargetChunkBytes;

    /// <returns>A shard, or null: the chunk is to be sent.</returns>
    public async Task<byte[]?> FindAsync(Actor actor, XetHash chunk, CancellationToken stop)
    {
        var places = await query.PlacesAsync(chunk, MaxPlaces, stop);
        if (places.Count == 0) return null;
        var reach = await reaches.FindAsync(actor, [.. places.Select(place => place.Xorb)], stop);
        foreach (var (xorb, index) in places)
        {
            if (!reach.TryGetValue(xorb, out var ranges) || !FileCheck.Covers(ranges, new(index, index + 1))) continue;
            // Some clients ask only for a file's first chunk, so the answer goes on with the file; others find the first changed and ask from its middle.
            var around = await query.AroundAsync(actor, xorb, index, MaxXorbs, stop);
            return await DescribeAsync(actor, [xorb, .. around.Where(other => other != xorb)], stop);
        }
        return null;
    }

    async Task<byte[]?> DescribeAsync(Actor actor, IReadOnlyList<XetHash> hashes, CancellationToken stop)
    {
        var reach = await reaches.FindAsync(actor, hashes, stop);
        var stored = await xorbs.FindManyAsync(hashes, stop);
        var described = new List<ShardXorb>();
        var chunks = 0;
        foreach (var hash in hashes)
        {
            if (!stored.TryGetValue(hash, out var xorb) || !reach.TryGetValue(hash, out var ranges)) continue;
            var shown = Show(xorb.Index, hash, ranges);
            if (chunks > 0 && chunks + shown.Chunks.Count > MaxChunks) break;
            chunks += shown.Chunks.Count;
            described.Add(shown);
        }
        if (described.Count == 0) return null;
        var now = (ulong)time.NowMs() / 1000;
        return Shard.EncodeAnswer(described, new(XetHash.FromBytes(RandomNumberGenerator.GetBytes(XetHash.Size)), now, now + (ulong)s_validFor.TotalSeconds));
    }

    static ShardXorb Show(XorbIndex index, XetHash hash, IReadOnlyList<ChunkRange> ranges)
    {
        var count = Math.Min(index.Count, ranges[^1].End);
        var chunks = new ShardChunk[count];
        var start = 0;
        for (int i = 0, at = 0; i < count; i++)
        {
            while (ranges[at].End <= i) at++;
            var isShown = ranges[at].Start <= i;
            var chunk = index.Chunks[i];
            chunks[i] = isShown
                ? new(chunk.Hash, start, chunk.Length, chunk.Hash.IsGlobal)
                : new(XetHash.FromBytes(RandomNumberGenerator.GetBytes(XetHash.Size)), start, HiddenLength, IsGlobal: false);
            start += chunks[i].Length;
        }
        return new(hash, chunks, start, start + (count * ChunkHeader.Size));
    }
}
