namespace ModelZoo.Git.Packs;

/// <summary>
/// Inflates one zlib stream (RFC 1950, 1951) out of many that follow each other, and knows exactly where it ended: a pack does not
/// say how long its compressed objects are, and System.IO.Compression reads ahead and does not tell how far.
/// </summary>
sealed class Inflater(PackInput input)
{
    const int WindowBytes = 32 * 1024;

    static readonly ushort[] s_lengthBase = [3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258];
    static readonly byte[] s_lengthExtra = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0];
    static readonly ushort[] s_distanceBase = [1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145, 8193, 12289, 16385, 24577];
    static readonly byte[] s_distanceExtra = [0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13];
    static readonly byte[] s_order = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

    readonly HuffmanCode _literals = new(), _distances = new(), _lengths = new();
    readonly byte[] _output = new byte[2 * WindowBytes + 512];
    readonly byte[] _codeLengths = new byte[320];
    ulong _hold;
    int _bits, _at, _sent;
    long _total, _expected;
    uint _a, _b;
    Action<ReadOnlySpan<byte>> _sink = null!;

    /// <param name="expected">How many bytes must come out: not one more is made.</param>
    /// <param name="sink">Is given the bytes in stretches, in order.</param>
    /// <exception cref="PackFormatException">Malformed, cut off, of another length, or a wrong checksum.</exception>
    public void Inflate(long expected, Action<ReadOnlySpan<byte>> sink)
    {
        (_hold, _bits, _at, _sent, _total, _expected, _a, _b, _sink) = (0, 0, 0, 0, 0, expected, 1, 0, sink);
        var (method, flags) = (input.Read(), input.Read());
        if ((method & 15) != 8 || method >> 4 > 7 || (method << 8 | flags) % 31 != 0 || (flags & 32) != 0) throw new PackFormatException("Compressed data does not begin with a zlib header.");
        bool last;
        do
        {
            last = Take(1) == 1;
            switch (Take(2))
            {
                case 0: Stored(); break;
                case 1: Fixed(); break;
                case 2: Dynamic(); break;
                default: throw new PackFormatException("Compressed data has a block of an unknown kind.");
            }
        }
        while (!last);
        AlignToByte();
        Send();
        if (_total != _expected) throw new PackFormatException($"An object states {_expected} bytes and has {_total}.");
        uint checksum = 0;
        for (var i = 0; i < 4; i++) checksum = checksum << 8 | input.Read();
        if (checksum != (_b << 16 | _a)) throw new PackFormatException("Compressed data has a wrong checksum.");
    }

    void Stored()
    {
        AlignToByte();
        var length = input.Read() | input.Read() << 8;
        if ((input.Read() | input.Read() << 8) != (~length & 0xffff)) throw new PackFormatException("Compressed data has a stored block of an unsure length.");
        while (length > 0)
        {
            var part = input.ReadSome(Math.Min(length, WindowBytes));
            Room(part.Length);
            part.CopyTo(_output.AsSpan(_at));
            _at += part.Length;
            length -= part.Length;
        }
    }

    void Fixed()
    {
        var lengths = _codeLengths.AsSpan(0, 288);
        lengths[..144].Fill(8);
        lengths[144..256].Fill(9);
        lengths[256..280].Fill(7);
        lengths[280..].Fill(8);
        _literals.Build(lengths);
        _distances.Build(FixedDistances);
        Codes();
    }

    /// <summary>30 and 31 are part of the code and never of the data.</summary>
    static ReadOnlySpan<byte> FixedDistances => [5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5];

    void Dynamic()
    {
        var (literals, distances, lengths) = (Take(5) + 257, Take(5) + 1, Take(4) + 4);
        if (literals > 286 || distances > 30) throw new PackFormatException("Compressed data has too many codes.");
        var codes = _codeLengths.AsSpan();
        codes.Clear();
        for (var i = 0; i < lengths; i++) codes[s_order[i]] = (byte)Take(3);
        _lengths.Build(codes[..19]);
        codes.Clear();
        for (var i = 0; i < literals + distances;)
        {
            var symbol = Symbol(_lengths);
            if (symbol < 16)
            {
                codes[i++] = (byte)symbol;
                continue;
            }
            if (symbol == 16 && i == 0) throw new PackFormatException("Compressed data repeats a code length before the first.");
            var (value, count) = symbol switch { 16 => (codes[i - 1], 3 + Take(2)), 17 => ((byte)0, 3 + Take(3)), _ => ((byte)0, 11 + Take(7)) };
            if (i + count > literals + distances) throw new PackFormatException("Compressed data has too many code lengths.");
            codes.Slice(i, count).Fill(value);
            i += count;
        }
        if (codes[256] == 0) throw new PackFormatException("Compressed data has a block without an end.");
        _literals.Build(codes[..literals]);
        _distances.Build(codes.Slice(literals, distances));
        Codes();
    }

    void Codes()
    {
        while (true)
        {
            var symbol = Symbol(_literals);
            if (symbol < 256)
            {
                Room(1);
                _output[_at++] = (byte)symbol;
                continue;
            }
            if (symbol == 256) return;
            if (symbol > 285) throw new PackFormatException("Compressed data has a length that is none.");
            var length = s_lengthBase[symbol - 257] + Take(s_lengthExtra[symbol - 257]);
            var code = Symbol(_distances);
            if (code > 29) throw new PackFormatException("Compressed data has a distance that is none.");
            var distance = s_distanceBase[code] + Take(s_distanceExtra[code]);
            Room(length);
            if (distance > _at) throw new PackFormatException("Compressed data refers to before its beginning.");
            if (distance >= length) _output.AsSpan(_at - distance, length).CopyTo(_output.AsSpan(_at));
            else for (var i = 0; i < length; i++) _output[_at + i] = _output[_at + i - distance];
            _at += length;
        }
    }

    int Symbol(HuffmanCode code)
    {
        Load(HuffmanCode.MaxBits);
        var symbol = code.Find((uint)_hold, out var length);
        if (symbol < 0 || length > _bits) throw new PackFormatException(symbol < 0 ? "Compressed data has a code that is none." : "The pack is cut off.");
        _hold >>= length;
        _bits -= length;
        return symbol;
    }

    int Take(int count)
    {
        Load(count);
        if (_bits < count) throw new PackFormatException("The pack is cut off.");
        var value = (int)(_hold & ((1UL << count) - 1));
        _hold >>= count;
        _bits -= count;
        return value;
    }

    /// <summary>At the end of the input fewer bits may be there than asked for.</summary>
    void Load(int count)
    {
        while (_bits < count && input.TryRead() is >= 0 and var next)
        {
            _hold |= (ulong)next << _bits;
            _bits += 8;
        }
    }

    void AlignToByte()
    {
        input.GiveBack(_bits / 8);
        (_hold, _bits) = (0, 0);
    }

    /// <summary>Makes room for so many bytes, and refuses them when they are more than was stated.</summary>
    void Room(int count)
    {
        if (_total + (_at - _sent) + count > _expected) throw new PackFormatException($"An object states {_expected} bytes and has more.");
        if (_at + count <= _output.Length) return;
        Send();
        _output.AsSpan(_at - WindowBytes, WindowBytes).CopyTo(_output);
        _at = _sent = WindowBytes;
    }

    void Send()
    {
        var fresh = _output.AsSpan(_sent, _at - _sent);
        _total += fresh.Length;
        _sent = _at;
        Checksum(fresh);
        if (!fresh.IsEmpty) _sink(fresh);
    }

    /// <summary>Adler-32 (RFC 1950, 9); 5552 sums fit into 32 bits before a remainder is due.</summary>
    void Checksum(ReadOnlySpan<byte> bytes)
    {
        var (a, b) = (_a, _b);
        while (!bytes.IsEmpty)
        {
            var part = bytes[..Math.Min(5552, bytes.Length)];
            foreach (var value in part) b += a += value;
            (a, b) = (a % 65521, b % 65521);
            bytes = bytes[part.Length..];
        }
        (_a, _b) = (a, b);
    }
}
