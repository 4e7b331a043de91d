using System.Buffers.Binary;
using System.Text;

namespace ModelZoo.Evaluation.Data.Parquet;

/// <summary>A struct of Thrift's compact protocol: values by field number.</summary>
sealed class ThriftStruct(Dictionary<int, object> fields)
{
    public long? Find(int field) => fields.TryGetValue(field, out var value) && value is long number ? number : null;

    public long Get(int field) => Find(field) ?? throw ThriftReader.Broken();

    public int GetInt(int field) => Get(field) is >= int.MinValue and <= int.MaxValue and var number ? (int)number : throw ThriftReader.Broken();

    public bool? FindBool(int field) => fields.TryGetValue(field, out var value) && value is bool flag ? flag : null;

    public string? FindText(int field) => fields.TryGetValue(field, out var value) && value is byte[] bytes ? Encoding.UTF8.GetString(bytes) : null;

    public ThriftStruct? FindStruct(int field) => fields.TryGetValue(field, out var value) ? value as ThriftStruct : null;

    public IReadOnlyList<object> List(int field) => fields.TryGetValue(field, out var value) && value is List<object> list ? list : [];

    public IEnumerable<int> Fields => fields.Keys;
}

/// <summary>
/// Thrift's compact protocol (apache/thrift doc/specs/thrift-compact-protocol.md), as far as Parquet's metadata needs it. Every element takes at least a byte, so
/// what is built stays in proportion to what is read.
/// </summary>
ref struct ThriftReader(ReadOnlySpan<byte> bytes)
{
    const int MaxDepth = 32;

    readonly ReadOnlySpan<byte> _bytes = bytes;

    public int Position { get; private set; }

    public static InvalidDataException Broken() => new("the metadata is broken");

    public ThriftStruct ReadStruct(int depth = 0)
    {
        if (depth > MaxDepth) throw Broken();
        var fields = new Dictionary<int, object>();
        for (var field = 0; ;)
        {
            var head = Byte();
            var type = head & 15;
            if (type == 0) return new(fields);
            var delta = head >> 4;
            field = delta != 0 ? field + delta : (int)ZigZag();
            // The two kinds of bool are their value.
            fields[field] = type switch { 1 => true, 2 => false, _ => Value(type, depth) };
        }
    }

    object Value(int type, int depth)
    {
        switch (type)
        {
            case 1 or 2: return Byte() == 1;
            case 3: return (long)(sbyte)Byte();
            case 4 or 5 or 6: return ZigZag();
            case 7:
                var real = BinaryPrimitives.ReadDoubleLittleEndian(Take(8));
                return real;
            case 8: return Take(checked((int)Unsigned())).ToArray();
            case 9 or 10:
                var head = Byte();
                var count = head >> 4 == 15 ? checked((int)Unsigned()) : head >> 4;
                if (count > _bytes.Length - Position) throw Broken();
                var list = new List<object>(count);
                for (var i = 0; i < count; i++) list.Add(Value(head & 15, depth + 1));
                return list;
            case 12: return ReadStruct(depth + 1);
            default: throw Broken();
        }
    }

    ReadOnlySpan<byte> Take(int count)
    {
        if ((uint)count > (uint)(_bytes.Length - Position)) throw Broken();
        Position += count;
        return _bytes.Slice(Position - count, count);
    }

    byte Byte() => Take(1)[0];

    long ZigZag()
    {
        var value = Unsigned();
        return (long)(value >> 1) ^ -(long)(value & 1);
    }

    ulong Unsigned()
    {
        var (value, shift) = (0UL, 0);
        for (; ; shift += 7)
        {
            if (shift > 63) throw Broken();
            var next = Byte();
            value |= (ulong)(next & 127) << shift;
            if (next < 128) return value;
        }
    }
}
