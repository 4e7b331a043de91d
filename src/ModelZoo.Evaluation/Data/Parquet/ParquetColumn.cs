using System.IO.Compression;
using System.Numerics;

namespace ModelZoo.Evaluation.Data.Parquet;

/// <summary>A column of one row group, read page by page: at each place a repetition level, a definition level and, where it is defined, a value.</summary>
sealed class ParquetColumn
{
    static readonly string[] s_codecs = ["none", "snappy", "gzip", "lzo", "brotli", "lz4", "zstd", "lz4_raw"];

    readonly Microsoft.Win32.SafeHandles.SafeFileHandle _file;
    readonly ParquetNode _node;
    readonly long _end;
    readonly int _codec;
    readonly DataLimits _limits;
    object?[]? _dictionary;
    long _at, _left;
    int[] _repetitions = [], _definitions = [];
    object?[] _values = [];
    int _place, _value;

    public ParquetColumn(Microsoft.Win32.SafeHandles.SafeFileHandle file, long fileLength, ThriftStruct metadata, ParquetNode node, DataLimits limits)
    {
        (_file, _node, _limits, _codec) = (file, node, limits, metadata.GetInt(4));
        if (_codec is not (0 or 1 or 2 or 4)) throw new InvalidDataException($"the column '{node.Name}' is packed with {(_codec >= 0 && _codec < s_codecs.Length ? s_codecs[_codec] : _codec)}, which is not read; none, snappy, gzip and brotli are");
        var (data, dictionary) = (metadata.Get(9), metadata.Find(11) ?? 0);
        _at = dictionary > 0 && dictionary < data ? dictionary : data;
        (_end, _left) = (_at + metadata.Get(7), metadata.Get(5));
        if (_at < 4 || _end < _at || _end > fileLength || _left < 0) throw ThriftReader.Broken();
    }

    /// <summary>Levels of the next place; a repetition of −1 at the end.</summary>
    public (int Repetition, int Definition) Peek()
    {
        while (_place == _definitions.Length)
        {
            if (_left <= 0) return (-1, -1);
            ReadPage();
        }
        return (_node.MaxRepetition == 0 ? 0 : _repetitions[_place], _definitions[_place]);
    }

    public object? Next()
    {
        var (_, definition) = Peek();
        if (definition < 0) throw new InvalidDataException($"the column '{_node.Name}' ends too early");
        _place++;
        return definition == _node.MaxDefinition ? _values[_value++] : null;
    }

    void ReadPage()
    {
        var head = new byte[(int)Math.Min(1 << 16, _end - _at)];
        if (head.Length == 0 || RandomAccess.Read(_file, head, _at) != head.Length) throw new InvalidDataException($"the column '{_node.Name}' ends too early");
        var reader = new ThriftReader(head);
        var page = reader.ReadStruct();
        _at += reader.Position;
        var (size, packed) = (page.GetInt(2), page.GetInt(3));
        if (packed < 0 || size < 0 || packed > _end - _at || size > _limits.MaxWholeBytes) throw ThriftReader.Broken();
        var bytes = new byte[packed];
        if (RandomAccess.Read(_file, bytes, _at) != packed) throw ThriftReader.Broken();
        _at += packed;
        switch (page.GetInt(1))
        {
            case 0: ReadData(page.FindStruct(5) ?? throw ThriftReader.Broken(), Unpack(bytes, size)); break;
            case 2:
                var dictionary = page.FindStruct(7) ?? throw ThriftReader.Broken();
                var unpacked = Unpack(bytes, size);
                _dictionary = ParquetValues.Plain(unpacked, _node, Count(dictionary.GetInt(1), unpacked.Length * 8));
                break;
            case 3: ReadDataV2(page.FindStruct(8) ?? throw ThriftReader.Broken(), bytes, size); break;
        }
    }

    /// <summary>A claim of more values than the page has bits, or the column has left, is none.</summary>
    static int Count(int count, long most) => count >= 0 && count <= most ? count : throw ThriftReader.Broken();

