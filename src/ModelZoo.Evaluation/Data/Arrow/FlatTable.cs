using System.Buffers.Binary;
using System.Text;

namespace ModelZoo.Evaluation.Data.Arrow;

/// <summary>A table of a FlatBuffers message, in which Arrow describes its columns: fields by number, absent ones have defaults. Source: FlatBuffers' internals page.</summary>
readonly struct FlatTable
{
    readonly ReadOnlyMemory<byte> _bytes;
    readonly int _at, _fields, _fieldBytes;

    FlatTable(ReadOnlyMemory<byte> bytes, long at)
    {
        (_bytes, _at) = (bytes, Place(bytes, at, 4));
        _fields = Place(bytes, (long)_at - BinaryPrimitives.ReadInt32LittleEndian(bytes.Span[_at..]), 4);
        _fieldBytes = BinaryPrimitives.ReadUInt16LittleEndian(bytes.Span[_fields..]);
        Place(bytes, _fields, Math.Max(4, _fieldBytes));
    }

    public static FlatTable Root(ReadOnlyMemory<byte> bytes) => new(bytes, Follow(bytes, 0));

    public long Long(int field, long otherwise = 0) => Find(field, 8) is { } at ? BinaryPrimitives.ReadInt64LittleEndian(_bytes.Span[at..]) : otherwise;

    public int Int(int field, int otherwise = 0) => Find(field, 4) is { } at ? BinaryPrimitives.ReadInt32LittleEndian(_bytes.Span[at..]) : otherwise;

    public int Short(int field, int otherwise = 0) => Find(field, 2) is { } at ? BinaryPrimitives.ReadInt16LittleEndian(_bytes.Span[at..]) : otherwise;

    public int Byte(int field, int otherwise = 0) => Find(field, 1) is { } at ? _bytes.Span[at] : otherwise;

    public string Text(int field)
    {
        if (Find(field, 4) is not { } at) return "";
        var start = Follow(_bytes, at);
        var length = Length(start, 1);
        return Encoding.UTF8.GetString(_bytes.Span.Slice(start + 4, length));
    }

    public FlatTable? Table(int field) => Find(field, 4) is { } at ? new FlatTable(_bytes, Follow(_bytes, at)) : null;

    public IReadOnlyList<FlatTable> Tables(int field)
    {
        if (Find(field, 4) is not { } at) return [];
        var start = Follow(_bytes, at);
        var tables = new FlatTable[Length(start, 4)];
        for (var i = 0; i < tables.Length; i++) tables[i] = new(_bytes, Follow(_bytes, start + 4 + (4 * i)));
        return tables;
    }

    /// <summary>Pairs of 64-bit numbers: lengths and nulls of columns, offsets and lengths of buffers.</summary>
    public (long First, long Second)[] Pairs(int field)
    {
        if (Find(field, 4) is not { } at) return [];
        var start = Follow(_bytes, at);
        var pairs = new (long, long)[Length(start, 16)];
        for (var i = 0; i < pairs.Length; i++)
            pairs[i] = (BinaryPrimitives.ReadInt64LittleEndian(_bytes.Span[(start + 4 + (16 * i))..]), BinaryPrimitives.ReadInt64LittleEndian(_bytes.Span[(start + 12 + (16 * i))..]));
        return pairs;
    }

    int? Find(int field, int size)
    {
        var slot = 4 + (2 * field);
        if (slot + 2 > _fieldBytes) return null;
        var offset = BinaryPrimitives.ReadUInt16LittleEndian(_bytes.Span[(_fields + slot)..]);
        return offset == 0 ? null : Place(_bytes, (long)_at + offset, size);
    }

    int Length(int start, int size)
    {
        Place(_bytes, start, 4);
        var count = BinaryPrimitives.ReadUInt32LittleEndian(_bytes.Span[start..]);
        Place(_bytes, start + 4, count * size);
        return (int)count;
    }

    static int Follow(ReadOnlyMemory<byte> bytes, int at) => Place(bytes, at + (long)BinaryPrimitives.ReadUInt32LittleEndian(bytes.Span[Place(bytes, at, 4)..]), 4);

    static int Place(ReadOnlyMemory<byte> bytes, long at, long size) =>
        at >= 0 && size >= 0 && at <= bytes.Length - size ? (int)at : throw new EvaluationException("The description in the Arrow file points outside itself.");
}
