using System.Runtime.InteropServices;
using System.Text.Json;
using ModelZoo.Weights;

namespace ModelZoo.Tests.Weights;

/// <summary>Compares what is read of 35 checkpoints with what PyTorch itself said about them: names, types, shapes, strides and first values.</summary>
public class PyTorchOracleTests
{
    static readonly Dictionary<string, DType> Types = new()
    {
        ["float32"] = DType.F32, ["float64"] = DType.F64, ["float16"] = DType.F16, ["bfloat16"] = DType.BF16, ["int8"] = DType.I8,
        ["uint8"] = DType.U8, ["int16"] = DType.I16, ["int32"] = DType.I32, ["int64"] = DType.I64, ["bool"] = DType.Bool,
    };

    [Fact]
    public async Task Every_checkpoint_agrees_with_PyTorch()
    {
        var stop = TestContext.Current.CancellationToken;
        var oracle = SharedModels.Require("pytorch-files/expected.json");
        using var expected = JsonDocument.Parse(await File.ReadAllBytesAsync(oracle, stop));
        var tensors = 0;
        foreach (var checkpoint in expected.RootElement.EnumerateObject())
        {
            var path = Path.Combine(Path.GetDirectoryName(oracle)!, checkpoint.Name);
            if (checkpoint.Value.TryGetProperty("error", out _))
            {
                await Assert.ThrowsAsync<WeightFormatException>(() => WeightReader.ReadFileAsync(path, stop));
                continue;
            }
            var file = await WeightReader.ReadFileAsync(path, stop);
            Assert.Equal(checkpoint.Value.GetProperty("container").GetString() == "zip" ? WeightFormat.PyTorchZip : WeightFormat.PyTorchLegacy, file.Format);
            Assert.Empty(file.RefusedGlobals);
            var content = await File.ReadAllBytesAsync(path, stop);
            var seen = Compare(checkpoint.Value.GetProperty("content"), "", checkpoint.Name, file, content);
            Assert.Equal(seen, file.Tensors.Count);
            tensors += seen;
        }
        Assert.Equal(111, tensors);
    }

    static int Compare(JsonElement expected, string path, string checkpoint, WeightFile file, byte[] content)
    {
        if (expected.ValueKind != JsonValueKind.Object)
        {
            var value = file.Metadata[path].ToString();
            var wanted = expected.ValueKind == JsonValueKind.Array ? $"[{string.Join(", ", expected.EnumerateArray())}]" : expected.ToString();
            Assert.Equal(wanted, value, ignoreCase: true);
            return 0;
        }
        if (!expected.TryGetProperty("storage_offset", out _))
            return expected.EnumerateObject().Sum(entry => Compare(entry.Value, path.Length == 0 ? entry.Name : $"{path}.{entry.Name}", checkpoint, file, content));

        var tensor = file.Tensors.Single(t => t.Name == (path.Length == 0 ? "tensor" : path));
        var shape = expected.GetProperty("shape").EnumerateArray().Select(axis => axis.GetInt64()).ToArray();
        var strides = expected.GetProperty("stride").EnumerateArray().Select(step => step.GetInt64()).ToArray();
        Assert.Equal(Types[expected.GetProperty("dtype").GetString()!], tensor.DType);
        Assert.Equal(shape, tensor.Shape);
        if (tensor.Strides is not null) Assert.Equal(strides, tensor.Strides);
        var index = 0;
        foreach (var number in expected.GetProperty("first").EnumerateArray())
        {
            var at = tensor.Offset;
            var rest = index++;
            for (var axis = shape.Length - 1; axis >= 0; rest /= (int)shape[axis], axis--) at += rest % shape[axis] * strides[axis] * tensor.DType.BytesPerBlock;
            Assert.True(Same(number, Number(tensor.DType, content.AsSpan((int)at))), $"{checkpoint} {path} element {index - 1}: {number}");
        }
        return 1;
    }

    static bool Same(JsonElement expected, double actual) => expected.ValueKind switch
    {
        JsonValueKind.True or JsonValueKind.False => expected.GetBoolean() == (actual != 0),
        JsonValueKind.Number => expected.GetDouble() == actual || Math.Abs(expected.GetDouble() - actual) <= 1e-6 * Math.Abs(actual),
        _ => expected.GetString()!.Contains("nan", StringComparison.OrdinalIgnoreCase) ? double.IsNaN(actual)
            : double.IsInfinity(actual) && expected.GetString()!.StartsWith('-') == actual < 0,
    };

    static double Number(DType type, ReadOnlySpan<byte> bytes) => type.Name switch
    {
        "F32" => MemoryMarshal.Read<float>(bytes),
        "F64" => MemoryMarshal.Read<double>(bytes),
        "F16" => (double)MemoryMarshal.Read<Half>(bytes),
        "BF16" => BitConverter.UInt32BitsToSingle((uint)MemoryMarshal.Read<ushort>(bytes) << 16),
        "I8" => (sbyte)bytes[0],
        "I16" => MemoryMarshal.Read<short>(bytes),
        "I32" => MemoryMarshal.Read<int>(bytes),
        "I64" => MemoryMarshal.Read<long>(bytes),
        _ => bytes[0],
    };
}
