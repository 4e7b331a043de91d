using ModelZoo.Weights.Zip;

namespace ModelZoo.Weights.Numpy;

/// <summary>A single array (<c>.npy</c>), or a zip archive of them (<c>.npz</c>), of which only the beginnings are unpacked.</summary>
static class NumpyHeader
{
    public static async Task<WeightFile> ReadNpyAsync(IByteSource source, CancellationToken stop)
    {
        var cursor = new SourceCursor(source, WeightFormat.Npy);
        var start = await cursor.TakeAsync((int)Math.Min(source.Length, NpyHeader.MaxBytes + 12), stop);
        var remarks = new List<string>();
        var tensor = NpyHeader.Parse(start.Span, "array", source.Length, 0, WeightFormat.Npy, remarks);
        return new(WeightFormat.Npy, [tensor], new Dictionary<string, MetadataValue>()) { DataOffset = tensor.Offset, Remarks = remarks, IsBigEndian = remarks.Count > 0 };
    }

    public static async Task<WeightFile> ReadNpzAsync(ZipDirectory zip, WeightReadOptions options, CancellationToken stop)
    {
        var tensors = new List<TensorInfo>();
        var remarks = new List<string>();
        foreach (var entry in zip.Entries)
        {
            var name = entry.Name[..^".npy".Length];
            if (name.Length > WeightLimits.MaxNameBytes) throw new WeightFormatException(WeightFormat.Npz, $"An array name has more than {WeightLimits.MaxNameBytes} characters.");
            var start = await zip.ReadStartAsync(entry, 256, stop);
            // Nearly every header fits 128 bytes; the rare longer one is read again in full.
            if (start.Length == 256) start = NeedsMore(start) ? await zip.ReadStartAsync(entry, NpyHeader.MaxBytes + 12, stop) : start;
            var offset = entry.IsStored && options.LocateZipEntries ? await zip.LocateAsync(entry, stop) : TensorInfo.Unplaced;
            tensors.Add(NpyHeader.Parse(start, name, entry.Bytes, offset, WeightFormat.Npz, remarks));
        }
        return new(WeightFormat.Npz, tensors, new Dictionary<string, MetadataValue>()) { Remarks = remarks, IsBigEndian = remarks.Count > 0 };
    }

    static bool NeedsMore(byte[] start) => start[6] != 1 || start[8] + (start[9] << 8) + 10 > start.Length;
}
