using ModelZoo.Xet;

namespace ModelZoo.Fuzz.Targets;

/// <summary>Shards, with and without a footer. What passes comes back the same when written again.</summary>
sealed class ShardTarget : FuzzTarget
{
    public override string Name => "shard";

    public override IEnumerable<byte[]> Seeds(Random random)
    {
        for (var i = 0; i < 20; i++)
        {
            Xorb a = XorbTarget.Make(random), b = XorbTarget.Make(random);
            var all = new ShardFile(a.Hash, [new(a.Hash, a.Index.All, a.Index.ContentLength), new(b.Hash, b.Index.All, b.Index.ContentLength)],
                [a.Index.VerificationHashOf(a.Index.All), b.Index.VerificationHashOf(b.Index.All)], b.Hash);
            yield return new Shard([all, all with { Verification = null }, all with { Sha256 = null, Terms = [], Verification = [] }], [ShardXorb.Of(a.Index), ShardXorb.Of(b.Index)], null).Encode();
            yield return Shard.EncodeAnswer([ShardXorb.Of(a.Index)], new(b.Hash, 1, 2));
        }
    }

    public override string Run(ReadOnlyMemory<byte> input)
    {
        var shard = Shard.Parse(input.Span);
        var again = Shard.Parse((shard with { Footer = null }).Encode());
        if (again.Files.Count != shard.Files.Count || again.Xorbs.Count != shard.Xorbs.Count) throw new InvalidOperationException("the shard does not come back the same");
        foreach (var (one, other) in shard.Files.Zip(again.Files))
            if (one.Hash != other.Hash || one.Length != other.Length || one.Sha256 != other.Sha256 || !one.Terms.SequenceEqual(other.Terms)) throw new InvalidOperationException("a file does not come back the same");
        return $"{Math.Min(shard.Files.Count, 4)} files of {Math.Min(shard.Files.Sum(f => f.Terms.Count), 8)} terms, {Math.Min(shard.Xorbs.Count, 4)} xorbs{(shard.Footer is null ? "" : ", a footer")}";
    }

    public override bool IsRefusal(Exception error) => error is XetFormatException;

    public override long BytesPerInputByte => 64;
}
