using System.Buffers.Binary;
using System.Numerics;
using System.Text;

namespace ModelZoo.Evaluation.Data.Parquet;

/// <summary>Decodes the values of a page (apache/parquet-format Encodings.md).</summary>
static class ParquetValues
{
    static readonly UTF8Encoding s_utf8 = new(false, throwOnInvalidBytes: true);

    public static object?[] Plain(ReadOnlyMemory<byte> memory, ParquetNode node, int count)
    {
        var bytes = memory.Span;
        var (values, at) = (new object?[count], 0);
        for (var i = 0; i < count; i++)
        {
            if (node.Type == ParquetType.Boolean)
            {
                if (i / 8 >= bytes.Length) throw Broken();
                values[i] = ((bytes[i / 8] >> (i % 8)) & 1) != 0;
                continue;
            }
            var length = node.Type switch { ParquetType.Int32 or ParquetType.Float => 4, ParquetType.Int64 or ParquetType.Double => 8, ParquetType.Int96 => 12, ParquetType.FixedBytes => node.TypeLength, _ => -1 };
            if (length < 0)
            {
                if (bytes.Length - at < 4) throw Broken();
                length = BinaryPrimitives.ReadInt32LittleEndian(bytes[at..]);
                at += 4;
            }
            if (length < 0 || length > bytes.Length - at) throw Broken();
            values[i] = Value(memory.Slice(at, length), node);
            at += length;
        }
        return values;
    }

    static object Value(ReadOnlyMemory<byte> memory, ParquetNode node)
    {
        var bytes = memory.Span;
        return node.Type switch
        {
            ParquetType.Int32 when node.DecimalScale is { } scale => BinaryPrimitives.ReadInt32LittleEndian(bytes) / Math.Pow(10, scale),
            ParquetType.Int64 when node.DecimalScale is { } scale => BinaryPrimitives.ReadInt64LittleEndian(bytes) / Math.Pow(10, scale),
            ParquetType.Int32 => Whole(BinaryPrimitives.ReadInt32LittleEndian(bytes), node),
            ParquetType.Int64 => Whole(BinaryPrimitives.ReadInt64LittleEndian(bytes), node),
            ParquetType.Float => (double)BinaryPrimitives.ReadSingleLittleEndian(bytes),
            ParquetType.Double => BinaryPrimitives.ReadDoubleLittleEndian(bytes),
            // Nanoseconds of the day, and the Julian day: as nanoseconds since 1970.
            ParquetType.Int96 => ((BinaryPrimitives.ReadInt32LittleEndian(bytes[8..]) - 2_440_588L) * 86_400_000_000_000) + BinaryPrimitives.ReadInt64LittleEndian(bytes),
            _ => Bytes(memory, node),
        };
    }

    static long Whole(long value, ParquetNode node) => node is { IsUnsigned: true, Type: ParquetType.Int32 } ? (uint)value : value;

    static object Bytes(ReadOnlyMemory<byte> memory, ParquetNode node)
    {
        if (node.IsText)
        {
            try
            {
                return s_utf8.GetString(memory.Span);
            }
            catch (DecoderFallbackException)
            {
                throw new InvalidDataException($"a text of '{node.Name}' is not valid UTF-8");
            }
        }
        if (node is { IsHalf: true, TypeLength: 2 }) return (double)BinaryPrimitives.ReadHalfLittleEndian(memory.Span);
        if (node.DecimalScale is { } scale) return (double)new BigInteger(memory.Span, isUnsigned: false, isBigEndian: true) / Math.Pow(10, scale);
        return (ReadOnlyMemory<byte>)memory.ToArray();
    }

    /// <summary>Runs of one number, and numbers packed in few bits.</summary>
    /// <returns>How many bytes were read.</returns>
    public static int Hybrid(ReadOnlySpan<byte> bytes, int width, Span<int> into)
    {
        if (width is < 0 or > 32) throw Broken();
        var (at, filled) = (0, 0);
        while (filled < into.Length)
        {
            var head = Unsigned(bytes, ref at);
            if ((head & 1) == 0)
            {
                var count = (int)Math.Min(head >> 1, (ulong)(into.Length - filled));
                if (count == 0) throw Broken();
                var value = 0;
                for (var i = 0; i < (width + 7) / 8; i++) value |= Byte(bytes, at++) << (8 * i);
                into.Slice(filled, count).Fill(value);
                filled += count;
                continue;
            }
            var groups = head >> 1;
            if (groups == 0 || groups > (ulong)(bytes.Length - at)) { if (width > 0 || groups == 0) throw Broken(); }
            var (packed, bit) = ((long)groups * 8, 0L);
            for (var i = 0L; i < packed && filled < into.Length; i++, bit += width) into[filled++] = (int)Bits(bytes, at, bit, width);
            at = checked(at + (int)((long)groups * width));
        }
        return at;
    }

