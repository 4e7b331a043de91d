using System.Globalization;
using System.Text;
using ModelZoo.Xet;

namespace ModelZoo.Tests.Xet;

public sealed class MerkleAggregationTests
{
    [Fact]
    public void A_list_of_a_hundred_aggregates_as_published()
    {
        var rows = Published.Rows("aggregated.txt").ToList();
        var xorb = new MerkleAggregation();
        var file = new MerkleAggregation();
        foreach (var row in rows.Skip(1))
        {
            xorb.Append(XetHash.Parse(row[0]), long.Parse(row[1], CultureInfo.InvariantCulture));
            file.Append(XetHash.Parse(row[0]), long.Parse(row[1], CultureInfo.InvariantCulture));
        }
        Assert.Equal(100, xorb.Count);
        Assert.Equal(rows[0][0], xorb.FinishXorb().ToString());
        Assert.Equal(rows[0][1], file.FinishFile().ToString());
    }

    [Fact]
    public void Appending_one_by_one_is_the_definition()
    {
        var random = new Random(4);
        var hashes = Made.Random(32 * 3000, 21);
        for (var length = 0; length < 3000; length += length < 200 ? 1 : random.Next(1, 300))
        {
            var chunks = Enumerable.Range(0, length).Select(i => (Hash: XetHash.FromBytes(hashes.AsSpan(32 * i, 32)), Length: (long)random.Next(1, 131073))).ToList();
            var all = new MerkleAggregation();
            foreach (var (hash, size) in chunks) all.Append(hash, size);
            Assert.Equal(Naive(chunks), all.FinishXorb());
        }
    }

    /// <summary>Level by level over the whole list, as the protocol describes it.</summary>
    static XetHash Naive(List<(XetHash Hash, long Length)> list)
    {
        if (list.Count == 0) return XetHash.Zero;
        while (list.Count > 1)
        {
            var next = new List<(XetHash, long)>();
            for (var at = 0; at < list.Count;)
            {
                var left = list.Count - at;
                var group = left <= 2 ? left : Math.Min(9, left);
                for (var i = 2; left > 2 && i < Math.Min(9, left); i++)
                {
                    if (list[at + i].Hash.ToBytes()[24] % 4 != 0) continue;
                    group = i + 1;
                    break;
                }
                var text = new StringBuilder();
                foreach (var (hash, length) in list.GetRange(at, group)) text.Append(CultureInfo.InvariantCulture, $"{hash} : {length}\n");
                next.Add((XetHashes.OfNode(Encoding.ASCII.GetBytes(text.ToString())), list.GetRange(at, group).Sum(entry => entry.Length)));
                at += group;
            }
            list = next;
        }
        return list[0].Hash;
    }
}
