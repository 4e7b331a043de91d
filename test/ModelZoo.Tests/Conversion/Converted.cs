using System.Runtime.InteropServices;
using ModelZoo.Tests.Client;
using ModelZoo.Weights;

namespace ModelZoo.Tests.Conversion;

/// <summary>Models on disk, converted through the front door and read back.</summary>
static class Converted
{
    static readonly Dictionary<string, string> s_noMetadata = [];

    public static TensorContent Tensor<T>(string name, DType type, long[] shape, params T[] numbers) where T : struct
    {
        var bytes = MemoryMarshal.AsBytes(numbers.AsSpan()).ToArray();
        return new(name, type, shape, new MemoryByteSource(bytes), 0, bytes.Length);
    }

    public static TensorContent Random(string name, long[] shape, int seed)
    {
        var random = new Random(seed);
        return Tensor(name, DType.F32, shape, Enumerable.Range(0, (int)shape.Aggregate(1L, (a, b) => a * b)).Select(_ => random.NextSingle() * 2 - 1).ToArray());
    }

    public static async Task<string> WriteSafetensorsAsync(TemporaryFolder folder, string name, params TensorContent[] tensors)
    {
        await using var file = File.Create(folder[name]);
        await SafetensorsWriter.WriteAsync(file, tensors, s_noMetadata, TestContext.Current.CancellationToken);
        return folder[name];
    }

    public static Task<ConversionOutcome> RunAsync(string input, string output, ConversionTarget target, DType? type = null, long? shardBytes = null)
    {
        var isFolder = Directory.Exists(input);
        return WeightConverter.ConvertAsync(new FolderFiles(isFolder ? input : Path.GetDirectoryName(input)!), isFolder ? null : Path.GetFileName(input), output,
            new ConversionOptions(target) { Type = type, MaxShardBytes = shardBytes, ModelName = "toy" }, TestContext.Current.CancellationToken);
    }

    public static async Task<WeightFile> ReadAsync(string path)
    {
        using var source = new FileByteSource(path);
        return await WeightReader.ReadHeaderAsync(source, new WeightReadOptions { KeepLongLists = true }, TestContext.Current.CancellationToken);
    }

    /// <summary>Every tensor's bytes, by name.</summary>
    public static async Task<Dictionary<string, byte[]>> ContentAsync(string path)
    {
        var content = await File.ReadAllBytesAsync(path);
        return (await ReadAsync(path)).Tensors.ToDictionary(tensor => tensor.Name, tensor => content[(int)tensor.Offset..(int)(tensor.Offset + tensor.ByteLength)]);
    }

    public static float[] Floats(byte[] bytes) => MemoryMarshal.Cast<byte, float>(bytes).ToArray();

    public static void RequireOnly(TemporaryFolder folder, params string[] names) =>
        Assert.Equal(names.Order(StringComparer.Ordinal), Directory.GetFiles(folder.Path).Select(path => Path.GetFileName(path)!).Order(StringComparer.Ordinal));
}
