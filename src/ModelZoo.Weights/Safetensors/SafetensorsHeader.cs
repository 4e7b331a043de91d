using System.Buffers.Binary;
using System.Text.Json;

namespace ModelZoo.Weights.Safetensors;

/// <summary>
/// An unsigned 64-bit length, that much JSON, then the tensors without gaps. As strict as the reference implementation
/// (safetensors/src/tensor.rs, 2025), and stricter on duplicate names, which the format's description forbids.
/// </summary>
static class SafetensorsHeader
{
    const WeightFormat Format = WeightFormat.Safetensors;
    const int LengthBytes = 8;

    public static async Task<WeightFile> ReadAsync(IByteSource source, CancellationToken stop)
    {
        if (source.Length < LengthBytes) throw Bad($"A safetensors file has at least {LengthBytes} bytes; this one has {source.Length}.");
        var cursor = new SourceCursor(source, Format);
        var length = BinaryPrimitives.ReadUInt64LittleEndian((await cursor.TakeAsync(LengthBytes, stop)).Span);
        if (length > WeightLimits.MaxSafetensorsHeaderBytes)
            throw Bad($"The header claims {length} bytes; at most {WeightLimits.MaxSafetensorsHeaderBytes} are allowed.");
        if ((long)length > cursor.Remaining)
            throw Bad($"The header claims {length} bytes, but only {cursor.Remaining} follow: the file is truncated.");
        var json = await cursor.TakeAsync((int)length, stop);
        return Parse(json.Span, LengthBytes + (long)length, source.Length);
    }

