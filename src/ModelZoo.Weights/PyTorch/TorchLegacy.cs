using System.Numerics;

namespace ModelZoo.Weights.PyTorch;

/// <summary>
/// Five pickles in a row (magic number, protocol, machine, object, keys of the storages), then each storage as an element count and its
/// bytes (_legacy_save in torch/serialization.py, 2025). Also reads a bare pickle, which has the object only.
/// </summary>
static class TorchLegacy
{
    const int ProtocolVersion = 1001;

    /// <summary>The first bytes of the file: protocol 2, a number of ten bytes, its value (MAGIC_NUMBER in torch/serialization.py).</summary>
    public static ReadOnlySpan<byte> Magic => [0x80, 0x02, 0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, (byte)'.'];

    public static async Task<WeightFile> ReadAsync(IByteSource source, WeightReadOptions options, CancellationToken stop)
    {
        const WeightFormat format = WeightFormat.PyTorchLegacy;
        var cursor = new SourceCursor(source, format);
        var objects = new TorchObjects(format);
        var unpickler = new Unpickler(cursor, format, objects);
        if (await unpickler.ReadAsync(stop) is not BigInteger) throw Bad("The magic number is missing.");
        if (await unpickler.ReadAsync(stop) is not (long)ProtocolVersion) throw Bad("The protocol version is not 1001.");
        var machine = await unpickler.ReadAsync(stop) as PickleDictionary ?? throw Bad("The description of the machine is missing.");
        var content = new TorchContent(format, options.KeepLongLists);
        content.Walk(await unpickler.ReadAsync(stop));
        var keys = await unpickler.ReadAsync(stop) as PickleList ?? throw Bad("The list of storages is missing.");
        var bigEndian = machine.Items.Exists(item => item is { Key: "little_endian", Value: false });
        cursor.BigEndian = bigEndian;
        var offsets = await PlaceStoragesAsync(cursor, keys, objects, stop);
        return new(format, TorchTensors.Describe(content, offsets), content.Values)
        {
            RefusedGlobals = unpickler.RefusedGlobals,
            Remarks = Remark(unpickler, bigEndian),
            IsBigEndian = bigEndian,
        };
    }

    public static async Task<WeightFile> ReadBareAsync(IByteSource source, WeightReadOptions options, CancellationToken stop)
    {
        const WeightFormat format = WeightFormat.Pickle;
        var unpickler = new Unpickler(new SourceCursor(source, format), format, new TorchObjects(format));
        var content = new TorchContent(format, options.KeepLongLists);
        content.Walk(await unpickler.ReadAsync(stop));
        return new(format, TorchTensors.Describe(content, []), content.Values)
        {
            RefusedGlobals = unpickler.RefusedGlobals,
            Remarks = Remark(unpickler, bigEndian: false),
        };
    }

    static async Task<Dictionary<string, long>> PlaceStoragesAsync(SourceCursor cursor, PickleList keys, TorchObjects objects, CancellationToken stop)
    {
        var offsets = new Dictionary<string, long>(StringComparer.Ordinal);
        foreach (var item in keys.Items)
        {
            if (item is not string key || !objects.Storages.TryGetValue(key, out var storage)) throw Bad("The list of storages names one that no tensor uses.");
            if (offsets.ContainsKey(key)) throw Bad($"The list of storages names '{key}' twice.");
            var count = await cursor.ReadUInt64Async(stop);
            if (count != (ulong)storage.ElementCount) throw Bad($"Storage '{key}' has {count} elements where {storage.ElementCount} were described.");
            var bytes = storage.ElementCount;
            if (storage.Type is { } type && !type.TryGetByteLength(storage.ElementCount, out bytes)) throw Bad($"The size of storage '{key}' overflows.");
            offsets.Add(key, cursor.Position);
            cursor.Skip(bytes);
        }
        if (offsets.Count != objects.Storages.Count) throw Bad($"{objects.Storages.Count} storages are described, {offsets.Count} are there.");
        return offsets;
    }

    static List<string> Remark(Unpickler unpickler, bool bigEndian)
    {
        var remarks = new List<string>();
        if (bigEndian) remarks.Add("Numbers are stored in big-endian order.");
        if (unpickler.RefusedGlobals.Count > 0)
            remarks.Add("Loading this file with an ordinary unpickler runs code; here it was read as data only.");
        return remarks;
    }

    static WeightFormatException Bad(string message) => new(WeightFormat.PyTorchLegacy, message);
}
