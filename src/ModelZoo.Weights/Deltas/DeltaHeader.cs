using System.Buffers.Binary;

namespace ModelZoo.Weights.Deltas;

/// <summary>
/// The beginning of a container: what it holds, from which base, and where each block lies. All numbers are little-endian.
/// <code>
///   0  8  "MZDELTA\n"            32 32  SHA-256 of the content
///   8  4  version, 1             64 32  SHA-256 of the base; zeros where there is none
///  12  4  bytes of a block       96  4  segments
///  16  8  bytes of the content  100  4  blocks
///  24  8  bytes of the base     104  4  where the first block's grid begins, 0 to 7
///                               108 20  zeros
/// 128  20 for each segment: length (8), place in the base (8), width (1), floating point (1), based (1), zero (1)
///      8 for each block: stored bytes (4), CRC-32C of its content (4)
///      the blocks
/// </code>
/// </summary>
public sealed class DeltaHeader
{
    internal const int FixedBytes = 128;
    internal const int SegmentBytes = 20;
    internal const int IndexBytes = 8;

    /// <summary>Content is coded in blocks of this size, so that a range costs at most two blocks more than itself.</summary>
    public const int DefaultBlockBytes = 1 << 20;

    /// <summary>Smallest and largest size of a block.</summary>
    internal const int MinBlockBytes = 1 << 12, MaxBlockBytes = 4 << 20;

    /// <summary>Most segments: as many as a weight file may have tensors.</summary>
    internal const int MaxSegments = WeightLimits.MaxTensors;

    /// <summary>Most blocks: 4 TiB of content at the default size.</summary>
    internal const int MaxBlocks = 1 << 22;

    const int Version = 1;

    readonly long[] _segmentEnds;

    internal DeltaHeader(byte[] digest, byte[]? baseDigest, long length, long baseLength, int blockBytes, int shift, IReadOnlyList<DeltaSegment> segments)
    {
        // Said in full: an array that is null would become memory that is empty.
        BaseDigest = baseDigest is null ? null : new ReadOnlyMemory<byte>?(baseDigest);
        (Digest, Length, BaseLength, BlockBytes, Shift, Segments) = (digest, length, baseLength, blockBytes, shift, segments);
        _segmentEnds = new long[segments.Count];
        var end = 0L;
        for (var i = 0; i < segments.Count; i++) _segmentEnds[i] = end += segments[i].Length;
        BlockCount = CountBlocks(length, blockBytes, shift);
        BlockLengths = new int[BlockCount];
        BlockSums = new uint[BlockCount];
    }

    /// <summary>SHA-256 of the content.</summary>
    public ReadOnlyMemory<byte> Digest { get; }

    /// <summary>SHA-256 of the base; null where the content is coded by itself.</summary>
    public ReadOnlyMemory<byte>? BaseDigest { get; }

    /// <summary>Bytes of the content.</summary>
    public long Length { get; }

    public long BaseLength { get; }

    public int BlockBytes { get; }

    public int BlockCount { get; }

    public IReadOnlyList<DeltaSegment> Segments { get; }

    /// <summary>Blocks but the first begin at multiples of the block size after this, so that no element lies in two blocks.</summary>
    internal int Shift { get; }

    /// <summary>Bytes that each block takes in the container.</summary>
    internal int[] BlockLengths { get; }

    /// <summary>CRC-32C of each block's content.</summary>
    internal uint[] BlockSums { get; }

    /// <summary>Where the first block begins in the container.</summary>
    internal long BlocksAt => FixedBytes + ((long)Segments.Count * SegmentBytes) + ((long)BlockCount * IndexBytes);

    /// <summary>Bytes of the whole container.</summary>
    public long StoredLength => BlocksAt + BlockLengths.Sum(length => (long)length);

    internal long BlockStart(int block) => block == 0 ? 0 : Shift + ((long)block * BlockBytes);

    internal int BlockLength(int block) => (int)(Math.Min(Length, BlockStart(block + 1)) - BlockStart(block));

    internal int BlockAt(long offset) => (int)Math.Max(0, Math.Min((offset - Shift) / BlockBytes, BlockCount - 1));

