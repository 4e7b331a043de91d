using System.IO.Compression;
using System.Text;
using ModelZoo.Weights.Conversion;

namespace ModelZoo.Weights;

/// <summary>Writes tensors as <c>numpy.savez</c> does: an uncompressed zip archive with one <c>.npy</c> file for each (numpy/lib/format.py, version 1.0).</summary>
public static class NpzWriter
{
    const int HeaderMultiple = 64;     // ARRAY_ALIGN

    /// <summary>NumPy's name of a type; null for types that NumPy does not have, such as BF16.</summary>
    public static string? FindDescriptor(DType type) => type.Name switch
    {
        "BOOL" => "|b1", "I8" => "|i1", "U8" => "|u1", "I16" => "<i2", "U16" => "<u2", "I32" => "<i4", "U32" => "<u4", "I64" => "<i8", "U64" => "<u8",
        "F16" => "<f2", "F32" => "<f4", "F64" => "<f8", "C64" => "<c8", "C128" => "<c16",
        _ => null,
    };

    /// <exception cref="ArgumentException">Two tensors share a name, or NumPy has no such type.</exception>
    public static Task WriteAsync(Stream target, IEnumerable<TensorContent> tensors, CancellationToken stop) => WriteAsync(target, tensors, null, stop);

    internal static async Task WriteAsync(Stream target, IEnumerable<TensorContent> tensors, Action<string, long>? report, CancellationToken stop)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        await using var zip = await ZipArchive.CreateAsync(target, ZipArchiveMode.Create, leaveOpen: true, Encoding.UTF8, stop);
        foreach (var tensor in tensors)
        {
            if (!names.Add(tensor.Name)) throw new ArgumentException($"The tensor name '{tensor.Name}' occurs twice.", nameof(tensors));
            var entry = zip.CreateEntry($"{tensor.Name}.npy", CompressionLevel.NoCompression);
            entry.LastWriteTime = new DateTimeOffset(1980, 1, 1, 0, 0, 0, TimeSpan.Zero);      // as NumPy writes; the same tensors give the same file
            await using var content = await entry.OpenAsync(stop);
            await content.WriteAsync(MakeHeader(tensor), stop);
            using var copy = new TensorCopy(content, report);
            await copy.WriteAsync(tensor, stop);
            await copy.FlushAsync();
        }
    }

    static byte[] MakeHeader(TensorContent tensor)
    {
        var descriptor = FindDescriptor(tensor.DType) ?? throw new ArgumentException($"NumPy has no type {tensor.DType} (tensor '{tensor.Name}').", nameof(tensor));
        var shape = tensor.Shape.Count == 1 ? $"({tensor.Shape[0]},)" : $"({string.Join(", ", tensor.Shape)})";
        var literal = $"{{'descr': '{descriptor}', 'fortran_order': False, 'shape': {shape}, }}";
        const int fixedBytes = 6 + 2 + 2;
        var padded = (fixedBytes + literal.Length + 1 + HeaderMultiple - 1) / HeaderMultiple * HeaderMultiple - fixedBytes;
        return [0x93, .. "NUMPY"u8, 1, 0, (byte)padded, (byte)(padded >> 8), .. Encoding.ASCII.GetBytes(literal.PadRight(padded - 1)), (byte)'\n'];
    }
}