    static WeightFile Parse(ReadOnlySpan<byte> json, long dataOffset, long fileLength)
    {
        if (json is not [(byte)'{', ..]) throw Bad("The header must begin with '{'.");
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = WeightLimits.MaxDepth });
        try
        {
            var (tensors, metadata) = ReadEntries(ref reader, dataOffset);
            if (reader.Read()) throw Bad("Something other than spaces follows the header's JSON.");
            tensors.Sort((left, right) => left.Offset != right.Offset ? left.Offset.CompareTo(right.Offset) : left.ByteLength.CompareTo(right.ByteLength));
            RequireGapless(tensors, dataOffset, fileLength);
            return new(Format, tensors, metadata) { DataOffset = dataOffset };
        }
        catch (JsonException problem)
        {
            throw new WeightFormatException(Format, "The header is not valid JSON (or nested too deeply).", problem);
        }
        catch (InvalidOperationException problem)      // a text with a lone surrogate or invalid UTF-8
        {
            throw new WeightFormatException(Format, "The header holds a text that is not valid Unicode.", problem);
        }
    }

    static (List<TensorInfo>, Dictionary<string, MetadataValue>) ReadEntries(ref Utf8JsonReader reader, long dataOffset)
    {
        var tensors = new List<TensorInfo>();
        var metadata = new Dictionary<string, MetadataValue>(StringComparer.Ordinal);
        var names = new HashSet<string>(StringComparer.Ordinal);
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.GetString()!;
            if (reader.ValueSpan.Length > WeightLimits.MaxNameBytes) throw Bad($"A tensor name has more than {WeightLimits.MaxNameBytes} bytes.");
            if (!names.Add(name)) throw Bad($"The name '{name}' occurs twice.");
            reader.Read();
            if (name == "__metadata__")
            {
                ReadMetadata(ref reader, metadata);
                continue;
            }
            if (tensors.Count == WeightLimits.MaxTensors) throw Bad($"There are more than {WeightLimits.MaxTensors} tensors.");
            tensors.Add(ReadTensor(ref reader, name, dataOffset));
        }
        return (tensors, metadata);
    }

    static void ReadMetadata(ref Utf8JsonReader reader, Dictionary<string, MetadataValue> metadata)
    {
        if (reader.TokenType == JsonTokenType.Null) return;
        if (reader.TokenType != JsonTokenType.StartObject) throw Bad("'__metadata__' must be an object of texts.");
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var key = reader.GetString()!;
            reader.Read();
            if (reader.TokenType != JsonTokenType.String) throw Bad($"The metadata value '{key}' must be a text.");
            if (metadata.Count == WeightLimits.MaxMetadataEntries) throw Bad($"There are more than {WeightLimits.MaxMetadataEntries} metadata entries.");
            if (!metadata.TryAdd(key, new MetadataValue.Text(reader.GetString()!))) throw Bad($"The metadata key '{key}' occurs twice.");
        }
    }

    static TensorInfo ReadTensor(ref Utf8JsonReader reader, string name, long dataOffset)
    {
        if (reader.TokenType != JsonTokenType.StartObject) throw Bad($"The entry of tensor '{name}' must be an object.");
        DType? dtype = null;
        List<long>? shape = null;
        List<long>? offsets = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("dtype"u8)) dtype = ReadDType(ref reader, name, dtype);
            else if (reader.ValueTextEquals("shape"u8)) shape = ReadNumbers(ref reader, name, "shape", WeightLimits.MaxRank, shape);
            else if (reader.ValueTextEquals("data_offsets"u8)) offsets = ReadNumbers(ref reader, name, "data_offsets", 2, offsets);
            else
            {
                reader.Read();
                reader.Skip();
            }
        }
        if (dtype is null || shape is null || offsets is not [var begin, var end])
            throw Bad($"Tensor '{name}' needs a dtype, a shape and two data_offsets.");
        if (end < begin) throw Bad($"Tensor '{name}' ends at {end} before it begins at {begin}.");
        if (!Shapes.TryGetElementCount(shape, out var count)) throw Bad($"The shape {Shapes.Describe(shape)} of tensor '{name}' overflows.");
        if (!dtype.TryGetByteLength(count, out var bytes))
            throw Bad($"Tensor '{name}' of {count} elements does not fill whole bytes as {dtype}, or overflows.");
        if (bytes != end - begin)
            throw Bad($"Tensor '{name}' of shape {Shapes.Describe(shape)} and type {dtype} takes {bytes} bytes, but its offsets span {end - begin}.");
        if (end > long.MaxValue - dataOffset) throw Bad($"The offsets of tensor '{name}' overflow.");
        return new(name, dtype, shape, dataOffset + begin, bytes);
    }

    static DType ReadDType(ref Utf8JsonReader reader, string name, DType? earlier)
    {
        reader.Read();
        if (earlier is not null) throw Bad($"Tensor '{name}' has two dtypes.");
        var text = reader.TokenType == JsonTokenType.String ? reader.GetString()! : throw Bad($"The dtype of tensor '{name}' must be a text.");
        return SafetensorsTypes.Find(text) ?? throw Bad($"Tensor '{name}' has the unknown dtype '{text}'.");
    }

    static List<long> ReadNumbers(ref Utf8JsonReader reader, string name, string field, int limit, List<long>? earlier)
    {
        reader.Read();
        if (earlier is not null) throw Bad($"Tensor '{name}' has two entries '{field}'.");
        if (reader.TokenType != JsonTokenType.StartArray) throw Bad($"'{field}' of tensor '{name}' must be a list.");
        var numbers = new List<long>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (numbers.Count == limit) throw Bad($"'{field}' of tensor '{name}' has more than {limit} numbers.");
            if (reader.TokenType != JsonTokenType.Number || !reader.TryGetInt64(out var number) || number < 0)
                throw Bad($"'{field}' of tensor '{name}' must hold whole numbers from 0 to 2^63-1.");
            numbers.Add(number);
        }
        return numbers;
    }

    /// <summary>Every byte after the header belongs to exactly one tensor: nothing can be hidden in a file.</summary>
    static void RequireGapless(List<TensorInfo> tensors, long dataOffset, long fileLength)
    {
        var expected = dataOffset;
        foreach (var tensor in tensors)
        {
            if (tensor.Offset < expected) throw Bad($"Tensor '{tensor.Name}' overlaps the one before it.");
            if (tensor.Offset > expected) throw Bad($"There is a hole of {tensor.Offset - expected} bytes before tensor '{tensor.Name}'.");
            expected = tensor.Offset + tensor.ByteLength;
        }
        if (expected > fileLength) throw Bad($"The tensors end at {expected}, but the file has {fileLength} bytes: it is truncated.");
        if (expected < fileLength) throw Bad($"{fileLength - expected} bytes after the last tensor belong to no tensor.");
    }

    static WeightFormatException Bad(string message) => new(Format, message);
}
