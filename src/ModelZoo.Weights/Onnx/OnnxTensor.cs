using System.Globalization;
using ModelZoo.Weights.Protobuf;

namespace ModelZoo.Weights.Onnx;

/// <summary>Reads the description of one TensorProto; its numbers are located, not read.</summary>
static class OnnxTensor
{
    const WeightFormat Format = WeightFormat.Onnx;

    /// <param name="prefix">Put before the name; says in which subgraph the tensor lies.</param>
    public static async Task<TensorInfo> ReadAsync(ProtobufMessage message, string prefix, CancellationToken stop)
    {
        var shape = new List<long>();
        var external = new Dictionary<string, string>(StringComparer.Ordinal);
        var name = "";
        ulong type = 0;
        var isExternal = false;
        var pieces = 0;
        (int Field, long Start, long Bytes) data = default;
        while (await message.NextAsync(stop))
        {
            switch (message.Field)
            {
                case 1: await message.AddNumbersAsync(shape, WeightLimits.MaxRank, "The shape of a tensor", stop); break;
                case 2: type = message.Number; break;
                case 8: name = await message.ReadTextAsync(WeightLimits.MaxNameBytes, "A tensor name", stop); break;
                case 13: await ReadExternalAsync(message.Enter(), external, stop); break;
                case 14: isExternal = message.Number == 1; break;
                case 4 or 5 or 6 or 7 or 9 or 10 or 11:
                    // Unpacked numbers and texts come as many fields; only one piece has a place.
                    data = (message.Field, message.HasBytes ? message.Start : TensorInfo.Unplaced, data.Bytes + (message.HasBytes ? message.Length : 1));
                    pieces++;
                    break;
            }
        }
        name = prefix + name;
        var dtype = OnnxTypes.Find(type) ?? throw Bad($"Tensor '{name}' has the unknown element type {type}.");
        if (!Shapes.TryGetElementCount(shape, out var count)) throw Bad($"The shape {Shapes.Describe(shape)} of tensor '{name}' is negative or overflows.");
        if (!dtype.HasFixedSize) return new(name, dtype, shape, TensorInfo.Unplaced, data.Bytes);
        // Types below a byte are padded to whole bytes at the end of the tensor.
        var padded = count + (dtype.ElementsPerBlock - count % dtype.ElementsPerBlock) % dtype.ElementsPerBlock;
        if (padded < 0 || !dtype.TryGetByteLength(padded, out var bytes)) throw Bad($"The size of tensor '{name}' overflows.");
        return isExternal ? PlaceOutside(name, dtype, shape, bytes, external) : Place(name, dtype, shape, count, bytes, data, pieces);
    }

    static TensorInfo Place(string name, DType dtype, List<long> shape, long count, long bytes, (int Field, long Start, long Bytes) data, int pieces)
    {
        if (pieces == 0 && count > 0) throw Bad($"Tensor '{name}' of shape {Shapes.Describe(shape)} has no content.");
        var isRaw = data.Field is 9 || (data.Field is 4 && dtype == DType.F32) || (data.Field is 10 && dtype == DType.F64);
        if (isRaw && pieces == 1 && data.Start >= 0)
        {
            if (data.Bytes != bytes) throw Bad($"Tensor '{name}' of shape {Shapes.Describe(shape)} and type {dtype} takes {bytes} bytes, but has {data.Bytes}.");
            return new(name, dtype, shape, data.Start, bytes);
        }
        // Numbers of variable length take at least a byte each; several 4-bit numbers share one.
        var fewest = (count + dtype.ElementsPerBlock - 1) / dtype.ElementsPerBlock;
        if (data.Bytes < fewest) throw Bad($"Tensor '{name}' of shape {Shapes.Describe(shape)} has too little content.");
        return new(name, dtype, shape, TensorInfo.Unplaced, bytes);
    }

    static TensorInfo PlaceOutside(string name, DType dtype, List<long> shape, long bytes, Dictionary<string, string> external)
    {
        if (!external.TryGetValue("location", out var path)) throw Bad($"Tensor '{name}' is stored elsewhere, but the file does not say where.");
        if (!RelativePath.IsSafe(path)) throw Bad($"Tensor '{name}' is stored in '{path}', which is no relative path below the model.");
        var offset = ReadNumber("offset") ?? 0;
        if ((ReadNumber("length") ?? bytes) != bytes)
            throw Bad($"Tensor '{name}' takes {bytes} bytes, but {external["length"]} are stored elsewhere.");
        if (offset > long.MaxValue - bytes) throw Bad($"The offset of tensor '{name}' overflows.");
        return new(name, dtype, shape, TensorInfo.Unplaced, bytes) { ExternalFile = path, ExternalOffset = offset };

        long? ReadNumber(string key)
        {
            if (!external.TryGetValue(key, out var text)) return null;
            return long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
                ? number : throw Bad($"The {key} of tensor '{name}' is '{text}', which is no whole number.");
        }
    }

    static async Task ReadExternalAsync(ProtobufMessage entry, Dictionary<string, string> external, CancellationToken stop)
    {
        var (key, value) = await OnnxHeader.ReadPairAsync(entry, stop);
        if (external.Count > 16 || !external.TryAdd(key, value)) throw Bad($"The place of a tensor says '{key}' twice, or says too much.");
    }

    static WeightFormatException Bad(string message) => new(Format, message);
}
