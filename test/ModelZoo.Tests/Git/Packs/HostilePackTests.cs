using System.Security.Cryptography;
using System.Text;
using ModelZoo.Fuzz.Targets;
using ModelZoo.Git;
using ModelZoo.Git.Packs;

namespace ModelZoo.Tests.Git.Packs;

/// <summary>Packs that nobody would write who meant well.</summary>
public sealed class HostilePackTests
{
    static readonly byte[] s_text = Encoding.ASCII.GetBytes("some content that deltas build on, long enough to copy from\n");

    [Fact]
    public void A_bomb_is_refused_when_it_goes_off()
    {
        Refused("inflates to more than", pack => pack.AddWhole(3, new byte[2_000_000]), new() { MaxTotalBytes = 1_000_000 });
        // Sixty copies of 16 MB each, from a delta of a few hundred bytes.
        Refused("makes an object of", pack => pack.AddDelta(pack.AddWhole(3, new byte[65536]), Delta(65536, 1L << 30, [.. Enumerable.Repeat<byte[]>([0b1111_0000, 0, 0, 1], 100).SelectMany(x => x)])));
    }

    [Fact]
    public void Deltas_of_deltas_that_double_each_time_run_into_the_limit_of_the_whole() => Refused("inflates to more than", pack =>
    {
        var (at, size) = (pack.AddWhole(3, new byte[1024]), 1024L);
        for (var i = 0; i < 10; i++, size *= 2) at = pack.AddDelta(at, Delta(size, size * 2, [.. Copy(size), .. Copy(size)]));
        for (var i = 0; i < 100; i++) pack.AddDelta(at, Delta(size, size, Copy(size)));
    }, new() { MaxTotalBytes = 20_000_000 });

    [Fact]
    public void A_size_that_lies_is_refused()
    {
        Refused("states 10 bytes and has more", pack => pack.AddWhole(3, s_text, 10));
        Refused("states 1000 bytes and has", pack => pack.AddWhole(3, s_text, 1000));
        Refused("a size that no object has", pack => pack.AddWhole(3, s_text, long.MaxValue));
        Refused("inflates to more", pack => pack.AddWhole(3, s_text, 1L << 50));
        Refused("at most", pack => pack.AddWhole(2, s_text, 1L << 32));
    }

    [Fact]
    public void Deltas_that_do_not_fit_are_refused()
    {
        Refused("outside its base", pack => pack.AddDelta(pack.AddWhole(3, s_text), Delta(s_text.Length, 200, [0b1001_0001, 50, 200])));
        Refused("outside its base", pack => pack.AddDelta(pack.AddWhole(3, s_text), Delta(s_text.Length, 10, [0b1001_1111, 255, 255, 255, 255, 10])));
        Refused("base of another size", pack => pack.AddDelta(pack.AddWhole(3, s_text), Delta(7, 10, [0b1001_0000, 10])));
        Refused("makes less", pack => pack.AddDelta(pack.AddWhole(3, s_text), Delta(s_text.Length, 20, [0b1001_0000, 10])));
        Refused("makes more", pack => pack.AddDelta(pack.AddWhole(3, s_text), Delta(s_text.Length, 5, [0b1001_0000, 10])));
        Refused("reserved instruction", pack => pack.AddDelta(pack.AddWhole(3, s_text), Delta(s_text.Length, 5, [0])));
        Refused("ends within an insertion", pack => pack.AddDelta(pack.AddWhole(3, s_text), Delta(s_text.Length, 5, [5, 1])));
        Refused("ends within a copy", pack => pack.AddDelta(pack.AddWhole(3, s_text), Delta(s_text.Length, 5, [0xff])));
        Refused("ends within its sizes", pack => pack.AddDelta(pack.AddWhole(3, s_text), [0x80]));
    }

    [Fact]
    public void Deltas_without_a_base_and_in_a_circle_are_refused()
    {
        Refused("neither in the pack nor known", pack => pack.AddDelta(ObjectId.Parse(new string('1', 40)), Delta(s_text.Length, 10, [0b1001_0000, 10])));
        Refused("refers to outside the pack", pack => pack.AddDelta(-1_000_000, Delta(s_text.Length, 10, [0b1001_0000, 10])));
        Refused("not in the pack", pack => { pack.AddWhole(3, s_text); pack.AddDelta(5, Delta(s_text.Length, 10, [0b1001_0000, 10])); });
        // Two that name each other: nobody can make one whose id is right, so they name what they pretend to be.
        var (a, b) = (ObjectId.Parse(new string('a', 40)), ObjectId.Parse(new string('b', 40)));
        Refused("neither in the pack nor known", pack => { pack.AddDelta(b, Delta(10, 10, Copy(10))); pack.AddDelta(a, Delta(10, 10, Copy(10))); });
    }