    static ulong Bits(ReadOnlySpan<byte> bytes, int start, long bit, int width)
    {
        var value = 0UL;
        for (var done = 0; done < width;)
        {
            var (index, offset) = (start + (int)((bit + done) >> 3), (int)((bit + done) & 7));
            var take = Math.Min(8 - offset, width - done);
            value |= (ulong)((Byte(bytes, index) >> offset) & ((1 << take) - 1)) << done;
            done += take;
        }
        return value;
    }

    /// <summary>DELTA_BINARY_PACKED.</summary>
    public static long[] Deltas(ReadOnlySpan<byte> bytes, int most, out int read)
    {
        var at = 0;
        var (block, mini, total) = (Unsigned(bytes, ref at), Unsigned(bytes, ref at), Unsigned(bytes, ref at));
        var value = ZigZag(bytes, ref at);
        if (block is 0 or > 1 << 20 || mini == 0 || mini > block || total > (ulong)most) throw Broken();
        var (each, values) = ((int)(block / mini), new long[(int)total]);
        if (total > 0) values[0] = value;
        for (var filled = 1; filled < values.Length;)
        {
            var least = ZigZag(bytes, ref at);
            var widths = at;
            at += (int)mini;
            for (var m = 0; m < (int)mini && filled < values.Length; m++)
            {
                var width = Byte(bytes, widths + m);
                if (width > 64) throw Broken();
                for (var i = 0; i < each && filled < values.Length; i++, filled++)
                    values[filled] = value = unchecked(value + least + (long)Bits(bytes, at, (long)i * width, width));
                at = checked(at + (each * width / 8));
            }
        }
        read = at;
        return values;
    }

    public static object?[] Delta(ReadOnlyMemory<byte> memory, ParquetNode node, int count)
    {
        var values = Deltas(memory.Span, count, out _);
        if (values.Length != count) throw Broken();
        if (node.DecimalScale is { } scale) return Array.ConvertAll(values, value => (object?)(value / Math.Pow(10, scale)));
        return Array.ConvertAll(values, value => (object?)Whole(value, node));
    }

    public static object?[] DeltaLengths(ReadOnlyMemory<byte> memory, ParquetNode node, int count)
    {
        var lengths = Deltas(memory.Span, count, out var at);
        if (lengths.Length != count) throw Broken();
        return Array.ConvertAll(lengths, length => (object?)Value(Next(memory, ref at, length), node));
    }

    public static object?[] DeltaBytes(ReadOnlyMemory<byte> memory, ParquetNode node, int count)
    {
        var prefixes = Deltas(memory.Span, count, out var at);
        var rest = memory[at..];
        var lengths = Deltas(rest.Span, count, out at);
        if (prefixes.Length != count || lengths.Length != count) throw Broken();
        var (values, last) = (new object?[count], Array.Empty<byte>());
        for (var i = 0; i < count; i++)
        {
            if (prefixes[i] < 0 || prefixes[i] > last.Length) throw Broken();
            last = [.. last.AsSpan(0, (int)prefixes[i]), .. Next(rest, ref at, lengths[i]).Span];
            values[i] = Value(last, node);
        }
        return values;
    }

    static ReadOnlyMemory<byte> Next(ReadOnlyMemory<byte> memory, ref int at, long length)
    {
        if (length < 0 || length > memory.Length - at) throw Broken();
        at += (int)length;
        return memory.Slice(at - (int)length, (int)length);
    }

    static int Byte(ReadOnlySpan<byte> bytes, int at) => (uint)at < (uint)bytes.Length ? bytes[at] : throw Broken();

    static long ZigZag(ReadOnlySpan<byte> bytes, ref int at)
    {
        var value = Unsigned(bytes, ref at);
        return (long)(value >> 1) ^ -(long)(value & 1);
    }

    static ulong Unsigned(ReadOnlySpan<byte> bytes, ref int at)
    {
        var value = 0UL;
        for (var shift = 0; shift < 64; shift += 7)
        {
            var next = Byte(bytes, at++);
            value |= (ulong)(next & 127) << shift;
            if (next < 128) return value;
        }
        throw Broken();
    }

    static InvalidDataException Broken() => new("a page is broken");
}
