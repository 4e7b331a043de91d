using FsCheck;
using FsCheck.Fluent;
using ModelZoo.Xet;

namespace ModelZoo.Tests.Xet;

public sealed class ReconstructionTests
{
    [Fact]
    public void Any_range_of_any_file_comes_back_exactly()
    {
        Xorb[] xorbs = [XorbTests.Xorb(12, 1), XorbTests.Xorb(5, 2), XorbTests.Xorb(30, 3)];
        var byHash = xorbs.ToDictionary(xorb => xorb.Hash);
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(300), Prop.ForAll(Gen.Choose(0, int.MaxValue).ToArbitrary(), seed =>
        {
            var random = new Random(seed);
            var terms = Enumerable.Range(0, random.Next(1, 15)).Select(_ => Term(xorbs[random.Next(xorbs.Length)], random)).ToArray();
            var content = terms.SelectMany(term => Content(byHash[term.Xorb], term.Chunks)).ToArray();
            ByteRange? range = null;
            if (random.Next(5) > 0)
            {
                var start = random.Next(content.Length);
                range = new(start, start + 1 + random.Next(random.Next(2) == 0 ? 100 : content.Length));
            }
            var plan = ReconstructionPlan.Of(terms, hash => byHash[hash].Index, range);
            var expected = range is { } r ? content[(int)r.Start..(int)Math.Min(r.End, content.Length)] : content;
            Assert.Equal(expected.Length, plan.Length);
            Assert.Equal(expected, Fetch(plan, byHash));
            return true;
        }));
    }

    [Fact]
    public void Ranges_that_touch_or_overlap_are_fetched_once()
    {
        var xorb = XorbTests.Xorb(20);
        (int Start, int End)[] ranges = [(10, 12), (0, 4), (3, 6), (12, 13), (15, 20), (0, 1)];
        ShardTerm[] terms = [.. ranges.Select(range => Term(xorb, range.Start, range.End))];
        var fetch = Assert.Single(ReconstructionPlan.Of(terms, _ => xorb.Index).Fetches);
        Assert.Equal([new ChunkRange(0, 6), new(10, 13), new(15, 20)], fetch.Ranges.Select(range => range.Chunks));
        Assert.All(fetch.Ranges, range => Assert.Equal(xorb.Index.BytesOf(range.Chunks), range.Bytes));
    }

    [Fact]
    public void Chunks_outside_the_range_are_left_out()
    {
        var xorb = XorbTests.Xorb(10);
        var index = xorb.Index;
        var plan = ReconstructionPlan.Of([Term(xorb, 0, 5), Term(xorb, 5, 10)], _ => index, new(index.ContentStart(3) + 1, index.ContentEnd(6)));
        Assert.Equal([new ChunkRange(3, 5), new(5, 7)], plan.Terms.Select(term => term.Chunks));
        Assert.Equal(1, plan.OffsetIntoFirstTerm);
        Assert.Equal(index.ContentLengthOf(new(3, 5)), plan.Terms[0].Length);
    }

    [Fact]
    public void An_empty_file_needs_nothing_and_has_no_ranges()
    {
        var plan = ReconstructionPlan.Of([], _ => throw new InvalidOperationException());
        Assert.Empty(plan.Terms);
        Assert.Empty(plan.Fetches);
        Assert.Throws<ArgumentOutOfRangeException>(() => ReconstructionPlan.Of([], _ => throw new InvalidOperationException(), new(0, 1)));
    }

    [Fact]
    public void Ranges_that_the_file_does_not_have_are_refused()
    {
        var xorb = XorbTests.Xorb(2);
        var length = xorb.Index.ContentLength;
        foreach (var range in (ByteRange[])[new(length, length + 1), new(-1, 5), new(5, 5), new(5, 4)])
            Assert.Throws<ArgumentOutOfRangeException>(() => ReconstructionPlan.Of([Term(xorb, 0, 2)], _ => xorb.Index, range));
        Assert.Equal(length, ReconstructionPlan.Of([Term(xorb, 0, 2)], _ => xorb.Index, new(0, long.MaxValue)).Length);
    }

    [Fact]
    public void Terms_that_do_not_fit_their_xorb_are_refused()
    {
        var xorb = XorbTests.Xorb(4);
        Assert.Throws<XetFormatException>(() => ReconstructionPlan.Of([new(xorb.Hash, new(0, 5), 10)], _ => xorb.Index));
        Assert.Throws<XetFormatException>(() => ReconstructionPlan.Of([Term(xorb, 0, 4) with { Length = 10 }], _ => xorb.Index));
    }

    /// <summary>As a client does: fetches ranges, decodes them, and takes each term from the one range that holds it.</summary>
    static byte[] Fetch(ReconstructionPlan plan, Dictionary<XetHash, Xorb> xorbs)
    {
        foreach (var fetch in plan.Fetches)
            for (var i = 1; i < fetch.Ranges.Count; i++) Assert.True(fetch.Ranges[i - 1].Chunks.End < fetch.Ranges[i].Chunks.Start);
        var content = new List<byte>();
        foreach (var term in plan.Terms)
        {
            var range = Assert.Single(plan.Fetches.Single(fetch => fetch.Xorb == term.Xorb).Ranges, range => range.Chunks.Contains(term.Chunks));
            var xorb = xorbs[term.Xorb];
            var decoded = new byte[xorb.Index.ContentLengthOf(range.Chunks)];
            ChunkCodec.DecodeAll(xorb.Bytes.Span[(int)range.Bytes.Start..(int)range.Bytes.End], range.Chunks.Count, decoded);
            var skipped = range.Chunks.Start == term.Chunks.Start ? 0 : xorb.Index.ContentLengthOf(new(range.Chunks.Start, term.Chunks.Start));
            content.AddRange(decoded.AsSpan(skipped, (int)term.Length));
        }
        return [.. content.Skip(plan.OffsetIntoFirstTerm).Take((int)plan.Length)];
    }

    static byte[] Content(Xorb xorb, ChunkRange range)
    {
        var bytes = xorb.Index.BytesOf(range);
        var content = new byte[xorb.Index.ContentLengthOf(range)];
        ChunkCodec.DecodeAll(xorb.Bytes.Span[(int)bytes.Start..(int)bytes.End], range.Count, content);
        return content;
    }

    static ShardTerm Term(Xorb xorb, Random random)
    {
        var start = random.Next(xorb.Index.Count);
        return Term(xorb, start, start + 1 + random.Next(xorb.Index.Count - start));
    }

    static ShardTerm Term(Xorb xorb, int start, int end) => new(xorb.Hash, new(start, end), xorb.Index.ContentLengthOf(new(start, end)));
}