    void ReadData(ThriftStruct header, ReadOnlyMemory<byte> page)
    {
        var count = Count(header.GetInt(1), _left);
        _left -= count;
        var at = 0;
        _repetitions = Levels(_node.MaxRepetition);
        _definitions = Levels(_node.MaxDefinition);
        ReadValues(header.GetInt(2), page[at..]);

        int[] Levels(int most)
        {
            var levels = new int[count];
            if (most == 0) return levels;
            if (page.Length - at < 4) throw ThriftReader.Broken();
            var length = BitConverter.ToInt32(page.Span.Slice(at, 4));
            if (length < 0 || length > page.Length - at - 4) throw ThriftReader.Broken();
            ParquetValues.Hybrid(page.Span.Slice(at + 4, length), BitOperations.Log2((uint)most) + 1, levels);
            at += 4 + length;
            return levels;
        }
    }

    void ReadDataV2(ThriftStruct header, byte[] page, int size)
    {
        var count = Count(header.GetInt(1), _left);
        _left -= count;
        var (definitionLength, repetitionLength) = (header.GetInt(5), header.GetInt(6));
        if (definitionLength < 0 || repetitionLength < 0 || (long)definitionLength + repetitionLength > page.Length) throw ThriftReader.Broken();
        (_repetitions, _definitions) = (new int[count], new int[count]);
        if (_node.MaxRepetition > 0) ParquetValues.Hybrid(page.AsSpan(0, repetitionLength), BitOperations.Log2((uint)_node.MaxRepetition) + 1, _repetitions);
        if (_node.MaxDefinition > 0) ParquetValues.Hybrid(page.AsSpan(repetitionLength, definitionLength), BitOperations.Log2((uint)_node.MaxDefinition) + 1, _definitions);
        var levels = definitionLength + repetitionLength;
        ReadValues(header.GetInt(4), header.FindBool(7) == false ? page.AsMemory(levels) : Unpack(page.AsMemory(levels), size - levels));
    }

    void ReadValues(int encoding, ReadOnlyMemory<byte> page)
    {
        var count = _definitions.Count(level => level == _node.MaxDefinition);
        (_place, _value) = (0, 0);
        _values = encoding switch
        {
            0 => ParquetValues.Plain(page, _node, Count(count, page.Length * 8L)),
            2 or 8 => FromDictionary(page.Span, count),
            3 when _node.Type == ParquetType.Boolean => Flags(page.Span, count),
            5 => ParquetValues.Delta(page, _node, count),
            6 => ParquetValues.DeltaLengths(page, _node, count),
            7 => ParquetValues.DeltaBytes(page, _node, count),
            _ => throw new InvalidDataException($"the column '{_node.Name}' has the encoding {encoding}, which is not read"),
        };
    }

    object?[] FromDictionary(ReadOnlySpan<byte> page, int count)
    {
        if (count == 0) return [];
        if (_dictionary is null || page.IsEmpty) throw ThriftReader.Broken();
        var indices = new int[count];
        ParquetValues.Hybrid(page[1..], page[0], indices);
        var values = new object?[count];
        for (var i = 0; i < count; i++) values[i] = (uint)indices[i] < (uint)_dictionary.Length ? _dictionary[indices[i]] : throw ThriftReader.Broken();
        return values;
    }

    static object?[] Flags(ReadOnlySpan<byte> page, int count)
    {
        var flags = new int[count];
        if (count > 0) ParquetValues.Hybrid(page.Length > 4 ? page[4..] : throw ThriftReader.Broken(), 1, flags);
        return Array.ConvertAll(flags, flag => (object?)(flag != 0));
    }

    byte[] Unpack(ReadOnlyMemory<byte> packed, int size)
    {
        if (size < 0) throw ThriftReader.Broken();
        if (_codec == 0) return packed.Length == size ? packed.ToArray() : throw ThriftReader.Broken();
        if (_codec == 1) return Snappy.Decode(packed.Span, size);
        var result = new byte[size];
        using var source = new MemoryStream(packed.ToArray());
        using Stream stream = _codec == 2 ? new GZipStream(source, CompressionMode.Decompress) : new BrotliStream(source, CompressionMode.Decompress);
        if (stream.ReadAtLeast(result, size, throwOnEndOfStream: false) != size || stream.ReadByte() >= 0) throw ThriftReader.Broken();
        return result;
    }
}
