using ModelZoo.Hub.Accounts;
using ModelZoo.Hub.Kernel;
using ModelZoo.Xet;

namespace ModelZoo.Hub.Xet;

/// <summary>Checks what a shard says about one file: that its sender may refer to the chunks, knows them, and that they make the file.</summary>
sealed class FileCheck(Actor actor, Xorbs xorbs, ChunkReachQuery reaches)
{
    /// <summary>Xorbs that are looked at together; a large file has more than memory should hold.</summary>
    const int TermsAtOnce = 256;

    /// <returns>The terms with their places in the file, and the file's first chunk.</returns>
    public async Task<(IReadOnlyList<XetTerm> Terms, XetHash? First)> CheckAsync(ShardFile file, CancellationToken stop)
    {
        var placed = new List<XetTerm>(file.Terms.Count);
        var aggregation = new MerkleAggregation();
        XetHash? first = null;
        long offset = 0;
        for (var at = 0; at < file.Terms.Count; at += TermsAtOnce)
        {
            var slice = file.Terms.Skip(at).Take(TermsAtOnce).ToList();
            var hashes = slice.Select(term => term.Xorb).Distinct().ToList();
            var reach = await reaches.FindAsync(actor, hashes, stop);
            var stored = await xorbs.FindManyAsync(hashes.Where(reach.ContainsKey), stop);
            for (var i = 0; i < slice.Count; i++)
            {
                var term = slice[i];
                if (!stored.TryGetValue(term.Xorb, out var xorb) || !xorb.Index.Contains(term.Chunks) || !Covers(reach[term.Xorb], term.Chunks)) throw UnknownXorb(term.Xorb);
                var index = xorb.Index;
                if (index.ContentLengthOf(term.Chunks) != term.Length)
                    throw Refusal.Invalid($"Term {at + i} of the file {file.Hash} declares {term.Length} bytes; its chunks have {index.ContentLengthOf(term.Chunks)}.");
                if (file.Verification is not { } verification || verification[at + i] != index.VerificationHashOf(term.Chunks))
                    throw Refusal.Invalid($"Term {at + i} of the file {file.Hash} has a wrong verification hash, or none.");
                foreach (var chunk in index.Chunks[term.Chunks.Start..term.Chunks.End]) aggregation.Append(chunk);
                first ??= index.Chunks[term.Chunks.Start].Hash;
                placed.Add(new(term.Xorb, term.Chunks, offset, term.Length));
                offset += term.Length;
            }
        }
        var actual = aggregation.FinishFile();
        if (actual != file.Hash) throw Refusal.Invalid($"These chunks make the file {actual}, not {file.Hash}.");
        return (placed, first);
    }

    public static bool Covers(IReadOnlyList<ChunkRange> reach, ChunkRange wanted)
    {
        foreach (var range in reach)
            if (range.Contains(wanted)) return true;
        return false;
    }

    /// <summary>The same words whether it is not stored, was swept, has fewer chunks or is not for this actor.</summary>
    public static Refusal UnknownXorb(XetHash hash) => Refusal.Invalid($"The xorb {hash}, or a part of it that the shard names, is not known here; send it first.");
}
