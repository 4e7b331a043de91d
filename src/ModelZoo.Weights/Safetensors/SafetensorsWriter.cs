using System.Buffers.Binary;
using System.Text.Json;
using ModelZoo.Weights.Conversion;
using ModelZoo.Weights.Safetensors;

namespace ModelZoo.Weights;

/// <summary>
/// Writes a safetensors file in one pass: the header, then each tensor's bytes as they come. Tensors are ordered by the size of their type and
/// then by name, and the header is padded to eight bytes, as the reference implementation does, so that content is aligned.
/// </summary>
public static class SafetensorsWriter
{
    public static bool CanWrite(DType type) => SafetensorsTypes.Find(type.Name) is not null;

    /// <exception cref="ArgumentException">Two tensors share a name, or a type has no place in safetensors.</exception>
    /// <exception cref="WeightFormatException">A tensor's content ends before its shape does.</exception>
    public static Task WriteAsync(
        Stream target, IEnumerable<TensorContent> tensors, IReadOnlyDictionary<string, string> metadata, CancellationToken stop) =>
        WriteAsync(target, tensors, metadata, null, stop);

    /// <param name="report">Told of each piece that was read: the tensor's name and the bytes.</param>
    internal static async Task WriteAsync(
        Stream target, IEnumerable<TensorContent> tensors, IReadOnlyDictionary<string, string> metadata, Action<string, long>? report, CancellationToken stop)
    {
        var ordered = tensors.OrderByDescending(tensor => tensor.DType.BytesPerBlock).ThenBy(tensor => tensor.Name, StringComparer.Ordinal).ToList();
        await target.WriteAsync(MakeHeader(ordered, metadata), stop);
        using var copy = new TensorCopy(target, report);
        foreach (var tensor in ordered) await copy.WriteAsync(tensor, stop);
        await copy.FlushAsync();
    }

    static byte[] MakeHeader(List<TensorContent> tensors, IReadOnlyDictionary<string, string> metadata)
    {
        using var json = new MemoryStream();
        json.Write(stackalloc byte[8]);
        using (var writer = new Utf8JsonWriter(json, new JsonWriterOptions { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            writer.WriteStartObject();
            if (metadata.Count > 0)
            {
                writer.WriteStartObject("__metadata__");
                foreach (var (key, value) in metadata.OrderBy(entry => entry.Key, StringComparer.Ordinal)) writer.WriteString(key, value);
                writer.WriteEndObject();
            }
            var names = new HashSet<string>(StringComparer.Ordinal) { "__metadata__" };
            long at = 0;
            foreach (var tensor in tensors)
            {
                if (SafetensorsTypes.Find(tensor.DType.Name) is null) throw new ArgumentException($"safetensors has no type {tensor.DType} (tensor '{tensor.Name}').", nameof(tensors));
                if (!names.Add(tensor.Name)) throw new ArgumentException($"The tensor name '{tensor.Name}' occurs twice or is reserved.", nameof(tensors));
                writer.WriteStartObject(tensor.Name);
                writer.WriteString("dtype", tensor.DType.Name);
                writer.WriteStartArray("shape");
                foreach (var axis in tensor.Shape) writer.WriteNumberValue(axis);
                writer.WriteEndArray();
                writer.WriteStartArray("data_offsets");
                writer.WriteNumberValue(at);
                writer.WriteNumberValue(at = checked(at + tensor.ByteLength));
                writer.WriteEndArray();
                writer.WriteEndObject();
            }
            writer.WriteEndObject();
        }
        while (json.Length % 8 != 0) json.WriteByte((byte)' ');
        var header = json.ToArray();
        BinaryPrimitives.WriteInt64LittleEndian(header, header.Length - 8);
        return header;
    }
}
