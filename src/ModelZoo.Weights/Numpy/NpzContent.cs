using ModelZoo.Weights.Zip;

namespace ModelZoo.Weights.Numpy;

/// <summary>The contents of an <c>.npz</c> archive's arrays, also of those that are compressed.</summary>
static class NpzContent
{
    public static async Task<IReadOnlyList<TensorContent>> OpenAsync(WeightFile file, IByteSource source, CancellationToken stop)
    {
        const WeightFormat format = WeightFormat.Npz;
        if (file.Tensors.All(tensor => tensor.Offset >= 0)) return TensorContent.Of(file, source);
        if (file.IsBigEndian) throw new WeightFormatException(format, "The file stores its numbers in big-endian order, which is not converted.");
        var zip = await ZipDirectory.ReadAsync(source, format, stop);
        var contents = new List<TensorContent>();
        foreach (var tensor in file.Tensors)
        {
            var entry = zip.Find($"{tensor.Name}.npy") ?? throw new WeightFormatException(format, $"The archive has no array '{tensor.Name}'.");
            var start = await zip.LocateAsync(entry, stop);
            IByteSource unpacked = entry.IsStored ? new SliceSource(source, start, entry.Bytes) : new InflatedSource(source, format, entry, start);
            var header = new byte[12];
            for (var filled = 0; filled < header.Length;)
            {
                var read = await unpacked.ReadAsync(filled, header.AsMemory(filled), stop);
                if (read <= 0) throw new WeightFormatException(format, $"'{tensor.Name}' does not begin as an array.");
                filled += read;
            }
            var placed = tensor with { Offset = NpyHeader.GetDataOffset(header) };
            contents.Add(TensorContent.Of(format, placed, unpacked));
        }
        return contents;
    }
}
