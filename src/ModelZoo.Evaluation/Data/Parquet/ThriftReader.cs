using System.Text;

namespace ModelZoo.Evaluation.Data.Parquet;

/// <summary>
/// Reads Thrift's compact protocol, in which Parquet writes its footer and the headers of pages. Whoever reads asks for the fields it knows and skips
/// the others. Source: thrift-compact-protocol.md of Apache Thrift.
/// </summary>
ref struct ThriftReader(ReadOnlySpan<byte> bytes)
{
    const int MaxDepth = 64;

    readonly ReadOnlySpan<byte> _bytes = bytes;
    int _position;

    public readonly int Position => _position;

    /// <summary>The next field of a struct whose last one was <paramref name="id"/>; false at its end.</summary>
    public bool NextField(ref int id, out ThriftType type)
    {
        var head = ReadByte();
        type = (ThriftType)(head & 0x0F);
        if (type == ThriftType.Stop) return false;
        if (type > ThriftType.Uuid) throw new EvaluationException($"A Parquet header has a field of the unknown kind {(int)type}.");
        id = head >> 4 is > 0 and var step ? id + step : (int)ReadInteger();
        return true;
    }

    public int ReadInt() => ReadInteger() is >= int.MinValue and <= int.MaxValue and var value ? (int)value : throw new EvaluationException("A number in a Parquet header does not fit into 32 bits.");

    public long ReadLong() => ReadInteger();

    /// <summary>A length or count that must be sensible for what it counts.</summary>
    public int ReadCount(int most) => ReadInt() is >= 0 and var count && count <= most ? count : throw new EvaluationException($"A Parquet header counts more than {most}, or less than nothing.");

    public string ReadText(int most = 1 << 16)
    {
        var length = ReadVarint();
        if (length > (ulong)Math.Min(most, _bytes.Length - _position)) throw new EvaluationException("A text in a Parquet header is longer than the header.");
        var text = Encoding.UTF8.GetString(_bytes.Slice(_position, (int)length));
        _position += (int)length;
        return text;
    }

    /// <summary>How many elements follow, and of which kind.</summary>
    public int ReadList(out ThriftType type)
    {
        var head = ReadByte();
        type = (ThriftType)(head & 0x0F);
        var count = head >> 4 is < 15 and var few ? (ulong)few : ReadVarint();
        // Each element takes at least one byte, so a list cannot be longer than what is left.
        if (count > (ulong)(_bytes.Length - _position)) throw new EvaluationException("A list in a Parquet header is longer than the header.");
        return (int)count;
    }

    public void Skip(ThriftType type, int depth = 0)
    {
        if (depth > MaxDepth) throw new EvaluationException($"A Parquet header is nested deeper than {MaxDepth}.");
        switch (type)
        {
            case ThriftType.True or ThriftType.False: break;
            case ThriftType.Byte: Move(1); break;
            case ThriftType.Int16 or ThriftType.Int32 or ThriftType.Int64: ReadVarint(); break;
            case ThriftType.Double: Move(8); break;
            case ThriftType.Binary: Move(ReadVarint()); break;
            case ThriftType.Uuid: Move(16); break;
            case ThriftType.List or ThriftType.Set:
                for (var left = ReadList(out var element); left > 0; left--) SkipElement(element, depth);
                break;
            case ThriftType.Map:
                if (ReadVarint() is > 0 and var entries)
                {
                    if (entries > (ulong)(_bytes.Length - _position)) throw new EvaluationException("A map in a Parquet header is longer than the header.");
                    var kinds = ReadByte();
                    for (; entries > 0; entries--)
                    {
                        SkipElement((ThriftType)(kinds >> 4), depth);
                        SkipElement((ThriftType)(kinds & 0x0F), depth);
                    }
                }
                break;
            case ThriftType.Struct:
                for (var id = 0; NextField(ref id, out var field);) Skip(field, depth + 1);
                break;
            default: throw new EvaluationException($"A Parquet header has a field of the unknown kind {(int)type}.");
        }
    }

    /// <summary>Truths in a list take a byte each; as fields they are their own kind.</summary>
    void SkipElement(ThriftType type, int depth)
    {
        if (type is ThriftType.True or ThriftType.False) Move(1);
        else Skip(type, depth + 1);
    }

    long ReadInteger()
    {
        var value = ReadVarint();
        return (long)(value >> 1) ^ -(long)(value & 1);
    }

    ulong ReadVarint()
    {
        ulong value = 0;
        for (var shift = 0; shift < 64; shift += 7)
        {
            var next = ReadByte();
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80) return value;
        }
        throw new EvaluationException("A number in a Parquet header does not end.");
    }

    byte ReadByte() => _position < _bytes.Length ? _bytes[_position++] : throw new EvaluationException("A Parquet header ends too early.");

    void Move(ulong count)
    {
        if (count > (ulong)(_bytes.Length - _position)) throw new EvaluationException("A Parquet header ends too early.");
        _position += (int)count;
    }
}

/// <summary>Kinds of values in the compact protocol.</summary>
enum ThriftType
{
    Stop, True, False, Byte, Int16, Int32, Int64, Double, Binary, List, Set, Map, Struct, Uuid,
}
