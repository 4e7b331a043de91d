using System.IO.Compression;
using System.Text;

namespace ModelZoo.Tests.Weights;

/// <summary>Writes pickles opcode by opcode, and the two containers PyTorch puts them in.</summary>
static class TorchFiles
{
    static readonly byte[] Magic = [0x80, 2, 0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, (byte)'.'];

    public static Bytes Pickle(int protocol = 2) => new Bytes().Raw(0x80, (byte)protocol);

    public static Bytes Text(this Bytes to, string text) => to.Ascii("X").U32((uint)Encoding.UTF8.GetByteCount(text)).Ascii(text);

    public static Bytes Global(this Bytes to, string module, string name) => to.Ascii($"c{module}\n{name}\n");

    public static Bytes Int(this Bytes to, int value) => to.Ascii("J").U32((uint)value);

    public static Bytes Tuple(this Bytes to, params int[] values)
    {
        to.Ascii("(");
        foreach (var value in values) to.Int(value);
        return to.Ascii("t");
    }

    /// <summary>A tensor of a storage, the way _rebuild_tensor_v2 is called.</summary>
    public static Bytes Tensor(this Bytes to, string storageClass, string key, int elements, int offset, int[] shape, int[] strides, bool legacy = false)
    {
        to.Global("torch._utils", "_rebuild_tensor_v2").Ascii("((").Text("storage").Global("torch", storageClass).Text(key).Text("cpu").Int(elements);
        if (legacy) to.Ascii("N");
        return to.Ascii("tQ").Int(offset).Tuple(shape).Tuple(strides).Raw(0x89).Global("collections", "OrderedDict").Ascii(")RtR");
    }

    /// <summary>{"w": 2×3 of the storage's element 1 on, "t": the same transposed, "step": 7}.</summary>
    public static Bytes Sample(bool legacy = false) => Pickle().Ascii("}(")
        .Text("w").Tensor("FloatStorage", "0", 8, 1, [2, 3], [3, 1], legacy)
        .Text("t").Tensor("FloatStorage", "0", 8, 1, [3, 2], [1, 3], legacy)
        .Text("step").Int(7).Ascii("u.");

    public static byte[] Zip(Bytes pickle, bool compress = false, params (string Name, byte[] Content)[] more)
    {
        using var file = new MemoryStream();
        using (var zip = new ZipArchive(file, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach (var (name, content) in ((string, byte[])[])[("m/data.pkl", pickle.ToArray()), .. more])
            {
                using var entry = zip.CreateEntry(name, compress ? CompressionLevel.Optimal : CompressionLevel.NoCompression).Open();
                entry.Write(content);
            }
        }
        return file.ToArray();
    }

    public static byte[] Legacy(Bytes pickle, params (string Key, byte[] Content, ulong Count)[] storages)
    {
        var file = new Bytes().Raw(Magic).Raw(0x80, 2, (byte)'M', 0xe9, 0x03, (byte)'.').Raw(0x80, 2, (byte)'}').Text("little_endian").Raw(0x88).Ascii("s.");
        file.Raw(pickle.ToArray()).Raw(0x80, 2, (byte)']', (byte)'(');
        foreach (var (key, _, _) in storages) file.Text(key);
        file.Ascii("e.");
        foreach (var (_, content, count) in storages) file.U64(count).Raw(content);
        return file.ToArray();
    }
}
