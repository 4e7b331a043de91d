using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using ModelZoo.Weights;

namespace ModelZoo.Learning.Exchange;

/// <summary>
/// Writes a state dictionary of float32 tensors as torch.save does: a zip with a pickle of a small fixed set of opcodes and one stored entry for each
/// tensor (torch/serialization.py and torch/_utils.py, 2025; pickle protocol 2).
/// </summary>
static class TorchStateDict
{
    const string Root = "archive";

    public static async Task WriteAsync(Stream target, IReadOnlyList<TensorContent> tensors, CancellationToken stop)
    {
        if (tensors.FirstOrDefault(tensor => tensor.DType != DType.F32) is { } other) throw new ArgumentException($"'{other.Name}' holds {other.DType}; only F32 is written.", nameof(tensors));
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
            Global(pickle, "torch", "FloatStorage");
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
