using System.Buffers.Binary;
using System.Security.Cryptography;
using ModelZoo.Xet;

namespace ModelZoo.Tests.Xet;

public sealed class ShardTests
{
    [Fact]
    public async Task A_shard_is_read_back()
    {
        var shard = Example();
        var bytes = shard.Encode();
        var read = await Shard.ReadAsync(new TrickleStream(bytes), XetLimits.MaxShardBytes, default);
        Assert.Null(read.Footer);
        Same(shard, read);
        Assert.Equal(bytes, read.Encode());
        await Assert.ThrowsAsync<XetFormatException>(() => Shard.ReadAsync(new MemoryStream(bytes), bytes.Length - 1, default));
        Assert.Equal(2, (await Shard.ReadAsync(new MemoryStream(bytes), bytes.Length, default)).Files.Count);
    }

    [Fact]
    public void An_answer_shows_chunks_only_to_who_knows_them()
    {
        var xorb = XorbTests.Xorb(6);
        var key = XetHash.FromBytes(Made.Random(32, 77));
        var answer = Shard.Parse(Shard.EncodeAnswer([ShardXorb.Of(xorb.Index)], new(key, 1000, 2000)));
        Assert.Equal(new ShardFooter(key, 1000, 2000), answer.Footer);
        Assert.Empty(answer.Files);
        var chunks = Assert.Single(answer.Xorbs).Chunks;
        for (var i = 0; i < chunks.Count; i++)
        {
            Assert.NotEqual(xorb.Index.Chunks[i].Hash, chunks[i].Hash);
            Assert.Equal(XetHashes.Conceal(xorb.Index.Chunks[i].Hash, key), chunks[i].Hash);
        }
        var open = Shard.Parse(Shard.EncodeAnswer([ShardXorb.Of(xorb.Index)], new(XetHash.Zero, 1000, ulong.MaxValue)));
        Assert.True(open.Xorbs[0].Describes(xorb.Index));
    }

    [Fact]
    public void The_bytes_are_where_the_format_says()
    {
        var sha256 = SHA256.HashData("x"u8);
        var xorb = XetHash.FromBytes(Made.Random(32, 1));
        var shard = new Shard([new(XetHash.FromBytes(Made.Random(32, 2)), [new(xorb, new(3, 7), 1234)], [XetHash.FromBytes(Made.Random(32, 3))], XetHash.FromSha256(sha256))], [], null);
        var bytes = shard.Encode();
        Assert.Equal(48 * (1 + 1 + 1 + 1 + 1 + 2), bytes.Length);
        Assert.Equal("HFRepoMetaData\0"u8.ToArray(), bytes[..15]);
        Assert.Equal(2ul, BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(32)));
        Assert.Equal(0xC0000000u, BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(48 + 32)));
        Assert.Equal([1u, 0, 0], Words(bytes, 48 + 36, 3));
        Assert.Equal([0u, 1234, 3, 7], Words(bytes, 96 + 32, 4));
        Assert.Equal(sha256[7], bytes[192]);
        Assert.Equal(sha256[0], bytes[199]);
        Assert.All(bytes[240..272], b => Assert.Equal(255, b));
        Assert.All(bytes[272..288], b => Assert.Equal(0, b));
    }

    [Fact]
    public void Truncated_shards_and_what_follows_one_are_refused()
    {
        var bytes = Example().Encode();
        for (var length = 0; length < bytes.Length; length += length < 100 ? 1 : 41) Assert.Throws<XetFormatException>(() => Shard.Parse(bytes.AsSpan(0, length)));
        Assert.Throws<XetFormatException>(() => Shard.Parse([.. bytes, 0]));
        var answer = Shard.EncodeAnswer([ShardXorb.Of(XorbTests.Xorb(2).Index)], new(XetHash.Zero, 1, 2));
        for (var length = 0; length < answer.Length; length++) Assert.Throws<XetFormatException>(() => Shard.Parse(answer.AsSpan(0, length)));
    }

    [Fact]
    public void Tables_before_the_footer_are_passed_over()
    {
        var answer = Shard.EncodeAnswer([ShardXorb.Of(XorbTests.Xorb(2).Index)], new(XetHash.Zero, 1, 2));
        Assert.Single(Shard.Parse([.. answer[..^200], .. new byte[12 * 9], .. answer[^200..]]).Xorbs);
    }

    [Theory]
    [InlineData(0, 1)] // the tag
    [InlineData(32, 3)] // the version
    [InlineData(40, 100)] // the footer's length
    [InlineData(48 + 32, 1)] // unknown flags
    [InlineData(48 + 39, 0x7f)] // two thousand million terms
    [InlineData(96 + 38, 0x7f)] // a term of more bytes than its chunks can have
    [InlineData(96 + 44, 0)] // a term without chunks
    [InlineData(96 + 47, 1)] // chunks that no xorb has
    public void Lies_are_refused(int offset, byte value)
    {
        var bytes = Example().Encode();
        Assert.NotEqual(value, bytes[offset]);
        bytes[offset] = value;
        Assert.Throws<XetFormatException>(() => Shard.Parse(bytes));
    }

    [Fact]
    public void Lies_about_xorbs_are_refused()
    {
        var bytes = new Shard([], [ShardXorb.Of(XorbTests.Xorb(3).Index)], null).Encode();
        foreach (var (offset, value) in ((int, byte)[])[(96 + 36, 0), (96 + 36, 4), (96 + 39, 1), (96 + 40, 1), (144 + 32, 1), (144 + 38, 3), (192 + 33, 0x70)])
        {
            var broken = (byte[])bytes.Clone();
            broken[offset] = value;
            Assert.Throws<XetFormatException>(() => Shard.Parse(broken));
        }
    }

    static Shard Example()
    {
        Xorb a = XorbTests.Xorb(6, 1), b = XorbTests.Xorb(9, 2);
        ShardTerm[] terms = [new(a.Hash, new(0, 6), a.Index.ContentLength), new(b.Hash, new(2, 5), b.Index.ContentLengthOf(new(2, 5)))];
        return new([
            new(XetHash.FromBytes(Made.Random(32, 5)), terms, [a.Index.VerificationHashOf(new(0, 6)), b.Index.VerificationHashOf(new(2, 5))], XetHash.FromSha256(SHA256.HashData("1"u8))),
            new(XetHash.FromBytes(Made.Random(32, 6)), terms[..1], null, null),
        ], [ShardXorb.Of(a.Index), ShardXorb.Of(b.Index)], null);
    }

    static void Same(Shard expected, Shard actual)
    {
        Assert.Equal(expected.Files.Count, actual.Files.Count);
        foreach (var (a, b) in expected.Files.Zip(actual.Files))
        {
            Assert.Equal((a.Hash, a.Sha256, a.Length), (b.Hash, b.Sha256, b.Length));
            Assert.Equal(a.Terms, b.Terms);
            Assert.Equal(a.Verification, b.Verification);
        }
        foreach (var (a, b) in expected.Xorbs.Zip(actual.Xorbs))
        {
            Assert.Equal((a.Hash, a.ContentLength, a.StoredLength), (b.Hash, b.ContentLength, b.StoredLength));
            Assert.Equal(a.Chunks, b.Chunks);
        }
    }

    static uint[] Words(byte[] bytes, int offset, int count) => [.. Enumerable.Range(0, count).Select(i => BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(offset + 4 * i)))];
}