    internal long StoredStart(int block)
    {
        var start = BlocksAt;
        for (var i = 0; i < block; i++) start += BlockLengths[i];
        return start;
    }

    /// <summary>The segment that holds this byte, and where it begins.</summary>
    internal (int Index, long Start) SegmentAt(long offset)
    {
        var found = Array.BinarySearch(_segmentEnds, offset);
        // An end that is met exactly belongs to the next one; empty segments are not written.
        var index = found >= 0 ? found + 1 : ~found;
        return (index, index == 0 ? 0 : _segmentEnds[index - 1]);
    }

    internal static int CountBlocks(long length, int blockBytes, int shift) =>
        length == 0 ? 0 : checked((int)(1 + Math.Max(0, (length - shift - 1) / blockBytes)));

    internal byte[] ToBytes()
    {
        var bytes = new byte[BlocksAt];
        "MZDELTA\n"u8.CopyTo(bytes);
        var rest = bytes.AsSpan();
        BinaryPrimitives.WriteInt32LittleEndian(rest[8..], Version);
        BinaryPrimitives.WriteInt32LittleEndian(rest[12..], BlockBytes);
        BinaryPrimitives.WriteInt64LittleEndian(rest[16..], Length);
        BinaryPrimitives.WriteInt64LittleEndian(rest[24..], BaseLength);
        Digest.Span.CopyTo(rest[32..]);
        BaseDigest?.Span.CopyTo(rest[64..]);
        BinaryPrimitives.WriteInt32LittleEndian(rest[96..], Segments.Count);
        BinaryPrimitives.WriteInt32LittleEndian(rest[100..], BlockCount);
        BinaryPrimitives.WriteInt32LittleEndian(rest[104..], Shift);
        rest = rest[FixedBytes..];
        foreach (var segment in Segments)
        {
            BinaryPrimitives.WriteInt64LittleEndian(rest, segment.Length);
            BinaryPrimitives.WriteInt64LittleEndian(rest[8..], segment.BaseOffset);
            (rest[16], rest[17], rest[18]) = ((byte)segment.Width, segment.IsFloat ? (byte)1 : (byte)0, segment.IsBased ? (byte)1 : (byte)0);
            rest = rest[SegmentBytes..];
        }
        for (var i = 0; i < BlockCount; i++, rest = rest[IndexBytes..])
        {
            BinaryPrimitives.WriteInt32LittleEndian(rest, BlockLengths[i]);
            BinaryPrimitives.WriteUInt32LittleEndian(rest[4..], BlockSums[i]);
        }
        return bytes;
    }

    /// <summary>Reads the header of a container. Every count is compared with what there is before memory is taken for it.</summary>
    /// <exception cref="DeltaFormatException">It is no container, or a damaged one.</exception>
    public static async ValueTask<DeltaHeader> ReadAsync(IByteSource container, CancellationToken stop)
    {
        if (container.Length < FixedBytes) throw Bad($"a container has at least {FixedBytes} bytes, this one {container.Length}");
        // One look is enough for all but the largest.
        var first = new byte[Math.Min(container.Length, 16 << 10)];
        await FillAsync(container, 0, first, stop);
        var (segments, blocks) = Counts(first);
        var size = FixedBytes + (segments * SegmentBytes) + (blocks * IndexBytes);
        if (size > container.Length) throw Bad("its tables are longer than it is");
        if (size <= first.Length) return Parse(first, container.Length);
        var all = new byte[size];
        first.CopyTo(all, 0);
        await FillAsync(container, first.Length, all.AsMemory(first.Length), stop);
        return Parse(all, container.Length);
    }

    static async ValueTask FillAsync(IByteSource source, long offset, Memory<byte> buffer, CancellationToken stop)
    {
        for (var done = 0; done < buffer.Length;)
        {
            var read = await source.ReadAsync(offset + done, buffer[done..], stop);
            if (read <= 0) throw Bad("it ends too early");
            done += read;
        }
    }

