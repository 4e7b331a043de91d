using System.Buffers;
using System.Buffers.Binary;
using System.Numerics;

namespace ModelZoo.Weights.Deltas;

/// <summary>
/// One block: a mark whether some runs equal the base, for those a bit for each based run; then for each group that has elements left how
/// they were changed (one byte) and their planes, from the lowest byte of all elements to the highest.
/// </summary>
static class DeltaBlock
{
    /// <summary>What equals the base is found in pieces of this size.</summary>
    const int GranuleBytes = 1024;

    /// <summary>Most bytes that a block of so much content may take: raw, with all that stands around it.</summary>
    public static int MaxStored(int length) => length + (length / 8) + 2048;

    /// <summary>The runs of a block, in order.</summary>
    public static void ListRuns(DeltaHeader header, int block, List<DeltaRun> runs)
    {
        runs.Clear();
        long start = header.BlockStart(block), end = start + header.BlockLength(block);
        var (index, segmentStart) = header.SegmentAt(start);
        for (var at = start; at < end;)
        {
            var segment = header.Segments[index];
            var segmentEnd = segmentStart + segment.Length;
            var granuleEnd = header.Shift + ((Math.Max(0, at - header.Shift) / GranuleBytes * GranuleBytes) + GranuleBytes);
            var until = Math.Min(Math.Min(segmentEnd, granuleEnd), end);
            runs.Add(new((int)(at - start), (int)(until - at), segment.IsBased ? segment.BaseOffset + (at - segmentStart) : -1, segment.Group));
            at = until;
            if (at == segmentEnd) (index, segmentStart) = (index + 1, segmentEnd);
        }
    }

    /// <summary>Codes a block.</summary>
    /// <param name="content">Its bytes.</param>
    /// <param name="match">The base's bytes, each where its counterpart lies in the content.</param>
    /// <returns>Bytes written to <paramref name="output"/>, which has room for <see cref="MaxStored"/>.</returns>
    public static int Encode(IReadOnlyList<DeltaRun> runs, ReadOnlySpan<byte> content, ReadOnlySpan<byte> match, Span<byte> output)
    {
        var equal = new bool[runs.Count];
        Span<int> sizes = stackalloc int[DeltaSegment.Groups];
        sizes.Clear();
        var (based, same) = (0, 0);
        for (var i = 0; i < runs.Count; i++)
        {
            var run = runs[i];
            if (run.BaseOffset >= 0)
            {
                based++;
                if (equal[i] = content.Slice(run.Offset, run.Length).SequenceEqual(match.Slice(run.Offset, run.Length))) same++;
            }
            if (!equal[i]) sizes[run.Group] += run.Length;
        }
        output[0] = same > 0 ? (byte)1 : (byte)0;
        var at = 1;
        if (same > 0)
        {
            var bits = output.Slice(at, (based + 7) / 8);
            bits.Clear();
            for (int i = 0, bit = 0; i < runs.Count; i++)
                if (runs[i].BaseOffset >= 0 && bit++ is var number && equal[i]) bits[number / 8] |= (byte)(1 << (number % 8));
            at += bits.Length;
        }
        for (var group = 0; group < DeltaSegment.Groups; group++)
            if (sizes[group] > 0) at += EncodeGroup(group, sizes[group], runs, equal, content, match, output[at..]);
        return at;
    }

    static int EncodeGroup(int group, int size, IReadOnlyList<DeltaRun> runs, bool[] equal, ReadOnlySpan<byte> content, ReadOnlySpan<byte> match, Span<byte> output)
    {
        var width = DeltaSegment.WidthOf(group);
        var planes = ArrayPool<byte>.Shared.Rent(size);
        try
        {
            var change = ElementChanges.Choose(group, runs, equal, content, match);
            output[0] = (byte)change;
            var (count, done) = (size / width, 0);
            for (var i = 0; i < runs.Count; i++)
            {
                if (runs[i].Group != group || equal[i]) continue;
                var run = runs[i];
                ElementChanges.Apply(change, width, content.Slice(run.Offset, run.Length), match.Slice(run.Offset, run.Length), planes.AsSpan(0, size), count, done);
                done += run.Length / width;
            }
            var at = 1;
            for (var plane = 0; plane < width; plane++) at += PlaneCode.Encode(planes.AsSpan(plane * count, count), output[at..]);
            return at;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(planes);
        }
    }

    /// <summary>Decodes a block in place.</summary>
    /// <param name="content">Holds the base's bytes, each where its counterpart lies; becomes the content.</param>
    public static void Decode(IReadOnlyList<DeltaRun> runs, ReadOnlySpan<byte> stored, Span<byte> content)
    {
        if (stored.IsEmpty || stored[0] > 1) throw Bad();
        var equal = new bool[runs.Count];
        Span<int> sizes = stackalloc int[DeltaSegment.Groups];
        sizes.Clear();
        var at = 1;
        if (stored[0] == 1)
        {
            var based = 0;
            for (var i = 0; i < runs.Count; i++)
            {
                if (runs[i].BaseOffset < 0) continue;
                if (at + (based / 8) >= stored.Length) throw Bad();
                equal[i] = (stored[at + (based / 8)] & (1 << (based % 8))) != 0;
                based++;
            }
            at += (based + 7) / 8;
        }
        for (var i = 0; i < runs.Count; i++)
            if (!equal[i]) sizes[runs[i].Group] += runs[i].Length;
        for (var group = 0; group < DeltaSegment.Groups; group++)
            if (sizes[group] > 0) at += DecodeGroup(group, sizes[group], runs, equal, stored[Math.Min(at, stored.Length)..], content);
        if (at != stored.Length) throw Bad();
    }

    static int DecodeGroup(int group, int size, IReadOnlyList<DeltaRun> runs, bool[] equal, ReadOnlySpan<byte> stored, Span<byte> content)
    {
        if (stored.IsEmpty) throw Bad();
        var change = (ElementChange)stored[0];
        var width = DeltaSegment.WidthOf(group);
        if (!ElementChanges.IsPossible(change, group)) throw Bad();
        var planes = ArrayPool<byte>.Shared.Rent(size);
        try
        {
            var (count, at) = (size / width, 1);
            for (var plane = 0; plane < width; plane++) at += PlaneCode.Decode(stored[at..], planes.AsSpan(plane * count, count));
            for (int i = 0, done = 0; i < runs.Count; i++)
            {
                if (runs[i].Group != group || equal[i]) continue;
                ElementChanges.Undo(change, width, content.Slice(runs[i].Offset, runs[i].Length), planes.AsSpan(0, size), count, done);
                done += runs[i].Length / width;
            }
            return at;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(planes);
        }
    }

    /// <summary>CRC-32C (Castagnoli), eight bytes at a time.</summary>
    public static uint Sum(ReadOnlySpan<byte> bytes)
    {
        var crc = ~0u;
        for (; bytes.Length >= 8; bytes = bytes[8..]) crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
        foreach (var b in bytes) crc = BitOperations.Crc32C(crc, b);
        return ~crc;
    }

    static DeltaFormatException Bad() => new("A block of the container is damaged.");
}
