using System.Buffers.Binary;

namespace ModelZoo.Inference.Images.Jpeg;

/// <summary>JPEG (ITU-T T.81): baseline, extended and progressive with Huffman codes, 8 bits, grey or three colours, any sampling.</summary>
ref struct JpegReader
{
    const int MaxScans = 500;

    readonly ReadOnlySpan<byte> _data;
    readonly ushort[]?[] _tables = new ushort[4][];
    readonly JpegHuffman?[] _dc = new JpegHuffman[4];
    readonly JpegHuffman?[] _ac = new JpegHuffman[4];
    JpegComponent[] _components = [];
    int _width, _height, _across, _down, _restart, _scans;
    int _orientation = 1;
    int? _adobe;
    bool _isProgressive;

    JpegReader(ReadOnlySpan<byte> data) => _data = data;

    public static Image Read(ReadOnlySpan<byte> data) => new JpegReader(data).Read();

    Image Read()
    {
        for (var at = 2; at + 1 < _data.Length;)
        {
            if (_data[at] != 0xFF || _data[at + 1] is 0 or 0xFF or (>= 0xD0 and <= 0xD7))
            {
                at++;
                continue;
            }
            var marker = _data[at + 1];
            if (marker == 0xD9) break;
            var length = BinaryPrimitives.ReadUInt16BigEndian(_data[(at + 2)..]);
            var segment = _data.Slice(at + 4, length - 2);
            at += 2 + length;
            switch (marker)
            {
                case 0xC0 or 0xC1 or 0xC2: ReadFrame(segment, marker == 0xC2); break;
                case 0xC4: ReadHuffman(segment); break;
                case >= 0xC3 and <= 0xCF: throw Image.Bad("A lossless, hierarchical or arithmetic-coded JPEG is not read.");
                case 0xDB: ReadQuantisation(segment); break;
                case 0xDD: _restart = BinaryPrimitives.ReadUInt16BigEndian(segment); break;
                case 0xDA: at = ReadScan(segment, at); break;
                case 0xE1: _orientation = FindOrientation(segment) ?? _orientation; break;
                case 0xEE when segment.StartsWith("Adobe"u8) && segment.Length >= 12: _adobe = segment[11]; break;
            }
        }
        return Finish();
    }

    void ReadFrame(ReadOnlySpan<byte> segment, bool isProgressive)
    {
        if (_components.Length > 0) throw Image.Bad("The JPEG has two frames.");
        if (segment[0] != 8) throw Image.Bad($"A JPEG of {segment[0]} bits is not read; 8 are.");
        (_height, _width, _isProgressive) = (BinaryPrimitives.ReadUInt16BigEndian(segment[1..]), BinaryPrimitives.ReadUInt16BigEndian(segment[3..]), isProgressive);
        Image.RequireSize(_width, _height);
        if (segment[5] is not (1 or 3)) throw Image.Bad($"A JPEG of {segment[5]} components is not read; grey and three colours are.");
        _components = new JpegComponent[segment[5]];
        for (var i = 0; i < _components.Length; i++)
        {
            var (id, sampling, table) = (segment[6 + (3 * i)], segment[7 + (3 * i)], segment[8 + (3 * i)]);
            if (sampling >> 4 is 0 or > 4 || (sampling & 15) is 0 or > 4 || table > 3) throw Image.Bad("The sampling of the JPEG is not defined.");
            // A single component has units of one block, whatever it says.
            _components[i] = _components.Length == 1 ? new(id, 1, 1, table) : new(id, sampling >> 4, sampling & 15, table);
        }
        foreach (var component in _components) (_across, _down) = (Math.Max(_across, component.Across), Math.Max(_down, component.Down));
        foreach (var component in _components) component.Allocate(_width, _height, _across, _down);
    }

    void ReadHuffman(ReadOnlySpan<byte> segment)
    {
        while (segment.Length >= 17)
        {
            var count = 0;
            foreach (var codes in segment.Slice(1, 16)) count += codes;
            if ((segment[0] & 15) > 3 || count > 256) throw Image.Bad("A Huffman table of the JPEG is not defined.");
            (segment[0] >> 4 == 0 ? _dc : _ac)[segment[0] & 15] = new(segment.Slice(1, 16), segment.Slice(17, count));
            segment = segment[(17 + count)..];
        }
    }

    void ReadQuantisation(ReadOnlySpan<byte> segment)
    {
        while (segment.Length > 64)
        {
            var (isWide, number) = (segment[0] >> 4 != 0, segment[0] & 15);
            if (number > 3) throw Image.Bad("A quantisation table of the JPEG is not defined.");
            var table = new ushort[64];
            for (var i = 0; i < 64; i++) table[JpegTransform.Natural[i]] = isWide ? BinaryPrimitives.ReadUInt16BigEndian(segment[(1 + (2 * i))..]) : segment[1 + i];
            _tables[number] = table;
            segment = segment[(isWide ? 129 : 65)..];
        }
    }

    int ReadScan(ReadOnlySpan<byte> segment, int at)
    {
        if (_components.Length == 0) throw Image.Bad("The JPEG has a scan before its frame.");
        if (++_scans > MaxScans) throw new InferenceException(InferenceFault.Limit, $"The JPEG has more than {MaxScans} scans.");
        var components = new JpegComponent[segment[0]];
        if (components.Length is 0 or > 3) throw Image.Bad("A scan of the JPEG names no or too many components.");
        for (var i = 0; i < components.Length; i++)
        {
            var (id, tables) = (segment[1 + (2 * i)], segment[2 + (2 * i)]);
            var component = components[i] = Array.Find(_components, component => component.Id == id) ?? throw Image.Bad("A scan of the JPEG names a component that is not there.");
            (component.Dc, component.Ac, component.Prediction) = (_dc[(tables >> 4) & 3], _ac[tables & 3], 0);
        }
        var rest = segment[(1 + (2 * components.Length))..];
        var (first, last, high, low) = _isProgressive ? (rest[0], rest[1], rest[2] >> 4, rest[2] & 15) : (0, 63, 0, 0);
        if (last > 63 || first > last || low > 13 || (first > 0 && components.Length > 1)) throw Image.Bad("The spectral selection of the JPEG is not defined.");
        var scan = new JpegScan(components, first, last, high, low, _isProgressive, _restart);
        return scan.Read(_data, at, (_width + (8 * _across) - 1) / (8 * _across), (_height + (8 * _down) - 1) / (8 * _down));
    }

    readonly Image Finish()
    {
        if (_components.Length == 0 || _scans == 0) throw Image.Bad("The JPEG has no picture.");
        var planes = new byte[_components.Length][];
        for (var i = 0; i < planes.Length; i++)
        {
            var component = _components[i];
            var table = _tables[component.Table] ?? throw Image.Bad("The JPEG lacks a quantisation table.");
            if (_across % component.Across != 0 || _down % component.Down != 0) throw Image.Bad("A JPEG whose samplings do not divide each other is not read.");
            planes[i] = JpegColour.Enlarge(component.ToSamples(table), component.Width, component.Height, _across / component.Across, _down / component.Down, _width, _height);
        }
        if (planes.Length == 1) return new(_width, _height, 1, planes[0]) { Orientation = _orientation };
        return new(_width, _height, 3, JpegColour.ToRgb(planes[0], planes[1], planes[2], isRgb: _adobe == 0)) { Orientation = _orientation };
    }

    /// <summary>Tag 0x0112 of the first directory of an EXIF segment.</summary>
    static int? FindOrientation(ReadOnlySpan<byte> segment)
    {
        if (segment.Length < 14 || !segment.StartsWith("Exif\0\0"u8)) return null;
        var tiff = segment[6..];
        var isLittle = tiff[0] == 'I';
        var at = (int)Math.Min(Long(tiff, 4), int.MaxValue - 16);
        if (at + 2 > tiff.Length) return null;
        var count = Short(tiff, at);
        for (var entry = at + 2; count-- > 0 && entry + 12 <= tiff.Length; entry += 12)
            if (Short(tiff, entry) == 0x0112) return Short(tiff, entry + 8) is >= 1 and <= 8 and var orientation ? orientation : null;
        return null;

        int Short(ReadOnlySpan<byte> bytes, int start) => isLittle ? BinaryPrimitives.ReadUInt16LittleEndian(bytes[start..]) : BinaryPrimitives.ReadUInt16BigEndian(bytes[start..]);
        uint Long(ReadOnlySpan<byte> bytes, int start) => isLittle ? BinaryPrimitives.ReadUInt32LittleEndian(bytes[start..]) : BinaryPrimitives.ReadUInt32BigEndian(bytes[start..]);
    }
}
