using System.Buffers.Binary;
using System.Text;
using System.Text.Json.Nodes;
using ModelZoo.Inference.Runtime;

namespace ModelZoo.Inference.Serving;

/// <summary>
/// Tensors as the Open Inference Protocol (KServe's V2) writes them: name, datatype, shape, and data as JSON, flat or nested, or as raw little-endian bytes behind
/// the JSON (the binary extension).
/// </summary>
public static class TensorProtocol
{
    const int MaxRank = 16;

    static readonly Dictionary<string, ElementType> s_types = new(StringComparer.Ordinal)
    {
        ["BOOL"] = ElementType.Bool, ["UINT8"] = ElementType.UInt8, ["UINT16"] = ElementType.UInt16, ["UINT32"] = ElementType.UInt32, ["UINT64"] = ElementType.UInt64, ["INT8"] = ElementType.Int8,
        ["INT16"] = ElementType.Int16, ["INT32"] = ElementType.Int32, ["INT64"] = ElementType.Int64, ["FP16"] = ElementType.Float16, ["BF16"] = ElementType.BFloat16, ["FP32"] = ElementType.Float,
        ["FP64"] = ElementType.Double, ["BYTES"] = ElementType.String,
    };

    public static string? NameOf(ElementType? type) => type is { } known ? s_types.FirstOrDefault(pair => pair.Value == known).Key : null;

    /// <summary>Runs a request's inputs and writes the answer's outputs; bytes of inputs lie in <paramref name="bytes"/> one behind another.</summary>
    public static (JsonArray Outputs, byte[] Bytes) Run(OnnxSession session, JsonObject request, ReadOnlyMemory<byte> bytes, CancellationToken stop)
    {
        var inputs = new List<(string, Tensor)>();
        try
        {
            var at = 0;
            foreach (var node in request["inputs"] as JsonArray ?? throw Bad("\"inputs\" must be a list of tensors."))
            {
                var input = node as JsonObject ?? throw Bad("An input must be an object.");
                inputs.Add((Text(input, "name"), Read(input, bytes, ref at)));
            }
            if (at != bytes.Length) throw Bad($"{bytes.Length - at} bytes behind the JSON belong to no input.");
            var wanted = (request["outputs"] as JsonArray)?.Select(node => node as JsonObject ?? throw Bad("An output must be an object.")).ToList() ?? [];
            var names = wanted.Count > 0 ? wanted.Select(output => Text(output, "name")).ToArray() : [.. session.Outputs.Where(port => port.Type is not null).Select(port => port.Name)];
            var isBinary = Flag(request["parameters"], "binary_data_output");
            using var outputs = session.Run(inputs.ToArray(), names, stop);
            var (list, rest) = (new JsonArray(), new MemoryStream());
            for (var i = 0; i < names.Length; i++)
                list.Add(Write(names[i], outputs[names[i]], wanted.Count > 0 && wanted[i]["parameters"] is JsonObject own && own.ContainsKey("binary_data") ? Flag(own, "binary_data") : isBinary, rest));
            return (list, rest.ToArray());
        }
        finally
        {
            foreach (var (_, tensor) in inputs) tensor.Dispose();
        }
    }

    static bool Flag(JsonNode? parameters, string key) => parameters is JsonObject map && map[key] is JsonValue value && value.TryGetValue(out bool flag) && flag;

    static string Text(JsonObject from, string key) => from[key] is JsonValue value && value.TryGetValue(out string? text) ? text : throw Bad($"\"{key}\" of a tensor must be a text.");

