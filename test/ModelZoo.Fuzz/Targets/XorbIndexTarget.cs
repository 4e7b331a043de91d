using ModelZoo.Xet;

namespace ModelZoo.Fuzz.Targets;

/// <summary>The index that stands in a database row, and plans made from it.</summary>
sealed class XorbIndexTarget : FuzzTarget
{
    public override string Name => "xorb-index";

    public override IEnumerable<byte[]> Seeds(Random random)
    {
        for (var i = 0; i < 20; i++) yield return XorbTarget.Make(random).Index.Encode();
    }

    public override string Run(ReadOnlyMemory<byte> input)
    {
        var index = XorbIndex.Parse(input.Span);
        if (!index.Encode().AsSpan().SequenceEqual(input.Span)) throw new InvalidOperationException("the index does not come back the same");
        var half = index.ContentLength / 2;
        var plan = ReconstructionPlan.Of([new(index.Hash, index.All, index.ContentLength)], _ => index, new(half, index.ContentLength));
        var range = plan.Fetches[0].Ranges[0];
        if (range.Bytes.Start < 0 || range.Bytes.End != index.StoredLength || plan.Length != index.ContentLength - half) throw new InvalidOperationException("the plan asks for what is not there");
        return $"{Math.Min(index.Count, 8)} chunks";
    }

    public override bool IsRefusal(Exception error) => error is XetFormatException;
}
