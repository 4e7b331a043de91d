namespace ModelZoo.Git.Packs;

/// <summary>Applies a delta: a list of "copy this stretch of the base" and "insert these bytes" (gitformat-pack, "Deltified representation").</summary>
public static class PackDelta
{
    /// <summary>The sizes that a delta states for its base and its result.</summary>
    /// <exception cref="PackFormatException">Truncated, or a size that no object has.</exception>
    public static (long BaseBytes, long ResultBytes) ReadSizes(ReadOnlySpan<byte> delta) => (ReadSize(ref delta), ReadSize(ref delta));

    /// <param name="maxBytes">The largest result that is made.</param>
    /// <exception cref="PackFormatException">The delta does not fit the base, reaches outside it, or does not make what it states.</exception>
    public static byte[] Apply(ReadOnlySpan<byte> content, ReadOnlySpan<byte> delta, long maxBytes)
    {
        if (ReadSize(ref delta) != content.Length) throw new PackFormatException("A delta is for a base of another size.");
        var size = ReadSize(ref delta);
        if (size > maxBytes) throw new PackObjectTooLargeException(size, $"A delta makes an object of {size} bytes; at most {maxBytes} are taken.");
        var result = new byte[size];
        var rest = result.AsSpan();
        while (!delta.IsEmpty)
        {
            var code = delta[0];
            delta = delta[1..];
            if (code == 0) throw new PackFormatException("A delta has the reserved instruction 0.");
            if ((code & 0x80) == 0)
            {
                if (delta.Length < code) throw new PackFormatException("A delta ends within an insertion.");
                if (rest.Length < code) throw new PackFormatException("A delta makes more than it states.");
                delta[..code].CopyTo(rest);
                delta = delta[code..];
                rest = rest[code..];
                continue;
            }
            var offset = ReadField(ref delta, code, 4);
            var length = ReadField(ref delta, code >> 4, 3);
            if (length == 0) length = 0x10000;
            if (offset > content.Length || length > content.Length - offset) throw new PackFormatException("A delta copies from outside its base.");
            if (length > rest.Length) throw new PackFormatException("A delta makes more than it states.");
            content.Slice((int)offset, (int)length).CopyTo(rest);
            rest = rest[(int)length..];
        }
        return rest.IsEmpty ? result : throw new PackFormatException("A delta makes less than it states.");
    }

    /// <summary>Little-endian, without the bytes that the instruction's bits leave out.</summary>
    static uint ReadField(ref ReadOnlySpan<byte> delta, int bits, int bytes)
    {
        uint value = 0;
        for (var i = 0; i < bytes; i++)
        {
            if ((bits & (1 << i)) == 0) continue;
            if (delta.IsEmpty) throw new PackFormatException("A delta ends within a copy.");
            value |= (uint)delta[0] << (8 * i);
            delta = delta[1..];
        }
        return value;
    }

    static long ReadSize(ref ReadOnlySpan<byte> delta)
    {
        long size = 0;
        for (var shift = 0; ; shift += 7)
        {
            if (delta.IsEmpty) throw new PackFormatException("A delta ends within its sizes.");
            if (shift > 49) throw new PackFormatException("A delta states a size that no object has.");
            var part = delta[0];
            delta = delta[1..];
            size |= (long)(part & 0x7f) << shift;
            if ((part & 0x80) == 0) return size;
        }
    }
}
