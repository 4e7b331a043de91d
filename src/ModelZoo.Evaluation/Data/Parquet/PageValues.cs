using System.Buffers.Binary;
using System.Collections;
using System.Runtime.InteropServices;

namespace ModelZoo.Evaluation.Data.Parquet;

/// <summary>Values of one page, decoded: arrays of the physical type, so that nothing is boxed before a row needs it.</summary>
static class PageValues
{
    /// <summary>The <paramref name="count"/> values that are there (not null), as <c>bool[]</c>, <c>int[]</c>, <c>long[]</c>, <c>float[]</c>, <c>double[]</c> or <c>ReadOnlyMemory&lt;byte&gt;[]</c>.</summary>
    public static Array Read(int encoding, ReadOnlyMemory<byte> content, int count, ParquetNode leaf, Array? dictionary) => encoding switch
    {
        0 => Plain(content, count, leaf),
        2 or 8 => Indexed(content.Span, count, dictionary ?? throw new EvaluationException($"The column '{leaf.Name}' refers to a dictionary that the Parquet file does not have.")),
        3 when leaf.Type == PhysicalType.Boolean => RunBooleans(content.Span, count),
        5 when leaf.Type == PhysicalType.Int32 => Array.ConvertAll(Deltas(content.Span, count, out _), value => (int)value),
        5 when leaf.Type == PhysicalType.Int64 => Deltas(content.Span, count, out _),
        6 when leaf.Type == PhysicalType.ByteArray => DeltaLengths(content, count, out _),
        7 when leaf.Type is PhysicalType.ByteArray or PhysicalType.FixedBytes => DeltaStrings(content, count),
        9 => Plain(Unsplit(content.Span, count, SizeOf(leaf)), count, leaf),
        _ => throw new EvaluationException($"The column '{leaf.Name}' of the Parquet file is encoded in a way (number {encoding}) that is not read for {leaf.Type}."),
    };

    static int SizeOf(ParquetNode leaf) => leaf.Type switch
    {
        PhysicalType.Int32 or PhysicalType.Float => 4,
        PhysicalType.Int64 or PhysicalType.Double => 8,
        PhysicalType.Int96 => 12,
        PhysicalType.FixedBytes => leaf.Width,
        _ => throw new EvaluationException($"Values of {leaf.Type} have no fixed size."),
    };

    static Array Plain(ReadOnlyMemory<byte> content, int count, ParquetNode leaf)
    {
        switch (leaf.Type)
        {
            case PhysicalType.Boolean:
                Need(content.Length, (count + 7) / 8);
                var bits = new BitArray(content[..((count + 7) / 8)].ToArray());
                return Enumerable.Range(0, count).Select(i => bits[i]).ToArray();
            case PhysicalType.Int32: return Numbers<int>(content.Span, count);
            case PhysicalType.Int64: return Numbers<long>(content.Span, count);
            case PhysicalType.Float: return Numbers<float>(content.Span, count);
            case PhysicalType.Double: return Numbers<double>(content.Span, count);
            case PhysicalType.ByteArray:
                var texts = new ReadOnlyMemory<byte>[Checked(count, content.Length / 4)];
                var position = 0;
                for (var i = 0; i < count; i++)
                {
                    Need(content.Length - position, 4);
                    var length = BinaryPrimitives.ReadInt32LittleEndian(content.Span[position..]);
                    Need(content.Length - position - 4, length);
                    texts[i] = content.Slice(position + 4, length);
                    position += 4 + length;
                }
                return texts;
            default:
                var size = SizeOf(leaf);
                Need(content.Length, (long)size * count);
                var pieces = new ReadOnlyMemory<byte>[count];
                for (var i = 0; i < count; i++) pieces[i] = content.Slice(i * size, size);
                return pieces;
        }
    }

    static T[] Numbers<T>(ReadOnlySpan<byte> content, int count) where T : unmanaged
    {
        Need(content.Length, (long)Marshal.SizeOf<T>() * count);
        return MemoryMarshal.Cast<byte, T>(content)[..count].ToArray();
    }

    static Array Indexed(ReadOnlySpan<byte> content, int count, Array dictionary)
    {
        var indices = new int[count];
        if (count > 0)
        {
            Need(content.Length, 1);
            Levels.Read(content[1..], content[0], indices);
        }
        foreach (var index in indices)
            if ((uint)index >= (uint)dictionary.Length) throw new EvaluationException("A Parquet page refers to a value that its dictionary does not have.");
        return dictionary switch
        {
            int[] values => Pick(values),
            long[] values => Pick(values),
            float[] values => Pick(values),
            double[] values => Pick(values),
            bool[] values => Pick(values),
            ReadOnlyMemory<byte>[] values => Pick(values),
            _ => throw new InvalidOperationException(),
        };

        T[] Pick<T>(T[] values) => Array.ConvertAll(indices, index => values[index]);
    }

