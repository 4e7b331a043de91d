namespace ModelZoo.Evaluation.Data.Parquet;

/// <summary>Parquet's hybrid of runs and bit-packed groups, for levels, dictionary indices and booleans.</summary>
static class Levels
{
    /// <summary>Fills <paramref name="values"/>; each number has <paramref name="width"/> bits.</summary>
    public static void Read(ReadOnlySpan<byte> bytes, int width, Span<int> values)
    {
        if (width is < 0 or > 32) throw new EvaluationException($"A Parquet page has numbers of {width} bits.");
        if (width == 0)
        {
            values.Clear();
            return;
        }
        var (position, filled) = (0, 0);
        while (filled < values.Length)
        {
            var head = ReadVarint(bytes, ref position);
            if ((head & 1) == 0)
            {
                var count = (int)Math.Min(head >> 1, (ulong)(values.Length - filled));
                var size = (width + 7) / 8;
                if (count == 0 || position + size > bytes.Length) throw new EvaluationException("A run in a Parquet page is broken.");
                uint value = 0;
                for (var i = 0; i < size; i++) value |= (uint)bytes[position + i] << (8 * i);
                position += size;
                values.Slice(filled, count).Fill((int)value);
                filled += count;
            }
            else
            {
                var groups = head >> 1;
                if (groups == 0 || groups > int.MaxValue / 8 / 32) throw new EvaluationException("A run in a Parquet page is broken.");
                var count = Math.Min((int)groups * 8, values.Length - filled);
                // The last group of a page may be cut short by writers that do not pad.
                var size = Math.Min((int)groups * width, bytes.Length - position);
                if ((long)size * 8 < (long)count * width) throw new EvaluationException("A Parquet page ends in the middle of its numbers.");
                Unpack(bytes.Slice(position, size), width, values.Slice(filled, count));
                position += size;
                filled += count;
            }
        }
    }

    /// <summary>Numbers of <paramref name="width"/> bits, the lowest bit first.</summary>
    public static void Unpack(ReadOnlySpan<byte> bytes, int width, Span<int> values)
    {
        ulong window = 0;
        var (have, next) = (0, 0);
        var mask = width == 32 ? uint.MaxValue : (1u << width) - 1;
        for (var i = 0; i < values.Length; i++)
        {
            while (have < width)
            {
                window |= (ulong)bytes[next++] << have;
                have += 8;
            }
            values[i] = (int)((uint)window & mask);
            window >>= width;
            have -= width;
        }
    }

    public static ulong ReadVarint(ReadOnlySpan<byte> bytes, ref int position)
    {
        ulong value = 0;
        for (var shift = 0; shift < 64; shift += 7)
        {
            if (position >= bytes.Length) break;
            var next = bytes[position++];
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80) return value;
        }
        throw new EvaluationException("A number in a Parquet page does not end.");
    }
}