    static Tensor Read(JsonObject input, ReadOnlyMemory<byte> bytes, ref int at)
    {
        var (name, word) = (Text(input, "name"), Text(input, "datatype"));
        if (!s_types.TryGetValue(word, out var type)) throw Bad($"The datatype '{word}' of '{name}' is not known; there are {string.Join(", ", s_types.Keys)}.");
        var shape = (input["shape"] as JsonArray ?? throw Bad($"\"shape\" of '{name}' must be a list.")).Select(node => node is JsonValue value && value.TryGetValue(out long length) && length >= 0 ? length
            : throw Bad($"\"shape\" of '{name}' holds what is no length.")).ToArray();
        if (shape.Length > MaxRank) throw Bad($"'{name}' has {shape.Length} axes; {MaxRank} are the most.");
        var count = 1L;
        foreach (var length in shape) count = length == 0 ? 0 : count > int.MaxValue / length ? throw Bad($"'{name}' has too many elements.") : count * length;
        if (input["parameters"] is JsonObject parameters && parameters["binary_data_size"] is JsonValue size)
        {
            if (!size.TryGetValue(out long length) || length < 0 || length > bytes.Length - at) throw Bad($"\"binary_data_size\" of '{name}' is not in the body.");
            var part = bytes.Slice(at, (int)length);
            at += (int)length;
            return type == ElementType.String ? Tensor.Texts(Texts(part.Span, count, name), shape) : Tensor.Of<byte>(part.ToArray(), type, shape);
        }
        var data = new List<JsonValue>();
        Flatten(input["data"] as JsonArray ?? throw Bad($"'{name}' has neither \"data\" nor \"binary_data_size\"."), data, count, name, 0);
        if (data.Count != count) throw Bad($"'{name}' holds {data.Count} values; its shape has {count}.");
        return Make(type, data, shape, name);
    }

    static void Flatten(JsonArray list, List<JsonValue> into, long most, string name, int depth)
    {
        if (depth > MaxRank) throw Bad($"\"data\" of '{name}' is nested too deeply.");
        foreach (var node in list)
        {
            if (node is JsonArray inner) Flatten(inner, into, most, name, depth + 1);
            else if (into.Count >= most) throw Bad($"'{name}' holds more values than its shape has.");
            else into.Add(node as JsonValue ?? throw Bad($"\"data\" of '{name}' holds what is no value."));
        }
    }

    static Tensor Make(ElementType type, List<JsonValue> data, long[] shape, string name)
    {
        return type switch
        {
            ElementType.Float => Tensor.Of<float>(All(value => (float)Real(value)), shape),
            ElementType.Double => Tensor.Of<double>(All(Real), shape),
            ElementType.Float16 => Tensor.Of<Half>(All(value => (Half)Real(value)), shape),
            ElementType.Bool => Tensor.Of<bool>(All(value => value.TryGetValue(out bool flag) ? flag : Whole(value, 0, 1) != 0), shape),
            ElementType.UInt8 => Tensor.Of<byte>(All(value => (byte)Whole(value, 0, byte.MaxValue)), shape),
            ElementType.UInt16 => Tensor.Of<ushort>(All(value => (ushort)Whole(value, 0, ushort.MaxValue)), shape),
            ElementType.UInt32 => Tensor.Of<uint>(All(value => (uint)Whole(value, 0, uint.MaxValue)), shape),
            ElementType.UInt64 => Tensor.Of<ulong>(All(value => value.TryGetValue(out ulong number) ? number : throw Wrong()), shape),
            ElementType.Int8 => Tensor.Of<sbyte>(All(value => (sbyte)Whole(value, sbyte.MinValue, sbyte.MaxValue)), shape),
            ElementType.Int16 => Tensor.Of<short>(All(value => (short)Whole(value, short.MinValue, short.MaxValue)), shape),
            ElementType.Int32 => Tensor.Of<int>(All(value => (int)Whole(value, int.MinValue, int.MaxValue)), shape),
            ElementType.Int64 => Tensor.Of<long>(All(value => Whole(value, long.MinValue, long.MaxValue)), shape),
            ElementType.String => Tensor.Texts(All(value => value.TryGetValue(out string? text) ? text : throw Wrong()), shape),
            _ => throw Bad($"'{name}' of this datatype is sent as binary data."),
        };

        T[] All<T>(Func<JsonValue, T> read) => [.. data.Select(read)];

        InferenceException Wrong() => Bad($"\"data\" of '{name}' holds a value that is not of its datatype.");

        double Real(JsonValue value) => value.TryGetValue(out double number) ? number : throw Wrong();

        long Whole(JsonValue value, long least, long most) => value.TryGetValue(out long number) && number >= least && number <= most ? number : throw Wrong();
    }

