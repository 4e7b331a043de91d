using ModelZoo.Weights.Zip;

namespace ModelZoo.Weights.PyTorch;

/// <summary>
/// A zip archive: <c>{root}/data.pkl</c> describes the object, <c>{root}/data/{key}</c> holds the storages (torch/serialization.py, 2025).
/// </summary>
static class TorchZip
{
    const WeightFormat Format = WeightFormat.PyTorchZip;
    const int MaxUnpackedPickleBytes = 64 << 20;

    public static async Task<WeightFile> ReadAsync(IByteSource source, ZipDirectory zip, WeightReadOptions options, CancellationToken stop)
    {
        var pickle = FindPickle(zip) ?? throw Bad("The archive has no data.pkl.");
        var root = pickle.Name[..^"data.pkl".Length];
        var opened = await zip.OpenAsync(pickle, MaxUnpackedPickleBytes, stop);
        var objects = new TorchObjects(Format);
        var unpickler = new Unpickler(new SourceCursor(opened, Format), Format, objects);
        var content = new TorchContent(Format, options.KeepLongLists);
        content.Walk(await unpickler.ReadAsync(stop));
        var offsets = await PlaceStoragesAsync(zip, root, objects, options.LocateZipEntries, stop);
        var bigEndian = await IsBigEndianAsync(zip, root, stop);
        return new(Format, TorchTensors.Describe(content, offsets), content.Values)
        {
            RefusedGlobals = unpickler.RefusedGlobals,
            Remarks = Remark(zip, root, unpickler, bigEndian),
            IsBigEndian = bigEndian,
        };
    }

    /// <summary>The pickle next to the storages; at most one folder deep.</summary>
    public static ZipEntry? FindPickle(ZipDirectory zip) =>
        zip.Entries.Where(entry => entry.Name == "data.pkl" || (entry.Name.EndsWith("/data.pkl", StringComparison.Ordinal) && entry.Name.Count(c => c == '/') == 1))
            .MinBy(entry => entry.Name.Length);

    static async Task<Dictionary<string, long>> PlaceStoragesAsync(
        ZipDirectory zip, string root, TorchObjects objects, bool locate, CancellationToken stop)
    {
        var offsets = new Dictionary<string, long>(StringComparer.Ordinal);
        foreach (var storage in objects.Storages.Values)
        {
            var entry = zip.Find($"{root}data/{storage.Key}") ?? throw Bad($"The archive has no entry for storage '{storage.Key}'.");
            var bytes = storage.ElementCount;
            if (storage.Type is { } type && !type.TryGetByteLength(storage.ElementCount, out bytes)) throw Bad($"The size of storage '{storage.Key}' overflows.");
            if (entry.Bytes < bytes) throw Bad($"Storage '{storage.Key}' needs {bytes} bytes; its entry has {entry.Bytes}.");
            if (entry.IsStored && locate) offsets[storage.Key] = await zip.LocateAsync(entry, stop);
        }
        return offsets;
    }

    static async Task<bool> IsBigEndianAsync(ZipDirectory zip, string root, CancellationToken stop)
    {
        if (zip.Find($"{root}byteorder") is not { Bytes: 3 } order) return false;
        var bytes = await zip.OpenAsync(order, 16, stop);
        return (await new SourceCursor(bytes, Format).TakeAsync(3, stop)).Span.SequenceEqual("big"u8);
    }

    static List<string> Remark(ZipDirectory zip, string root, Unpickler unpickler, bool bigEndian)
    {
        var remarks = new List<string>();
        if (bigEndian) remarks.Add("Numbers are stored in big-endian order.");
        if (zip.Entries.Any(entry => entry.Name.StartsWith($"{root}code/", StringComparison.Ordinal))) remarks.Add("This is a TorchScript archive: it contains code.");
        if (unpickler.RefusedGlobals.Count > 0)
            remarks.Add("Loading this file with an ordinary unpickler runs code; here it was read as data only.");
        return remarks;
    }

    static WeightFormatException Bad(string message) => new(Format, message);
}
