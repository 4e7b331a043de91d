using ModelZoo.Xet;

namespace ModelZoo.Tests.Xet;

public sealed class XorbTests
{
    [Fact]
    public async Task A_xorb_is_read_back_chunk_by_chunk()
    {
        byte[][] contents = [Made.Random(100_000), Made.Weights(131_072), new byte[50_000], [1], Made.Weights(70_001, 5), "x"u8.ToArray()];
        var writer = new XorbWriter();
        foreach (var content in contents) Assert.True(writer.TryAdd(content));
        var xorb = writer.Finish();
        Assert.Equal(0, writer.Count);
        var kept = xorb.Bytes.ToArray();
        var other = new XorbWriter();
        Assert.True(other.TryAdd(contents[1]));
        var recycled = other.Finish();
        other.Recycle(recycled);
        foreach (var content in contents) Assert.True(other.TryAdd(content));
        Assert.Equal(kept, other.Finish().Bytes.ToArray());

        var reader = new XorbReader(new TrickleStream(xorb.Bytes.ToArray()));
        using var stored = new MemoryStream();
        for (var i = 0; await reader.ReadAsync(default); i++)
        {
            Assert.Equal(contents[i], reader.Content.ToArray());
            Assert.Equal(XetHashes.OfChunk(contents[i]), reader.Hash);
            stored.Write(reader.Stored.Span);
        }
        Assert.Equal(xorb.Bytes.ToArray(), stored.ToArray());
        Assert.Equal(xorb.Hash, reader.Index.Hash);
        Assert.Equal(xorb.Index.Encode(), reader.Index.Encode());
        Assert.Equal(xorb.Hash, MerkleAggregation.OfXorb([.. contents.Select(content => new XetChunk(XetHashes.OfChunk(content), content.Length))]));

        var range = new ChunkRange(1, 5);
        var bytes = xorb.Index.BytesOf(range);
        var decoded = new byte[xorb.Index.ContentLengthOf(range)];
        ChunkCodec.DecodeAll(xorb.Bytes.Span[(int)bytes.Start..(int)bytes.End], range.Count, decoded);
        Assert.Equal(contents[1..5].SelectMany(content => content), decoded);
    }

    [Fact]
    public void Each_chunk_takes_the_scheme_that_suits_it()
    {
        Assert.Equal(ChunkScheme.Raw, SchemeOf(Made.Random(131_072)));
        Assert.Equal(ChunkScheme.GroupedLz4, SchemeOf(Made.Weights(131_072)));
        Assert.Equal(ChunkScheme.Lz4, SchemeOf([.. Enumerable.Repeat("the same words again "u8.ToArray(), 3000).SelectMany(word => word)]));
        Assert.Equal(ChunkScheme.Raw, SchemeOf([7]));

        static ChunkScheme SchemeOf(byte[] chunk)
        {
            var stored = new byte[ChunkCodec.MaxEncodedBytes(chunk.Length)];
            var length = ChunkCodec.Encode(chunk, stored);
            Assert.True(length <= chunk.Length + ChunkHeader.Size);
            return ChunkHeader.Parse(stored).Scheme;
        }
    }

    [Fact]
    public void A_full_xorb_takes_no_more()
    {
        var writer = new XorbWriter(maxBytes: 393_000, maxChunks: 3);
        Assert.True(writer.TryAdd(Made.Random(131_072, 1)));
        Assert.True(writer.TryAdd(Made.Random(131_072, 2)));
        Assert.False(writer.TryAdd(Made.Random(131_072, 3)));
        Assert.True(writer.TryAdd([1]));
        Assert.False(writer.TryAdd([2]));
        Assert.Throws<InvalidOperationException>(() => new XorbWriter().Finish());
    }

    [Fact]
    public void An_index_keeps_what_a_range_needs()
    {
        var xorb = Xorb(20);
        var index = XorbIndex.Parse(xorb.Index.Encode());
        Assert.Equal(xorb.Hash, index.Hash);
        Assert.Equal(xorb.Bytes.Length, index.StoredLength);
        for (var offset = 0; offset < index.ContentLength; offset += 997)
        {
            var chunk = index.ChunkAt(offset);
            Assert.True(index.ContentStart(chunk) <= offset && offset < index.ContentEnd(chunk));
        }
        Assert.Throws<ArgumentOutOfRangeException>(() => index.BytesOf(new(3, 3)));
        Assert.Throws<ArgumentOutOfRangeException>(() => index.BytesOf(new(0, 21)));
        Assert.Throws<ArgumentOutOfRangeException>(() => index.ChunkAt(index.ContentLength));
        Assert.Equal(XetHashes.OfVerification([.. index.Chunks[2..5].ToArray().Select(chunk => chunk.Hash)]), index.VerificationHashOf(new(2, 5)));
    }

