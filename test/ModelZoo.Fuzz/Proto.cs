using System.Text;

namespace ModelZoo.Fuzz;

/// <summary>Writes protobuf messages field by field.</summary>
sealed class Proto
{
    readonly List<byte> _content = [];

    public Proto Number(int field, ulong value) => Varint((ulong)field << 3).Varint(value);

    public Proto Text(int field, string value) => Block(field, Encoding.UTF8.GetBytes(value));

    public Proto Inner(int field, Proto message) => Block(field, message.ToArray());

    public Proto Block(int field, byte[] content)
    {
        Varint((ulong)field << 3 | 2).Varint((ulong)content.Length)._content.AddRange(content);
        return this;
    }

    public Proto Varint(ulong value)
    {
        for (; value >= 0x80; value >>= 7) _content.Add((byte)(value | 0x80));
        _content.Add((byte)value);
        return this;
    }

    public byte[] ToArray() => [.. _content];
}
