using System.Globalization;

namespace ModelZoo.Xet;

/// <summary>
/// One hash over a list of chunks, as they come. A level closes a group after its third to ninth entry, at the first whose hash is
/// divisible by 4, so each level keeps at most eight entries: millions of chunks take a few kilobytes.
/// </summary>
public sealed class MerkleAggregation
{
    const int MaxGroup = 9;

    /// <summary>64 digits, " : ", at most 20 digits and a line feed.</summary>
    const int MaxLine = 64 + 3 + 20 + 1;

    readonly List<Level> _levels = [new()];

    /// <summary>Chunks appended so far.</summary>
    public long Count { get; private set; }

    /// <summary>Their bytes, uncompressed.</summary>
    public long Length { get; private set; }

    public void Append(XetChunk chunk) => Append(chunk.Hash, chunk.Length);

    public void Append(XetHash hash, long length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        Count++;
        Length = checked(Length + length);
        Add(0, new(hash, (ulong)length));
    }

    /// <summary>The root: a xorb's hash. Nothing may be appended afterwards.</summary>
    public XetHash FinishXorb()
    {
        if (Count == 0) return XetHash.Zero;
        for (var level = 0; ; level++)
        {
            var open = _levels[level];
            // Everything below is closed. A level that ever got one entry only is the root.
            if (open.Received == 1) return open.First.Hash;
            if (open.Count > 0) Close(level);
        }
    }

    /// <summary>The file's hash. Nothing may be appended afterwards.</summary>
    public XetHash FinishFile() => Count == 0 ? XetHash.Zero : XetHashes.OfFile(FinishXorb());

    public static XetHash OfXorb(ReadOnlySpan<XetChunk> chunks) => Of(chunks).FinishXorb();

    public static XetHash OfFile(ReadOnlySpan<XetChunk> chunks) => Of(chunks).FinishFile();

    static MerkleAggregation Of(ReadOnlySpan<XetChunk> chunks)
    {
        var all = new MerkleAggregation();
        foreach (var chunk in chunks) all.Append(chunk);
        return all;
    }

    void Add(int level, Entry entry)
    {
        if (level == _levels.Count) _levels.Add(new());
        var open = _levels[level];
        if (open.Received++ == 0) open.First = entry;
        open.Entries[open.Count++] = entry;
        if (open.Count == MaxGroup || open.Count > 2 && (entry.Hash.Value & 3) == 0) Close(level);
    }

    void Close(int level)
    {
        var open = _levels[level];
        Span<byte> text = stackalloc byte[MaxGroup * MaxLine];
        var written = 0;
        ulong length = 0;
        foreach (var entry in open.Entries.AsSpan(0, open.Count))
        {
            entry.Hash.WriteText(text[written..]);
            written += 64;
            " : "u8.CopyTo(text[written..]);
            written += 3;
            entry.Length.TryFormat(text[written..], out var digits, default, CultureInfo.InvariantCulture);
            written += digits;
            text[written++] = (byte)'\n';
            length += entry.Length;
        }
        open.Count = 0;
        Add(level + 1, new(XetHashes.OfNode(text[..written]), length));
    }

    readonly record struct Entry(XetHash Hash, ulong Length);

    sealed class Level
    {
        public readonly Entry[] Entries = new Entry[MaxGroup];
        public int Count;
        public long Received;
        public Entry First;
    }
}
