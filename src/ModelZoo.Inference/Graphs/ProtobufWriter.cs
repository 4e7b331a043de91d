using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace ModelZoo.Inference.Graphs;

/// <summary>Writes one protobuf message, field by field.</summary>
sealed class ProtobufWriter
{
    readonly ArrayBufferWriter<byte> _bytes = new();

    public ReadOnlySpan<byte> Written => _bytes.WrittenSpan;

    public ProtobufWriter Number(int field, long value)
    {
        Varint((ulong)(field << 3));
        Varint((ulong)value);
        return this;
    }

    public ProtobufWriter Real(int field, float value)
    {
        Varint((ulong)((field << 3) | 5));
        BinaryPrimitives.WriteSingleLittleEndian(_bytes.GetSpan(4), value);
        _bytes.Advance(4);
        return this;
    }

    public ProtobufWriter Bytes(int field, ReadOnlySpan<byte> value)
    {
        Varint((ulong)((field << 3) | 2));
        Varint((ulong)value.Length);
        _bytes.Write(value);
        return this;
    }

    public ProtobufWriter Text(int field, string value) => Bytes(field, Encoding.UTF8.GetBytes(value));

    public ProtobufWriter Message(int field, ProtobufWriter message) => Bytes(field, message.Written);

    /// <summary>Fields that were written elsewhere.</summary>
    public ProtobufWriter Append(ProtobufWriter fields)
    {
        _bytes.Write(fields.Written);
        return this;
    }

    void Varint(ulong value)
    {
        var into = _bytes.GetSpan(10);
        var length = 0;
        for (; value >= 0x80; value >>= 7) into[length++] = (byte)(value | 0x80);
        into[length++] = (byte)value;
        _bytes.Advance(length);
    }
}