    static (long Segments, long Blocks) Counts(ReadOnlySpan<byte> bytes)
    {
        if (!bytes.StartsWith("MZDELTA\n"u8)) throw Bad("it does not begin as one");
        if (BinaryPrimitives.ReadInt32LittleEndian(bytes[8..]) is not Version and var version) throw Bad($"its version is {version}; this program knows {Version}");
        long segments = BinaryPrimitives.ReadUInt32LittleEndian(bytes[96..]), blocks = BinaryPrimitives.ReadUInt32LittleEndian(bytes[100..]);
        if (segments > MaxSegments || blocks > MaxBlocks) throw Bad($"it claims {segments} segments and {blocks} blocks");
        return (segments, blocks);
    }

    static DeltaHeader Parse(ReadOnlySpan<byte> bytes, long containerLength)
    {
        var (count, blocks) = Counts(bytes);
        var blockBytes = BinaryPrimitives.ReadInt32LittleEndian(bytes[12..]);
        long length = BinaryPrimitives.ReadInt64LittleEndian(bytes[16..]), baseLength = BinaryPrimitives.ReadInt64LittleEndian(bytes[24..]);
        var shift = BinaryPrimitives.ReadInt32LittleEndian(bytes[104..]);
        if (blockBytes is < MinBlockBytes or > MaxBlockBytes || !int.IsPow2(blockBytes)) throw Bad($"blocks of {blockBytes} bytes are not possible");
        if (length < 0 || baseLength < 0 || shift is < 0 or > 7) throw Bad("its lengths are not possible");
        if (bytes[108..FixedBytes].ContainsAnyExcept((byte)0)) throw Bad("it has bytes where zeros belong");
        if (length / blockBytes > MaxBlocks || CountBlocks(length, blockBytes, shift) != blocks) throw Bad($"{blocks} blocks do not hold {length} bytes");
        var baseDigest = bytes[64..96];
        var hasBase = baseDigest.ContainsAnyExcept((byte)0);
        var segments = new DeltaSegment[count];
        var rest = bytes[FixedBytes..];
        var end = 0L;
        for (var i = 0; i < segments.Length; i++, rest = rest[SegmentBytes..])
        {
            segments[i] = new(BinaryPrimitives.ReadInt64LittleEndian(rest), BinaryPrimitives.ReadInt64LittleEndian(rest[8..]), rest[16], rest[17] == 1, rest[18] == 1);
            Require(segments[i], end, shift, baseLength, hasBase, rest[16..SegmentBytes]);
            if (segments[i].Length > length - end) throw Bad("its segments are longer than its content");
            end += segments[i].Length;
        }
        if (end != length) throw Bad("its segments are shorter than its content");
        var header = new DeltaHeader(bytes[32..64].ToArray(), hasBase ? baseDigest.ToArray() : null, length, baseLength, blockBytes, shift, segments);
        var stored = header.BlocksAt;
        for (var i = 0; i < blocks; i++, rest = rest[IndexBytes..])
        {
            header.BlockLengths[i] = BinaryPrimitives.ReadInt32LittleEndian(rest);
            header.BlockSums[i] = BinaryPrimitives.ReadUInt32LittleEndian(rest[4..]);
            if (header.BlockLengths[i] < 0 || header.BlockLengths[i] > DeltaBlock.MaxStored(header.BlockLength(i))) throw Bad($"block {i} claims {header.BlockLengths[i]} bytes");
            stored += header.BlockLengths[i];
        }
        return stored == containerLength ? header : throw Bad($"its blocks end at {stored}, it has {containerLength} bytes");
    }

    static void Require(DeltaSegment segment, long start, int shift, long baseLength, bool hasBase, ReadOnlySpan<byte> marks)
    {
        if (segment.Length <= 0 || segment.Width is not (1 or 2 or 4 or 8) || segment.Length % segment.Width != 0) throw Bad("a segment's length or width is not possible");
        if (marks[1] > 1 || marks[2] > 1 || marks[3] != 0 || (segment.IsFloat && segment.Width == 1)) throw Bad("a segment's marks are not possible");
        if ((start - shift) % segment.Width != 0) throw Bad("a segment's elements would lie in two blocks");
        if (segment.IsBased ? !hasBase || segment.BaseOffset < 0 || segment.BaseOffset > baseLength - segment.Length : segment.BaseOffset != 0) throw Bad("a segment lies outside the base");
    }

    static DeltaFormatException Bad(string what) => new($"This is no container that can be read: {what}.");
}
