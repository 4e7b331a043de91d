namespace ModelZoo.Inference.Images.Jpeg;

/// <summary>A Huffman code (ITU-T T.81, annex C): up to 8 bits are looked up at once, longer ones bit by bit.</summary>
sealed class JpegHuffman
{
    readonly int[] _fast = new int[256];        // length << 8 | symbol; 0: longer
    readonly int[] _last = new int[18];         // largest code of each length; −1: none
    readonly int[] _offset = new int[17];
    readonly byte[] _symbols;

    public JpegHuffman(ReadOnlySpan<byte> counts, ReadOnlySpan<byte> symbols)
    {
        _symbols = symbols.ToArray();
        var (code, next) = (0, 0);
        for (var length = 1; length <= 16; length++)
        {
            _offset[length] = next - code;
            for (var i = 0; i < counts[length - 1]; i++, code++, next++)
            {
                if (code >= 1 << length) throw Image.Bad("A Huffman table of the JPEG has too many codes.");
                if (length <= 8) Array.Fill(_fast, (length << 8) | _symbols[next], code << (8 - length), 1 << (8 - length));
            }
            _last[length] = counts[length - 1] > 0 ? code - 1 : -1;
            code <<= 1;
        }
    }

    public int Read(ref JpegBits bits)
    {
        var fast = _fast[bits.Peek(8)];
        if (fast != 0)
        {
            bits.Skip(fast >> 8);
            return fast & 0xFF;
        }
        var code = bits.Peek(16);
        for (var length = 9; length <= 16; length++)
        {
            var part = code >> (16 - length);
            if (_last[length] < 0 || part > _last[length]) continue;
            bits.Skip(length);
            return _symbols[part + _offset[length]];
        }
        throw Image.Bad("The JPEG has a code that its Huffman table does not have.");
    }
}

/// <summary>Bits of entropy-coded data. At a marker, or the end, zeros follow for ever, as in libjpeg.</summary>
ref struct JpegBits(ReadOnlySpan<byte> data, int start)
{
    readonly ReadOnlySpan<byte> _data = data;
    ulong _bits;
    int _count;

    public int Position { get; private set; } = start;

    /// <summary>How many bits were made up beyond the end.</summary>
    public long Missing { get; private set; }

    void Fill()
    {
        while (_count <= 48)
        {
            uint next = 0;
            if (Position < _data.Length && (_data[Position] != 0xFF || (Position + 1 < _data.Length && _data[Position + 1] == 0)))
            {
                next = _data[Position];
                Position += next == 0xFF ? 2 : 1;
            }
            else Missing += 8;
            _bits = (_bits << 8) | next;
            _count += 8;
        }
    }

    public int Peek(int count)
    {
        if (_count < count) Fill();
        return (int)((_bits >> (_count - count)) & ((1UL << count) - 1));
    }

    public void Skip(int count) => _count -= count;

    public int Read(int count)
    {
        if (count == 0) return 0;
        var value = Peek(count);
        _count -= count;
        return value;
    }

    /// <summary>A number with its sign folded into its leading bit (T.81, EXTEND).</summary>
    public int ReadSigned(int count)
    {
        if (count == 0) return 0;
        var value = Read(count);
        return value < 1 << (count - 1) ? value - (1 << count) + 1 : value;
    }

    /// <summary>Steps over a restart marker.</summary>
    public void Restart()
    {
        (_bits, _count) = (0, 0);
        while (Position + 1 < _data.Length && !(_data[Position] == 0xFF && _data[Position + 1] is >= 0xD0 and <= 0xD7))
        {
            if (_data[Position] == 0xFF && _data[Position + 1] is not (0 or 0xFF)) return;     // another marker: the scan is over
            Position++;
        }
        Position += 2;
    }
}
