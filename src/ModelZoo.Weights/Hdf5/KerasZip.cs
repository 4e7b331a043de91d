using ModelZoo.Weights.Zip;

namespace ModelZoo.Weights.Hdf5;

/// <summary>Keras 3: a zip archive with <c>config.json</c>, <c>metadata.json</c> and <c>model.weights.h5</c>.</summary>
static class KerasZip
{
    const WeightFormat Format = WeightFormat.KerasZip;
    const int MaxUnpackedBytes = 64 << 20;
    const int MaxConfigBytes = 8 << 20;

    public static async Task<WeightFile> ReadAsync(ZipDirectory zip, CancellationToken stop)
    {
        var entry = zip.Find("model.weights.h5") ?? throw new WeightFormatException(Format, "The archive has no model.weights.h5.");
        var inner = await Hdf5Header.ReadAsync(await zip.OpenAsync(entry, MaxUnpackedBytes, stop), stop);
        var start = entry.IsStored ? await zip.LocateAsync(entry, stop) : 0;
        var metadata = new Dictionary<string, MetadataValue>(inner.Metadata, StringComparer.Ordinal);
        foreach (var name in (string[])["config.json", "metadata.json"])
        {
            if (zip.Find(name) is not { } text) continue;
            var source = await zip.OpenAsync(text, MaxConfigBytes, stop);
            metadata[name] = new MetadataValue.Text(await new SourceCursor(source, Format).ReadTextAsync((ulong)source.Length, MaxConfigBytes, name, stop));
        }
        var tensors = inner.Tensors.Select(tensor =>
            tensor with { Offset = entry.IsStored && tensor.Offset >= 0 ? start + tensor.Offset : TensorInfo.Unplaced }).ToList();
        return inner with { Format = Format, Tensors = tensors, Metadata = metadata };
    }
}
