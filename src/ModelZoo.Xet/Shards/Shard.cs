namespace ModelZoo.Xet;

/// <summary>Files put together from chunks of xorbs, and descriptions of xorbs: what is uploaded behind the xorbs, and what a deduplication answer is.</summary>
/// <param name="Footer">There in deduplication answers and in uploads of some clients.</param>
public sealed record Shard(IReadOnlyList<ShardFile> Files, IReadOnlyList<ShardXorb> Xorbs, ShardFooter? Footer)
{
    /// <exception cref="XetFormatException">Not a shard: truncated, with something behind it, or with numbers that contradict each other.</exception>
    public static Shard Parse(ReadOnlySpan<byte> bytes) => new ShardParser(bytes).Parse();

    /// <summary>Reads a shard of at most <paramref name="maxBytes"/>.</summary>
    /// <exception cref="XetFormatException">Longer, or not a shard.</exception>
    public static async Task<Shard> ReadAsync(Stream stream, int maxBytes, CancellationToken stop)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(maxBytes, XetLimits.MaxShardBytes);
        var bytes = new byte[Math.Min(64 * 1024, maxBytes + 1)];
        var got = 0;
        while (true)
        {
            var read = await stream.ReadAtLeastAsync(bytes.AsMemory(got), bytes.Length - got, throwOnEndOfStream: false, stop);
            got += read;
            if (got > maxBytes) throw new XetFormatException($"A shard has at most {maxBytes} bytes.");
            if (got < bytes.Length) return Parse(bytes.AsSpan(0, got));
            Array.Resize(ref bytes, (int)Math.Min(2L * bytes.Length, maxBytes + 1L));
        }
    }

    /// <summary>As uploads are: without a footer.</summary>
    public byte[] Encode() => ShardWriter.Write(Files, Xorbs, null);

    /// <summary>A deduplication answer: the xorbs with concealed chunk hashes, no files, and a footer.</summary>
    public static byte[] EncodeAnswer(IReadOnlyList<ShardXorb> xorbs, ShardFooter footer) => ShardWriter.Write([], [.. xorbs.Select(xorb => Concealed(xorb, footer.HmacKey))], footer);

    static ShardXorb Concealed(ShardXorb xorb, XetHash key) =>
        key.IsZero ? xorb : xorb with { Chunks = [.. xorb.Chunks.Select(chunk => chunk with { Hash = XetHashes.Conceal(chunk.Hash, key) })] };
}
