using System.Security.Cryptography;
using System.Text;
using ModelZoo.Git;
using ModelZoo.Git.Packs;

namespace ModelZoo.Fuzz.Targets;

/// <summary>Packs as they are pushed: whole objects, deltas by offset and by id, thin ones.</summary>
sealed class PackTarget : FuzzTarget
{
    static readonly PackLimits s_limits = new() { MaxObjects = 10_000, MaxObjectBytes = 256 * 1024, MaxTotalBytes = 4 * 1024 * 1024, MaxDepth = 50 };

    static readonly byte[] s_known = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat("a base that the receiver has. ", 20)));

    public override string Name => "pack";

    public override long BytesPerInputByte => 8192;

    public override IEnumerable<byte[]> Seeds(Random random)
    {
        for (var i = 0; i < 40; i++) yield return Generate(random)!;
    }

    /// <summary>A pack of some objects; a delta's base is earlier, later, outside, or nowhere.</summary>
    public override byte[]? Generate(Random random)
    {
        using var pack = new PackBuilder();
        var contents = new List<(byte[] Content, long Offset)>();
        for (var count = random.Next(1, 8); count > 0; count--)
        {
            if (contents.Count == 0 || random.Next(2) == 0)
            {
                var content = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat($"line {random.Next(10)}\n", random.Next(0, 60))));
                contents.Add((content, pack.AddWhole(random.Next(1, 5), content)));
                continue;
            }
            var found = contents[random.Next(contents.Count)];
            var made = DeltaTarget.Make(found.Content, random, out var result);
            var offset = random.Next(4) switch
            {
                0 => pack.AddDelta(GitHash.Of(ObjectType.Blob, found.Content), made),
                1 => pack.AddDelta(GitHash.Of(ObjectType.Blob, s_known), DeltaTarget.Make(s_known, random, out result)),
                _ => pack.AddDelta(found.Offset, made),
            };
            contents.Add((result, offset));
        }
        return pack.Finish();
    }

    public override void Mend(byte[] input)
    {
        if (input.Length >= 32) SHA1.HashData(input.AsSpan(..^20)).CopyTo(input.AsSpan(input.Length - 20));
    }

    public override string Run(ReadOnlyMemory<byte> input)
    {
        var pack = PackReader.ReadAsync(new MemoryStream(input.ToArray()), new MemoryStream(), s_limits, (id, _) => new(
            id == GitHash.Of(ObjectType.Blob, s_known) ? (ObjectType.Blob, s_known) : null), CancellationToken.None).GetAwaiter().GetResult();
        using (pack)
        {
            foreach (var (id, item) in pack.Objects)
                if (item.IsKept && GitHash.Of(item.Type, pack.Read(item)) != id) throw new InvalidOperationException($"{id} is not what its content says.");
            return $"{Math.Min(8, pack.Objects.Count)} {string.Join(',', pack.Objects.Values.Select(o => o.Type).Distinct().Order())}";
        }
    }

    public override bool IsRefusal(Exception error) => error is PackFormatException;
}