    [Fact]
    public void A_broken_index_is_refused()
    {
        var bytes = Xorb(3).Index.Encode();
        for (var length = 0; length < bytes.Length; length++) Assert.Throws<XetFormatException>(() => XorbIndex.Parse(bytes.AsSpan(0, length)));
        Assert.Throws<XetFormatException>(() => XorbIndex.Parse([.. bytes, 0]));
        Assert.Throws<XetFormatException>(() => XorbIndex.Parse([2, .. bytes[1..]]));
        Assert.Throws<XetFormatException>(() => XorbIndex.Parse([1, 0, 0, 0]));
        var zeroLength = (byte[])bytes.Clone();
        zeroLength.AsSpan(4 + 35, 3).Clear();
        Assert.Throws<XetFormatException>(() => XorbIndex.Parse(zeroLength));
    }

    [Fact]
    public async Task A_footer_is_compared_and_left_out()
    {
        var xorb = Xorb(5);
        var footer = XorbFooter.Encode(xorb.Index);
        // Newer clients put a nonce into the free bytes.
        footer[^18] = 99;
        byte[] whole = [.. xorb.Bytes.ToArray(), .. footer];
        Assert.Equal(xorb.Bytes.ToArray(), ModelZoo.Xet.Xorb.Parse(whole).Bytes.ToArray());
        Assert.Equal(xorb.Hash, (await ReadAsync(whole)).Hash);

        footer[10] ^= 1;
        await RefusedAsync([.. xorb.Bytes.ToArray(), .. footer]);
        await RefusedAsync([.. whole, 0]);
        await RefusedAsync(whole[..^1]);
        await RefusedAsync(XorbFooter.Encode(xorb.Index));
    }

    [Fact]
    public async Task Truncated_and_foreign_bytes_are_refused()
    {
        var bytes = Xorb(2).Bytes.ToArray();
        await RefusedAsync([]);
        await RefusedAsync([1, .. bytes[1..]]);
        await RefusedAsync([.. bytes, 0]);
        await RefusedAsync(bytes[..^1]);
        await RefusedAsync(bytes[..ChunkHeader.Size]);
        await RefusedAsync(bytes[..3]);
    }

    [Theory]
    [InlineData(new byte[] { 0, 0, 0, 0, 0, 1, 0, 0 })] // nothing stored
    [InlineData(new byte[] { 0, 1, 0, 0, 0, 0, 0, 0 })] // nothing in it
    [InlineData(new byte[] { 0, 1, 0, 0, 0, 2, 0, 0 })] // raw, and longer than stored
    [InlineData(new byte[] { 0, 1, 0, 0, 3, 1, 0, 0 })] // an unknown scheme
    [InlineData(new byte[] { 0, 1, 0, 0, 1, 1, 0, 2 })] // more than 128 KiB
    [InlineData(new byte[] { 0, 1, 0, 4, 1, 1, 0, 0 })] // stored in more than 256 KiB
    [InlineData(new byte[] { 0, 1, 0, 0, 1, 1, 0, 0 })] // LZ4, and not a frame
    public async Task Lying_headers_are_refused(byte[] header) => await RefusedAsync([.. header, 0]);

    [Fact]
    public async Task More_chunks_than_a_xorb_may_have_are_refused()
    {
        byte[] one = [0, 1, 0, 0, 0, 1, 0, 0, 42];
        var many = Enumerable.Repeat(one, XetLimits.MaxXorbChunks).SelectMany(bytes => bytes).ToArray();
        Assert.Equal(XetLimits.MaxXorbChunks, (await ReadAsync(many)).Count);
        await RefusedAsync([.. many, .. one]);
    }

    internal static Xorb Xorb(int chunks, ulong seed = 1)
    {
        var writer = new XorbWriter();
        var random = new Random((int)seed);
        for (var i = 0; i < chunks; i++) Assert.True(writer.TryAdd(i % 2 == 0 ? Made.Random(random.Next(1, 9000), seed * 100 + (ulong)i) : Made.Weights(random.Next(1, 9000), i)));
        return writer.Finish();
    }

    static async Task<XorbIndex> ReadAsync(byte[] bytes)
    {
        var reader = new XorbReader(new MemoryStream(bytes));
        while (await reader.ReadAsync(default)) { }
        return reader.Index;
    }

    static async Task RefusedAsync(byte[] bytes)
    {
        await Assert.ThrowsAsync<XetFormatException>(() => ReadAsync(bytes));
        Assert.Throws<XetFormatException>(() => ModelZoo.Xet.Xorb.Parse(bytes));
    }
}
