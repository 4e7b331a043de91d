namespace ModelZoo.Git.Packs;

/// <summary>A canonical Huffman code (RFC 1951, 3.2.2): short codes by one look-up, long ones bit by bit.</summary>
sealed class HuffmanCode
{
    public const int MaxBits = 15;
    const int FastBits = 10;

    /// <summary>By the next ten bits: symbol and length (symbol * 16 + length); 0 where the code is longer.</summary>
    readonly ushort[] _fast = new ushort[1 << FastBits];
    readonly ushort[] _counts = new ushort[MaxBits + 1];
    readonly ushort[] _symbols = new ushort[288];

    /// <param name="lengths">The code length of each symbol; 0 for those that do not occur.</param>
    /// <exception cref="PackFormatException">Lengths that are no code.</exception>
    public void Build(ReadOnlySpan<byte> lengths)
    {
        Array.Clear(_fast);
        Array.Clear(_counts);
        foreach (var length in lengths) _counts[length]++;
        _counts[0] = 0;
        var (left, longest) = (1, 0);
        Span<ushort> offsets = stackalloc ushort[MaxBits + 2];
        Span<int> codes = stackalloc int[MaxBits + 1];
        var code = 0;
        for (var length = 1; length <= MaxBits; length++)
        {
            left = left * 2 - _counts[length];
            if (left < 0) throw new PackFormatException("Compressed data has an over-full Huffman code.");
            if (_counts[length] > 0) longest = length;
            offsets[length + 1] = (ushort)(offsets[length] + _counts[length]);
            codes[length] = code;
            code = (code + _counts[length]) << 1;
        }
        // As zlib: a code with gaps is taken only when it is a single symbol of one bit, or empty where no distance occurs.
        if (left > 0 && longest > 1) throw new PackFormatException("Compressed data has an incomplete Huffman code.");
        for (var symbol = 0; symbol < lengths.Length; symbol++)
        {
            var length = lengths[symbol];
            if (length == 0) continue;
            _symbols[offsets[length]++] = (ushort)symbol;
            var own = codes[length]++;
            if (length > FastBits) continue;
            for (var at = Reverse(own, length); at < 1 << FastBits; at += 1 << length) _fast[at] = (ushort)(symbol << 4 | length);
        }
    }

    /// <summary>The symbol that the lowest bits of <paramref name="bits"/> begin with, and how many bits it takes; -1 when no code fits.</summary>
    public int Find(uint bits, out int length)
    {
        var known = _fast[bits & ((1 << FastBits) - 1)];
        if (known != 0)
        {
            length = known & 15;
            return known >> 4;
        }
        var (code, first, index) = (0, 0, 0);
        for (length = 1; length <= MaxBits; length++)
        {
            code |= (int)(bits & 1);
            bits >>= 1;
            var count = _counts[length];
            if (code - count < first) return _symbols[index + (code - first)];
            index += count;
            first = (first + count) << 1;
            code <<= 1;
        }
        return -1;
    }

    static int Reverse(int code, int length)
    {
        var reversed = 0;
        for (var i = 0; i < length; i++, code >>= 1) reversed = reversed << 1 | (code & 1);
        return reversed;
    }
}
