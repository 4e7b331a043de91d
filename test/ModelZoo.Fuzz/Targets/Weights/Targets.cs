using System.IO.Compression;
using System.Runtime.InteropServices;
using System.Text;
using ModelZoo.Weights;

namespace ModelZoo.Fuzz.Targets.Weights;

sealed class SafetensorsTarget : WeightTarget
{
    public override string Name => "safetensors";

    protected override IEnumerable<byte[]> Files()
    {
        yield return Tensors.Safetensors();
        yield return Encoding.UTF8.GetBytes("""{"metadata":{"total_size":8},"weight_map":{"a":"model-00001-of-00002.safetensors","b":"model-00002-of-00002.safetensors"}}""");
    }

    /// <summary>The length in front of the header is what every change of it breaks.</summary>
    public override void Mend(byte[] input)
    {
        var end = input.AsSpan().IndexOf("}}"u8);
        if (input.Length > 10 && end > 8) BitConverter.TryWriteBytes(input, (long)(end + 2 - 8));
    }
}

sealed class GgufTarget : WeightTarget
{
    public override string Name => "gguf";

    protected override IEnumerable<byte[]> Files()
    {
        using var file = new MemoryStream();
        var metadata = new GgufMetadata().Add("general.architecture", "llama").Add("llama.block_count", 2u).Add("flag", true).Add("eps", 1e-5f)
            .Add("tokens", ["a", "b", "c"]).Add("types", [1, 2, 3]).Add("scores", [0f, -1f]).Add("split.no", (ushort)0);
        GgufWriter.WriteAsync(file, [Tensors.All[0], Tensors.All[2], Tensors.All[3], new("q", DType.Q80, [2, 32], new MemoryByteSource(new byte[68]), 0, 68)], metadata, CancellationToken.None).GetAwaiter().GetResult();
        yield return file.ToArray();
        yield return [.. "GGUF"u8, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    }
}

sealed class OnnxTarget : WeightTarget
{
    public override string Name => "onnx";

    protected override IEnumerable<byte[]> Files()
    {
        static Proto Tensor(string name, ulong type, ulong axis) => new Proto().Number(1, axis).Number(2, type).Text(8, name);
        static Proto Pair(string key, string value) => new Proto().Text(1, key).Text(2, value);
        var branch = new Proto().Inner(5, Tensor("w", 1, 2).Block(9, new byte[8])).Inner(1, new Proto().Text(4, "Add"));
        var graph = new Proto()
            .Inner(1, new Proto().Text(2, "y").Text(4, "If").Inner(5, new Proto().Text(1, "then_branch").Inner(6, branch)))
            .Inner(5, Tensor("raw", 10, 6).Block(9, new byte[12])).Inner(5, Tensor("floats", 1, 2).Block(4, new byte[8])).Inner(5, Tensor("ints", 7, 4).Block(7, [1, 2, 3, 4]))
            .Inner(5, Tensor("far", 1, 4).Number(14, 1).Inner(13, Pair("location", "a.bin")).Inner(13, Pair("offset", "64")))
            .Inner(11, new Proto().Text(1, "x").Inner(2, new Proto().Inner(1, new Proto().Number(1, 1).Inner(2, new Proto().Inner(1, new Proto().Text(2, "batch"))))));
        yield return new Proto().Number(1, 8).Text(2, "test").Inner(8, new Proto().Number(2, 17)).Inner(14, Pair("k", "v")).Inner(7, graph).ToArray();
    }
}

sealed class NpzTarget : WeightTarget
{
    public override string Name => "npz";

    protected override IEnumerable<byte[]> Files()
    {
        using var file = new MemoryStream();
        NpzWriter.WriteAsync(file, Tensors.All, CancellationToken.None).GetAwaiter().GetResult();
        yield return file.ToArray();
        yield return Tensors.Pack(file.ToArray());
        yield return [0x93, .. "NUMPY"u8, 1, 0, 0x46, 0, .. Encoding.ASCII.GetBytes("{'descr': '<f4', 'fortran_order': True, 'shape': (3, 2), }".PadRight(69) + "\n"), .. new byte[24]];
    }
}

/// <summary>PyTorch's zip archives, with whole pickles inside.</summary>
sealed class TorchTarget : WeightTarget
{
    public override string Name => "torch";

    protected override IEnumerable<byte[]> Files()
    {
        foreach (var level in (CompressionLevel[])[CompressionLevel.NoCompression, CompressionLevel.Optimal])
        {
            using var file = new MemoryStream();
            using (var zip = new ZipArchive(file, ZipArchiveMode.Create, leaveOpen: true))
            {
                foreach (var (name, content) in ((string, byte[])[])[("m/data.pkl", PickleTarget.StateDictionary()), ("m/byteorder", "little"u8.ToArray()), ("m/data/0", new byte[32])])
                {
                    using var entry = zip.CreateEntry(name, level).Open();
                    entry.Write(content);
                }
            }
            yield return file.ToArray();
        }
    }
}

sealed class SavedModelTarget : WeightTarget
{
    public override string Name => "savedmodel";

    protected override IEnumerable<byte[]> Files()
    {
        static Proto Value(string name) => new Proto().Text(1, name).Inner(2, new Proto().Text(1, $"{name}:0").Number(2, 1).Inner(3, new Proto().Inner(2, new Proto().Number(1, 8))));
        var graph = new Proto().Inner(1, new Proto().Text(1, "x").Text(2, "Placeholder"))
            .Inner(2, new Proto().Inner(1, new Proto().Inner(3, new Proto().Text(1, "m").Text(2, "MatMul"))));
        yield return new Proto().Number(1, 1).Inner(2, new Proto().Inner(1, new Proto().Text(4, "serve").Text(5, "2.15.0")).Inner(2, graph)
            .Inner(5, new Proto().Text(1, "serving_default").Inner(2, new Proto().Inner(1, Value("x")).Inner(2, Value("y"))))).ToArray();
    }
}

/// <summary>Small tensors that the other formats are made of.</summary>
static class Tensors
{
    public static TensorContent[] All =>
    [
        Of<float>("a", DType.F32, [2, 3], 1, 2, 3, 4, 5, 6), Of<byte>("bytes", DType.U8, [34], new byte[34]), Of<long>("n", DType.I64, [], 7), Of<Half>("h", DType.F16, [2], (Half)1, (Half)2),
    ];

    public static byte[] Safetensors()
    {
        using var file = new MemoryStream();
        SafetensorsWriter.WriteAsync(file, All, new Dictionary<string, string> { ["format"] = "pt" }, CancellationToken.None).GetAwaiter().GetResult();
        return file.ToArray();
    }

    /// <summary>The same archive, compressed.</summary>
    public static byte[] Pack(byte[] archive)
    {
        using var file = new MemoryStream();
        using (var from = new ZipArchive(new MemoryStream(archive)))
        using (var to = new ZipArchive(file, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach (var entry in from.Entries)
            {
                using var read = entry.Open();
                using var write = to.CreateEntry(entry.FullName, CompressionLevel.Optimal).Open();
                read.CopyTo(write);
            }
        }
        return file.ToArray();
    }

    static TensorContent Of<T>(string name, DType type, long[] shape, params T[] numbers) where T : struct
    {
        var bytes = MemoryMarshal.AsBytes(numbers.AsSpan()).ToArray();
        return new(name, type, shape, new MemoryByteSource(bytes), 0, bytes.Length);
    }
}
