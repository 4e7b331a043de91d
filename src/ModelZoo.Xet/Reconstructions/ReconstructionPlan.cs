namespace ModelZoo.Xet;

/// <summary>How to put a file, or a range of it, together.</summary>
/// <param name="OffsetIntoFirstTerm">Bytes of the first term to leave out.</param>
/// <param name="Length">Bytes that are asked for.</param>
/// <param name="Terms">In the order of the file, without chunks that are not needed.</param>
/// <param name="Fetches">What to fetch from each xorb, in the order in which the file first needs them.</param>
public sealed record ReconstructionPlan(int OffsetIntoFirstTerm, long Length, IReadOnlyList<ShardTerm> Terms, IReadOnlyList<XorbFetch> Fetches)
{
    /// <summary>
    /// Plans a file's <paramref name="range"/> (all of it when null; an end behind the file means its end). Ranges of one xorb are merged
    /// where they touch or overlap, so every term lies in one of them and none overlaps another.
    /// </summary>
    /// <param name="indexOf">What the xorbs hold; asked once for each that is needed.</param>
    /// <exception cref="ArgumentOutOfRangeException">The range begins behind the file's last byte, or is empty.</exception>
    /// <exception cref="XetFormatException">A term does not fit its xorb.</exception>
    public static ReconstructionPlan Of(IReadOnlyList<ShardTerm> terms, Func<XetHash, XorbIndex> indexOf, ByteRange? range = null)
    {
        long length = 0;
        foreach (var term in terms) length = checked(length + term.Length);
        if (length == 0 && range is null) return new(0, 0, [], []);
        var wanted = range ?? new(0, length);
        if (wanted.Start < 0 || wanted.Start >= length || wanted.End <= wanted.Start) throw new ArgumentOutOfRangeException(nameof(range), range, $"The file has {length} bytes.");
        wanted = wanted with { End = Math.Min(wanted.End, length) };

        var planned = new List<ShardTerm>();
        var fetches = new Dictionary<XetHash, RangeMerge>();
        var order = new List<RangeMerge>();
        var offset = 0;
        long start = 0;
        foreach (var term in terms)
        {
            var end = start + term.Length;
            if (end > wanted.Start && start < wanted.End)
            {
                if (!fetches.TryGetValue(term.Xorb, out var merge))
                {
                    fetches.Add(term.Xorb, merge = new(term.Xorb, indexOf(term.Xorb)));
                    order.Add(merge);
                }
                var trimmed = Trim(term, merge.Index, Math.Max(0, wanted.Start - start), Math.Min(term.Length, wanted.End - start), out var skipped);
                if (planned.Count == 0) offset = skipped;
                planned.Add(trimmed);
                merge.Add(trimmed.Chunks);
            }
            start = end;
            if (start >= wanted.End) break;
        }
        return new(offset, wanted.Length, planned, [.. order.Select(merge => merge.Finish())]);
    }

    /// <summary>Leaves out the chunks before <paramref name="from"/> and those from <paramref name="to"/> on, both counted in the term.</summary>
    static ShardTerm Trim(ShardTerm term, XorbIndex index, long from, long to, out int skipped)
    {
        if (!index.Contains(term.Chunks)) throw new XetFormatException($"A term takes chunks {term.Chunks.Start} to {term.Chunks.End} of a xorb that has {index.Count}.");
        var length = index.ContentLengthOf(term.Chunks);
        if (length != term.Length) throw new XetFormatException($"A term declares {term.Length} bytes; its chunks have {length}.");
        var start = index.ContentStart(term.Chunks.Start);
        var first = index.ChunkAt(start + (int)from);
        var last = index.ChunkAt(start + (int)to - 1);
        skipped = start + (int)from - index.ContentStart(first);
        var chunks = new ChunkRange(first, last + 1);
        return new(term.Xorb, chunks, index.ContentLengthOf(chunks));
    }
}
