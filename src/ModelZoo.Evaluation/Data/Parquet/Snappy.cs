namespace ModelZoo.Evaluation.Data.Parquet;

/// <summary>Snappy's block format (google/snappy format_description.txt).</summary>
static class Snappy
{
    public static byte[] Decode(ReadOnlySpan<byte> packed, int size)
    {
        var at = 0;
        if (Length(packed, ref at) != size) throw Broken();
        var (result, end) = (new byte[size], 0);
        while (at < packed.Length)
        {
            var tag = packed[at++];
            if ((tag & 3) == 0)
            {
                var length = tag >> 2;
                if (length >= 60) length = Number(packed, ref at, length - 59);
                length++;
                if (length <= 0 || length > packed.Length - at || length > size - end) throw Broken();
                packed.Slice(at, length).CopyTo(result.AsSpan(end));
                (at, end) = (at + length, end + length);
                continue;
            }
            var (count, back) = (tag & 3) switch
            {
                1 => (((tag >> 2) & 7) + 4, ((tag >> 5) << 8) | Number(packed, ref at, 1)),
                2 => ((tag >> 2) + 1, Number(packed, ref at, 2)),
                _ => ((tag >> 2) + 1, Number(packed, ref at, 4)),
            };
            if (back <= 0 || back > end || count > size - end) throw Broken();
            // A copy may reach into what it writes itself.
            for (var i = 0; i < count; i++, end++) result[end] = result[end - back];
        }
        return end == size ? result : throw Broken();
    }

    static int Number(ReadOnlySpan<byte> packed, ref int at, int bytes)
    {
        if (bytes > packed.Length - at) throw Broken();
        var value = 0;
        for (var i = 0; i < bytes; i++) value |= packed[at++] << (8 * i);
        return value;
    }

    static long Length(ReadOnlySpan<byte> packed, ref int at)
    {
        var value = 0L;
        for (var shift = 0; shift < 35; shift += 7)
        {
            if (at >= packed.Length) throw Broken();
            var next = packed[at++];
            value |= (long)(next & 127) << shift;
            if (next < 128) return value;
        }
        throw Broken();
    }

    static InvalidDataException Broken() => new("a page is not valid Snappy");
}