    static bool[] RunBooleans(ReadOnlySpan<byte> content, int count)
    {
        Need(content.Length, 4);
        var numbers = new int[count];
        Levels.Read(content[4..], 1, numbers);
        return Array.ConvertAll(numbers, number => number != 0);
    }

    /// <summary>DELTA_BINARY_PACKED: blocks of a least delta and bit-packed rests. Source: Encodings.md of apache/parquet-format.</summary>
    static long[] Deltas(ReadOnlySpan<byte> content, int count, out int end)
    {
        var position = 0;
        var (block, parts, total) = (Small(content, ref position), Small(content, ref position), Small(content, ref position));
        if (parts == 0 || block == 0 || block % parts != 0 || block / parts % 8 != 0 || total < count) throw new EvaluationException("A Parquet page of differences is broken.");
        var perPart = block / parts;
        var values = new long[count];
        var last = Signed(content, ref position);
        var filled = 0;
        if (count > 0) values[filled++] = last;
        var left = total - 1;
        Span<byte> widths = stackalloc byte[256];
        if (parts > widths.Length) throw new EvaluationException("A Parquet page of differences is broken.");
        while (left > 0)
        {
            var least = Signed(content, ref position);
            Need(content.Length - position, parts);
            content.Slice(position, parts).CopyTo(widths);
            position += parts;
            for (var part = 0; part < parts && left > 0; part++)
            {
                int width = widths[part];
                if (width > 64) throw new EvaluationException("A Parquet page of differences is broken.");
                Need(content.Length - position, (long)perPart * width / 8);
                for (var i = 0; i < perPart && left > 0; i++, left--)
                {
                    last = unchecked(last + least + Bits(content[position..], (long)i * width, width));
                    if (filled < count) values[filled++] = last;
                }
                position += perPart * width / 8;
            }
        }
        end = position;
        return filled == count ? values : throw new EvaluationException("A Parquet page has fewer values than it says.");
    }

    static long Bits(ReadOnlySpan<byte> bytes, long start, int width)
    {
        ulong value = 0;
        for (var got = 0; got < width;)
        {
            var (place, shift) = ((int)((start + got) / 8), (int)((start + got) % 8));
            var take = Math.Min(8 - shift, width - got);
            value |= (ulong)((bytes[place] >> shift) & ((1 << take) - 1)) << got;
            got += take;
        }
        return (long)value;
    }

    static ReadOnlyMemory<byte>[] DeltaLengths(ReadOnlyMemory<byte> content, int count, out int end)
    {
        var lengths = Deltas(content.Span, count, out var position);
        var texts = new ReadOnlyMemory<byte>[count];
        for (var i = 0; i < count; i++)
        {
            Need(content.Length - position, lengths[i]);
            texts[i] = content.Slice(position, (int)lengths[i]);
            position += (int)lengths[i];
        }
        end = position;
        return texts;
    }

    /// <summary>DELTA_BYTE_ARRAY: how much each text shares with the one before, and its rest.</summary>
    static ReadOnlyMemory<byte>[] DeltaStrings(ReadOnlyMemory<byte> content, int count)
    {
        const long MaxTotal = 1L << 30;
        var shared = Deltas(content.Span, count, out var position);
        var rests = DeltaLengths(content[position..], count, out _);
        long total = 0;
        for (var i = 0; i < count; i++)
        {
            if (shared[i] == 0) continue;
            if (i == 0 || shared[i] < 0 || shared[i] > rests[i - 1].Length) throw new EvaluationException("A Parquet page of shared texts is broken.");
            if ((total += shared[i]) > MaxTotal) throw new EvaluationException("The texts of a Parquet page take more than a gigabyte.");
            var text = new byte[(int)shared[i] + rests[i].Length];
            rests[i - 1].Span[..(int)shared[i]].CopyTo(text);
            rests[i].Span.CopyTo(text.AsSpan((int)shared[i]));
            rests[i] = text;
        }
        return rests;
    }

    /// <summary>BYTE_STREAM_SPLIT: all first bytes, then all second bytes …</summary>
    static byte[] Unsplit(ReadOnlySpan<byte> content, int count, int size)
    {
        Need(content.Length, (long)count * size);
        var result = new byte[count * size];
        for (var i = 0; i < count; i++)
            for (var b = 0; b < size; b++) result[(i * size) + b] = content[(b * count) + i];
        return result;
    }

    static int Small(ReadOnlySpan<byte> content, ref int position) =>
        Levels.ReadVarint(content, ref position) is <= 1 << 28 and var value ? (int)value : throw new EvaluationException("A Parquet page of differences is broken.");

    static long Signed(ReadOnlySpan<byte> content, ref int position)
    {
        var value = Levels.ReadVarint(content, ref position);
        return (long)(value >> 1) ^ -(long)(value & 1);
    }

    static int Checked(int count, int most) => count <= most ? count : throw new EvaluationException("A Parquet page has fewer values than it says.");

    static void Need(long have, long want)
    {
        if (want < 0 || have < want) throw new EvaluationException("A Parquet page has fewer values than it says.");
    }
}
