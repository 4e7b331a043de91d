namespace ModelZoo.Xet;

/// <summary>Collects the chunk ranges that a file needs of one xorb.</summary>
sealed class RangeMerge(XetHash xorb, XorbIndex index)
{
    readonly List<ChunkRange> _ranges = [];

    public XorbIndex Index => index;

    public void Add(ChunkRange range)
    {
        // The usual file goes on where it was: no list of a million touching ranges.
        if (_ranges.Count > 0 && _ranges[^1] is var last && range.Start >= last.Start && range.Start <= last.End) _ranges[^1] = last with { End = Math.Max(last.End, range.End) };
        else _ranges.Add(range);
    }

    public XorbFetch Finish()
    {
        _ranges.Sort((a, b) => a.Start.CompareTo(b.Start));
        var merged = new List<FetchRange>();
        for (var i = 0; i < _ranges.Count;)
        {
            var range = _ranges[i++];
            for (; i < _ranges.Count && _ranges[i].Start <= range.End; i++) range = range with { End = Math.Max(range.End, _ranges[i].End) };
            merged.Add(new(range, index.BytesOf(range)));
        }
        return new(xorb, merged);
    }
}