    [Fact]
    public void A_chain_longer_than_git_writes_is_refused()
    {
        Refused("build on each other", pack =>
        {
            var at = pack.AddWhole(3, s_text);
            for (var i = 0; i < 60; i++) at = pack.AddDelta(at, Delta(s_text.Length, s_text.Length, Copy(s_text.Length)));
        }, new() { MaxDepth = 50 });
        using var builder = new PackBuilder();
        long last = builder.AddWhole(3, s_text);
        for (var i = 0; i < 3000; i++) last = builder.AddDelta(last, Delta(s_text.Length, s_text.Length, Copy(s_text.Length)));
        using var deep = PackReadingTests.Read(builder.Finish());
        Assert.Single(deep.Objects);
    }

    [Fact]
    public void Deltas_may_stand_before_their_base()
    {
        using var builder = new PackBuilder();
        var made = s_text.AsSpan(0, 10).ToArray();
        builder.AddDelta(GitHash.Of(ObjectType.Blob, made), Delta(10, 5, [0b1001_0000, 5]));
        builder.AddDelta(GitHash.Of(ObjectType.Blob, s_text), Delta(s_text.Length, 10, [0b1001_0000, 10]));
        builder.AddWhole(3, s_text);
        using var pack = PackReadingTests.Read(builder.Finish());
        Assert.Equal(3, pack.Objects.Count);
    }

    [Fact]
    public void Checksums_counts_and_ends_are_checked()
    {
        using var builder = new PackBuilder();
        builder.AddWhole(3, s_text);
        builder.AddWhole(1, s_text);
        var good = builder.Finish();
        using (PackReadingTests.Read(good)) { }

        for (var length = 0; length < good.Length; length++)
            Assert.ThrowsAny<PackFormatException>(() => PackReadingTests.Read(good[..length]));
        Assert.Contains("follows the pack's end", Assert.Throws<PackFormatException>(() => PackReadingTests.Read([.. good, 0])).Message);
        for (var at = 0; at < good.Length; at++)
        {
            var broken = good.ToArray();
            broken[at] ^= 0x10;
            Assert.ThrowsAny<PackFormatException>(() => PackReadingTests.Read(broken));
        }
        Assert.ThrowsAny<PackFormatException>(() => PackReadingTests.Read(builder.Finish(1)));
        Assert.ThrowsAny<PackFormatException>(() => PackReadingTests.Read(builder.Finish(3)));
        Assert.Contains("at most", Assert.Throws<PackFormatException>(() => PackReadingTests.Read(builder.Finish(-1))).Message);
    }

    [Fact]
    public void A_blob_above_the_limit_is_named_and_not_kept()
    {
        using var builder = new PackBuilder();
        var large = new byte[100_001];
        builder.AddWhole(3, large);
        using var pack = PackReadingTests.Read(builder.Finish(), null, new() { MaxObjectBytes = 100_000 });
        var item = pack.Objects[GitHash.Of(ObjectType.Blob, large)];
        Assert.Equal((false, 100_001L), (item.IsKept, item.SizeBytes));
        Assert.Contains("at most", Assert.Throws<PackFormatException>(() => { using var tree = new PackBuilder(); tree.AddWhole(2, large); PackReadingTests.Read(tree.Finish(), null, new() { MaxObjectBytes = 100_000 }); }).Message);
    }

    [Fact]
    public void Noise_after_a_right_header_and_checksum_ends_in_a_refusal()
    {
        var random = new Random(3);
        for (var i = 0; i < 3_000; i++)
        {
            var bytes = new byte[random.Next(32, 300)];
            random.NextBytes(bytes);
            "PACK\0\0\0\u0002\0\0\0"u8.CopyTo(bytes);
            SHA1.HashData(bytes.AsSpan(..^20)).CopyTo(bytes.AsSpan(bytes.Length - 20));
            try { using (PackReadingTests.Read(bytes)) { } }
            catch (PackFormatException) { }
        }
    }

    static byte[] Copy(long size) => [0b1111_0000, (byte)size, (byte)(size >> 8), (byte)(size >> 16)];

    static byte[] Delta(long baseSize, long resultSize, byte[] instructions) => [.. Size(baseSize), .. Size(resultSize), .. instructions];

    static IEnumerable<byte> Size(long size)
    {
        for (; size > 0x7f; size >>= 7) yield return (byte)(0x80 | (size & 0x7f));
        yield return (byte)size;
    }

    static void Refused(string words, Action<PackBuilder> build, PackLimits? limits = null)
    {
        using var builder = new PackBuilder();
        build(builder);
        var refused = Assert.ThrowsAny<PackFormatException>(() => PackReadingTests.Read(builder.Finish(), null, limits));
        Assert.Contains(words, refused.Message);
    }
}
