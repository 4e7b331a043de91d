using System.Buffers.Binary;
using System.Text;

namespace ModelZoo.Weights.Hdf5;

/// <summary>Reads attributes: texts, numbers and short lists of them. Keras keeps a model's configuration in one.</summary>
sealed class Hdf5Attributes(Hdf5Objects objects)
{
    const int MaxHeapObjects = 65_536;

    public async Task<(string Name, MetadataValue? Value)> ReadAsync(byte[] message, CancellationToken stop)
    {
        var version = message.Length >= 8 ? message[0] : throw Hdf5Objects.Bad("An attribute is too short.");
        if (version is < 1 or > 3) throw Hdf5Objects.Bad($"An attribute is of the unknown version {version}.");
        int nameBytes = BinaryPrimitives.ReadUInt16LittleEndian(message.AsSpan(2)), typeBytes = BinaryPrimitives.ReadUInt16LittleEndian(message.AsSpan(4)),
            spaceBytes = BinaryPrimitives.ReadUInt16LittleEndian(message.AsSpan(6));
        // Version 1 pads each part to eight bytes; version 3 says how the name is encoded.
        var at = version == 3 ? 9 : 8;
        var name = Encoding.UTF8.GetString(Part(nameBytes)).TrimEnd('\0');
        var type = Part(typeBytes).ToArray();
        var space = Part(spaceBytes).ToArray();
        var content = message[Math.Min(at, message.Length)..];
        if (version > 1 && (message[1] & 3) != 0) return (name, null);         // the type or the shape is kept elsewhere
        return (name, await ReadValueAsync(type, Hdf5Types.ReadShape(space), content, stop));

        ReadOnlySpan<byte> Part(int bytes)
        {
            if (bytes > message.Length - at) throw Hdf5Objects.Bad("An attribute crosses its end.");
            var part = message.AsSpan(at, bytes);
            at += version == 1 ? (bytes + 7) / 8 * 8 : bytes;
            return part;
        }
    }

    async Task<MetadataValue?> ReadValueAsync(byte[] type, long[] shape, byte[] content, CancellationToken stop)
    {
        if (!Shapes.TryGetElementCount(shape, out var count)) throw Hdf5Objects.Bad("The shape of an attribute overflows.");
        if (shape.Length == 0) return await ReadElementAsync(type, content, 0, stop);
        var kind = Hdf5Types.Find(type)?.Name ?? "value";
        if (count > WeightLimits.MaxShortList) return new MetadataValue.Series(kind, count, null);
        var items = new List<MetadataValue>();
        for (var i = 0; i < count; i++)
            if (await ReadElementAsync(type, content, i, stop) is { } item) items.Add(item);
        return new MetadataValue.Series(kind, count, items.Count == count ? items : null);
    }

    async Task<MetadataValue?> ReadElementAsync(byte[] type, byte[] content, int index, CancellationToken stop)
    {
        var size = Hdf5Types.GetSize(type);
        var at = (long)size * index;
        if (at + size > content.Length) throw Hdf5Objects.Bad("The content of an attribute crosses its end.");
        var element = content.AsSpan((int)at, size).ToArray();
        if (Hdf5Types.GetClass(type) == Hdf5Types.Text) return new MetadataValue.Text(Encoding.UTF8.GetString(element).TrimEnd('\0'));
        if (Hdf5Types.GetClass(type) == Hdf5Types.Variable)
            return (type[1] & 0x0f) == 1 && size == 16 ? new MetadataValue.Text(await ReadHeapAsync(element, stop)) : null;
        if (Hdf5Types.IsBigEndian(type)) element.AsSpan().Reverse();
        return Hdf5Types.Find(type)?.Name switch
        {
            "I8" => new MetadataValue.Whole((sbyte)element[0]),
            "I16" => new MetadataValue.Whole(BitConverter.ToInt16(element)),
            "I32" => new MetadataValue.Whole(BitConverter.ToInt32(element)),
            "I64" => new MetadataValue.Whole(BitConverter.ToInt64(element)),
            "U8" or "U16" or "U32" or "U64" => new MetadataValue.Whole(Hdf5Objects.ReadNumber(element, 0, size)),
            "F32" => new MetadataValue.Real(BitConverter.ToSingle(element)),
            "F64" => new MetadataValue.Real(BitConverter.ToDouble(element)),
            "BOOL" => new MetadataValue.Flag(element[0] != 0),
            _ => null,
        };
    }

    /// <summary>Texts of varying length lie in a shared heap; the element says which and where (chapter III.E).</summary>
    async Task<string> ReadHeapAsync(byte[] element, CancellationToken stop)
    {
        var length = (long)Hdf5Objects.ReadNumber(element, 0, 4);
        if (length == 0) return "";
        var heap = objects.Place(Hdf5Objects.ReadNumber(element, 4, 8));
        var index = Hdf5Objects.ReadNumber(element, 12, 4);
        var start = await objects.Reader.ReadAsync(heap, 16, stop);
        if (!start.AsSpan().StartsWith("GCOL"u8)) throw Hdf5Objects.Bad("A text points to something that is no heap.");
        var bytes = Hdf5Objects.ReadNumber(start, 8, 8);
        if (bytes > (ulong)(objects.Reader.Length - heap)) throw Hdf5Objects.Bad("A heap ends outside the file.");
        var at = heap + 16;
        for (var i = 0; i < MaxHeapObjects && at + 16 <= heap + (long)bytes; i++)
        {
            var header = await objects.Reader.ReadAsync(at, 16, stop);
            var size = Hdf5Objects.ReadNumber(header, 8, 8);
            if (size > bytes) break;
            if (BinaryPrimitives.ReadUInt16LittleEndian(header) == index)
                return await objects.Reader.ReadTextAsync(at + 16, Math.Min(length, (long)size), WeightLimits.MaxTextBytes, "An attribute", stop);
            at += 16 + ((long)size + 7) / 8 * 8;
        }
        throw Hdf5Objects.Bad("A text is not in the heap it points to.");
    }
}
