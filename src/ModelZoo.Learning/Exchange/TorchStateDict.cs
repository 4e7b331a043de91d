using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using ModelZoo.Weights;

namespace ModelZoo.Learning.Exchange;

/// <summary>
/// Writes a state dictionary as torch.save does: a zip with a pickle of a small fixed set of opcodes and one stored entry for each
/// tensor (torch/serialization.py and torch/_utils.py, 2025; pickle protocol 2).
/// </summary>
static class TorchStateDict
{
    const string Root = "archive";

    /// <summary>torch's classes of storages.</summary>
    static readonly Dictionary<DType, string> s_storages = new()
    {
        [DType.F32] = "FloatStorage", [DType.F64] = "DoubleStorage", [DType.F16] = "HalfStorage", [DType.BF16] = "BFloat16Storage", [DType.I64] = "LongStorage", [DType.I32] = "IntStorage", [DType.I16] = "ShortStorage", [DType.I8] = "CharStorage", [DType.U8] = "ByteStorage", [DType.Bool] = "BoolStorage",
    };

    /// <exception cref="Populations.PopulationException">A tensor is of a type that torch has no storage for.</exception>
    public static async Task WriteAsync(Stream target, IReadOnlyList<TensorContent> tensors, CancellationToken stop)
    {
        if (tensors.FirstOrDefault(tensor => !s_storages.ContainsKey(tensor.DType)) is { } other) throw new Populations.PopulationException($"'{other.Name}' holds {other.DType}, which torch's files have no storage for.");
        using var zip = new ZipArchive(target, ZipArchiveMode.Create, leaveOpen: true);
        await AddAsync(zip, "data.pkl", Pickle(tensors), stop);
        await AddAsync(zip, "byteorder", "little"u8.ToArray(), stop);
        for (var i = 0; i < tensors.Count; i++)
        {
            var bytes = new byte[tensors[i].ByteLength];
            for (var done = 0; done < bytes.Length;)
            {
                var read = await tensors[i].Source.ReadAsync(tensors[i].Offset + done, bytes.AsMemory(done), stop);
                if (read <= 0) throw new InvalidDataException($"The content of '{tensors[i].Name}' ends too early.");
                done += read;
            }
            await AddAsync(zip, $"data/{i}", bytes, stop);
        }
        await AddAsync(zip, "version", "3\n"u8.ToArray(), stop);
    }

    static async Task AddAsync(ZipArchive zip, string name, byte[] content, CancellationToken stop)
    {
        var entry = zip.CreateEntry($"{Root}/{name}", CompressionLevel.NoCompression);
        entry.LastWriteTime = new(1980, 1, 1, 0, 0, 0, TimeSpan.Zero);
        await using var stream = entry.Open();
        await stream.WriteAsync(content, stop);
    }

    static byte[] Pickle(IReadOnlyList<TensorContent> tensors)
    {
        using var pickle = new MemoryStream();
        pickle.Write([0x80, 2]);
        EmptyDictionary(pickle);
        pickle.WriteByte((byte)'(');
        for (var i = 0; i < tensors.Count; i++)
        {
            Text(pickle, tensors[i].Name);
            Global(pickle, "torch._utils", "_rebuild_tensor_v2");
            pickle.Write("(("u8);
            Text(pickle, "storage");
            Global(pickle, "torch", s_storages[tensors[i].DType]);
            Text(pickle, i.ToString(System.Globalization.CultureInfo.InvariantCulture));
            Text(pickle, "cpu");
            var elements = tensors[i].Shape.Aggregate(1L, (product, axis) => product * axis);
            Whole(pickle, elements);
            pickle.Write("tQ"u8);                      // the tuple, and what it names: a storage beside the pickle
            Whole(pickle, 0);
            Tuple(pickle, tensors[i].Shape);
            Tuple(pickle, Strides(tensors[i].Shape));
            pickle.WriteByte(0x89);                     // requires_grad: False
            EmptyDictionary(pickle);
            pickle.Write("tR"u8);
        }
        pickle.Write("u."u8);
        return pickle.ToArray();
    }

    static void EmptyDictionary(MemoryStream pickle)
    {
        Global(pickle, "collections", "OrderedDict");
        pickle.Write(")R"u8);
    }

    static void Global(MemoryStream pickle, string module, string name) => pickle.Write(Encoding.ASCII.GetBytes($"c{module}\n{name}\n"));

    static void Text(MemoryStream pickle, string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        Span<byte> head = [(byte)'X', 0, 0, 0, 0];
        BinaryPrimitives.WriteInt32LittleEndian(head[1..], bytes.Length);
        pickle.Write(head);
        pickle.Write(bytes);
    }

    static void Whole(MemoryStream pickle, long number)
    {
        if (number <= int.MaxValue)
        {
            Span<byte> small = [(byte)'J', 0, 0, 0, 0];
            BinaryPrimitives.WriteInt32LittleEndian(small[1..], (int)number);
            pickle.Write(small);
            return;
        }
        Span<byte> large = [0x8a, 8, 0, 0, 0, 0, 0, 0, 0, 0];
        BinaryPrimitives.WriteInt64LittleEndian(large[2..], number);
        pickle.Write(large);
    }

    static void Tuple(MemoryStream pickle, IReadOnlyList<long> numbers)
    {
        pickle.WriteByte((byte)'(');
        foreach (var number in numbers) Whole(pickle, number);
        pickle.WriteByte((byte)'t');
    }

    static long[] Strides(IReadOnlyList<long> shape)
    {
        var strides = new long[shape.Count];
        for (var (i, step) = (shape.Count - 1, 1L); i >= 0; step *= shape[i--]) strides[i] = step;
        return strides;
    }
}