    /// <summary>Texts as bytes: each with its length in front.</summary>
    static string[] Texts(ReadOnlySpan<byte> bytes, long count, string name)
    {
        if (count > bytes.Length / 4) throw Bad($"'{name}' holds fewer texts than its shape has.");
        var texts = new string[count];
        for (var i = 0; i < texts.Length; i++)
        {
            if (bytes.Length < 4 || BinaryPrimitives.ReadUInt32LittleEndian(bytes) is var length && length > bytes.Length - 4) throw Bad($"The texts of '{name}' are cut short.");
            texts[i] = Encoding.UTF8.GetString(bytes.Slice(4, (int)length));
            bytes = bytes[(4 + (int)length)..];
        }
        return bytes.IsEmpty ? texts : throw Bad($"Bytes of '{name}' are left over.");
    }

    static JsonObject Write(string name, Tensor tensor, bool isBinary, MemoryStream rest)
    {
        var json = new JsonObject { ["name"] = name, ["datatype"] = NameOf(tensor.Type) ?? throw new InferenceException(InferenceFault.Model, $"The output '{name}' of {tensor.Type} cannot be sent."), ["shape"] = new JsonArray([.. tensor.Shape.ToArray().Select(length => JsonValue.Create(length))]) };
        if (isBinary || tensor.Type == ElementType.BFloat16)
        {
            var before = rest.Length;
            if (tensor.Type == ElementType.String)
            {
                var head = new byte[4];
                foreach (var text in tensor.ToTexts().Select(Encoding.UTF8.GetBytes))
                {
                    BinaryPrimitives.WriteInt32LittleEndian(head, text.Length);
                    rest.Write(head);
                    rest.Write(text);
                }
            }
            else rest.Write(tensor.Bytes());
            json["parameters"] = new JsonObject { ["binary_data_size"] = rest.Length - before };
            return json;
        }
        json["data"] = tensor.Type switch
        {
            ElementType.String => new JsonArray([.. tensor.ToTexts().Select(text => JsonValue.Create(text))]),
            ElementType.Double => Numbers(tensor.Span<double>().ToArray()),
            ElementType.Float or ElementType.Float16 => Reals(tensor.ToFloats()),
            ElementType.Bool => new JsonArray([.. tensor.Span<bool>().ToArray().Select(flag => JsonValue.Create(flag))]),
            ElementType.UInt64 => Numbers(tensor.Span<ulong>().ToArray()),
            ElementType.UInt32 => Numbers(tensor.Span<uint>().ToArray()),
            ElementType.UInt16 => Numbers(tensor.Span<ushort>().ToArray()),
            ElementType.Int16 => Numbers(tensor.Span<short>().ToArray()),
            ElementType.Int64 => Numbers(tensor.Span<long>().ToArray()),
            ElementType.Int32 => Numbers(tensor.Span<int>().ToArray()),
            ElementType.UInt8 => Numbers(tensor.Span<byte>().ToArray()),
            _ => Numbers(tensor.Span<sbyte>().ToArray()),
        };
        return json;
    }

    /// <summary>JSON has no words for what is no number: null stands for it.</summary>
    static JsonArray Reals(float[] values) => new([.. values.Select(value => float.IsFinite(value) ? JsonValue.Create(value) : null)]);

    static JsonArray Numbers<T>(T[] values) => new([.. values.Select(value => value is double real && !double.IsFinite(real) ? null : (JsonNode?)JsonValue.Create(value))]);

    static InferenceException Bad(string message) => new(InferenceFault.Input, message);
}
