using System.IO.Compression;
using System.Text;

namespace ModelZoo.Hub.Tests.Populations;

/// <summary>Archives of images as NumPy writes them.</summary>
static class ImageFiles
{
    /// <summary>Ten classes: a bright row and column each, and some noise. Packed, as numpy.savez_compressed does.</summary>
    public static byte[] Archive(int side, params (string Split, int Count)[] splits)
    {
        using var file = new MemoryStream();
        using (var zip = new ZipArchive(file, ZipArchiveMode.Create, leaveOpen: true))
            foreach (var (split, count) in splits)
            {
                var random = new Random(split.Length);
                var (pixels, labels) = (new byte[count * side * side], new byte[count * 8]);
                for (var i = 0; i < count; i++)
                {
                    labels[i * 8] = (byte)(i % 10);
                    for (var at = 0; at < side * side; at++)
                        pixels[i * side * side + at] = (byte)(at / side == i % 10 % side || at % side == i % 10 / 2 ? 200 + random.Next(56) : random.Next(60));
                }
                Add(zip, $"{split}_images", "|u1", $"({count}, {side}, {side})", pixels);
                Add(zip, $"{split}_labels", "<i8", $"({count},)", labels);
            }
        return file.ToArray();
    }

    static void Add(ZipArchive zip, string name, string type, string shape, byte[] content)
    {
        using var entry = zip.CreateEntry($"{name}.npy").Open();
        var header = $"{{'descr': '{type}', 'fortran_order': False, 'shape': {shape}, }}";
        header = header.PadRight((header.Length + 11 + 63) / 64 * 64 - 11) + "\n";
        entry.Write([0x93, .. "NUMPY"u8, 1, 0, (byte)(header.Length & 255), (byte)(header.Length >> 8)]);
        entry.Write(Encoding.ASCII.GetBytes(header));
        entry.Write(content);
    }
}
