using System.Globalization;
using FsCheck;
using FsCheck.Fluent;
using ModelZoo.Xet;

namespace ModelZoo.Tests.Xet;

public sealed class GearChunkerTests
{
    /// <summary>A pattern whose hash asks for a cut once in each repetition (xet-core, chunking.rs).</summary>
    static readonly byte[] s_trigger = Convert.FromHexString(
        "9a342a229f4b7ee046ec0cc44fecb27c7f3263b22cb0ae7efaebcdaefc7a230a1465d645c10873699ee4786f88a2c6fbd3b7fdfca4933f10baa27517aa24cdbb"
        + "ae4cd2aed3af0cad913b0246deb59fe3b69cbd33e26a1832b79d8c0a0817d4460aea1721dbfe27ec4631bf7409730f651a9fa5dc0faa387d5ca35eeb26283151");

    [Fact]
    public void Cuts_near_the_minimum_are_the_published_ones()
    {
        foreach (var row in Published.Rows("trigger-cuts.txt"))
        {
            var numbers = row.Select(text => int.Parse(text, CultureInfo.InvariantCulture)).ToArray();
            var content = Triggering(65536, numbers[0]);
            Assert.Equal(numbers[1], content[11111]);
            Assert.Equal(numbers[2..], Made.Chunks(content).Select(chunk => chunk.End));
        }
    }

    [Fact]
    public void Cuts_do_not_depend_on_how_the_content_is_handed_over()
    {
        byte[][] contents = [Made.Random(1_500_000, 7), new byte[400_000], Triggering(900_000, 3), Made.Weights(800_000), [.. new byte[131_000], .. Made.Random(400_000, 9)]];
        var expected = contents.Select(content => Naive(content)).ToArray();
        for (var i = 0; i < contents.Length; i++) Assert.Equal(expected[i], Made.Chunks(contents[i]).Select(chunk => chunk.End));
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(60), Prop.ForAll(Gen.Choose(0, contents.Length - 1).ToArbitrary(), Gen.Choose(0, int.MaxValue).ToArbitrary(), (which, seed) =>
        {
            var random = new Random(seed);
            var most = 1 << random.Next(4, 19);
            return Made.Chunks(contents[which], () => random.Next(1, most)).Select(chunk => chunk.End).SequenceEqual(expected[which]);
        }));
    }

    [Fact]
    public void Content_that_arrives_byte_by_byte_is_cut_alike()
    {
        var content = Made.Random(300_000, 11);
        Assert.Equal(Naive(content), Made.Chunks(content, () => 1).Select(chunk => chunk.End));
    }

    [Fact]
    public void Nothing_has_no_chunks()
    {
        var chunker = new GearChunker();
        Assert.False(chunker.TryCut([], out var taken));
        Assert.Equal(0, taken);
        Assert.Equal(0, chunker.Finish());
    }

    [Fact]
    public void Any_tail_is_a_chunk()
    {
        var content = Made.Random(200_000, 5);
        foreach (var length in (int[])[1, 63, 64, 8126, 8127, 8128, 8191, 8192, 8193, 12_288, 131_071, 131_072, 131_073])
            Assert.Equal(Naive(content.AsSpan(0, length)), Made.Chunks(content.AsSpan(0, length)).Select(chunk => chunk.End));
    }

    /// <summary>The definition, without skipping and without stretches.</summary>
    static List<int> Naive(ReadOnlySpan<byte> content)
    {
        var ends = new List<int>();
        ulong hash = 0;
        var start = 0;
        for (var i = 0; i < content.Length; i++)
        {
            hash = (hash << 1) + GearTable.Values[content[i]];
            var size = i + 1 - start;
            if ((size < 8192 || (hash & 0xFFFF000000000000) != 0) && size != 131072) continue;
            ends.Add(i + 1);
            (start, hash) = (i + 1, 0);
        }
        if (start < content.Length) ends.Add(content.Length);
        return ends;
    }

    static byte[] Triggering(int length, int padding)
    {
        var content = new byte[length];
        for (var i = 0; i < length; i++) content[i] = i % (s_trigger.Length + padding) is var at && at < s_trigger.Length ? s_trigger[at] : (byte)0;
        return content;
    }
}
