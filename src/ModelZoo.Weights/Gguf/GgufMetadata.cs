using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace ModelZoo.Weights;

/// <summary>Key-value pairs of a GGUF file in the making, typed as they will be stored; a key is given once.</summary>
public sealed class GgufMetadata
{
    // Numbers of the types: enum gguf_type in ggml/include/gguf.h.
    const uint U16Type = 2, U32Type = 4, I32Type = 5, F32Type = 6, FlagType = 7, TextType = 8, ListType = 9;

    readonly HashSet<string> _keys = new(StringComparer.Ordinal);
    readonly ArrayBufferWriter<byte> _content = new();

    public int Count => _keys.Count;

    internal ReadOnlyMemory<byte> Content => _content.WrittenMemory;

    public GgufMetadata Add(string key, string value) => Start(key, TextType).Text(value);

    public GgufMetadata Add(string key, bool value) => Start(key, FlagType).Byte(value ? (byte)1 : (byte)0);

    public GgufMetadata Add(string key, ushort value) => Start(key, U16Type).Byte((byte)value).Byte((byte)(value >> 8));

    public GgufMetadata Add(string key, uint value) => Start(key, U32Type).Number(value);

    public GgufMetadata Add(string key, int value) => Start(key, I32Type).Number((uint)value);

    public GgufMetadata Add(string key, float value) => Start(key, F32Type).Number(BitConverter.SingleToUInt32Bits(value));

    public GgufMetadata Add(string key, IReadOnlyCollection<string> values)
    {
        StartList(key, TextType, values.Count);
        foreach (var value in values) Text(value);
        return this;
    }

    public GgufMetadata Add(string key, IReadOnlyCollection<int> values)
    {
        StartList(key, I32Type, values.Count);
        foreach (var value in values) Number((uint)value);
        return this;
    }

    public GgufMetadata Add(string key, IReadOnlyCollection<float> values)
    {
        StartList(key, F32Type, values.Count);
        foreach (var value in values) Number(BitConverter.SingleToUInt32Bits(value));
        return this;
    }

    GgufMetadata Start(string key, uint type)
    {
        if (!_keys.Add(key)) throw new ArgumentException($"The metadata key '{key}' was added already.", nameof(key));
        return Text(key).Number(type);
    }

    void StartList(string key, uint type, int count) => Start(key, ListType).Number(type).Long((ulong)count);

    GgufMetadata Byte(byte value)
    {
        _content.Write([value]);
        return this;
    }

    GgufMetadata Number(uint value)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        _content.Write(bytes);
        return this;
    }

    GgufMetadata Long(ulong value)
    {
        Span<byte> bytes = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, value);
        _content.Write(bytes);
        return this;
    }

    GgufMetadata Text(string value)
    {
        var bytes = Encoding.UTF8.GetBytes(value);
        Long((ulong)bytes.Length);
        _content.Write(bytes);
        return this;
    }
}
