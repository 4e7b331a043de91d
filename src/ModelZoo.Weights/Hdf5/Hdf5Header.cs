namespace ModelZoo.Weights.Hdf5;

/// <summary>
/// Walks the groups of an HDF5 file and describes its datasets (HDF5 file format specification 3.0). Superblocks 0 to 3 with addresses of
/// eight bytes, which is what Keras and h5py write. Content in one piece is placed; chunked content is only measured.
/// </summary>
sealed class Hdf5Header
{
    const WeightFormat Format = WeightFormat.Hdf5;
    const int MaxGroupDepth = 64;
    const int MaxObjects = 1_000_000;

    readonly Hdf5Objects _objects;
    readonly Hdf5Links _links;
    readonly Hdf5Attributes _attributes;
    readonly HashSet<ulong> _visited = [];
    readonly List<TensorInfo> _tensors = [];
    readonly Dictionary<string, MetadataValue> _metadata = new(StringComparer.Ordinal);
    readonly List<string> _remarks = [];
    bool _isBigEndian;

    Hdf5Header(Hdf5Objects objects)
    {
        _objects = objects;
        _links = new(objects);
        _attributes = new(objects);
    }

    public static ReadOnlySpan<byte> Magic => [0x89, (byte)'H', (byte)'D', (byte)'F', 0x0d, 0x0a, 0x1a, 0x0a];

    public static async Task<WeightFile> ReadAsync(IByteSource source, CancellationToken stop)
    {
        var reader = new RandomReader(source, Format);
        var (baseAddress, root) = await ReadSuperblockAsync(reader, stop);
        var header = new Hdf5Header(new Hdf5Objects(reader, baseAddress));
        await header.VisitAsync(root, "", 0, stop);
        return new(Format, header._tensors, header._metadata) { Remarks = header._remarks, IsBigEndian = header._isBigEndian };
    }

    static async Task<(long BaseAddress, ulong Root)> ReadSuperblockAsync(RandomReader reader, CancellationToken stop)
    {
        var version = await reader.ReadByteAsync(8, stop);
        var isOld = version < 2;
        var sizes = await reader.ReadAsync(isOld ? 13 : 9, 2, stop);
        if (version > 3) throw Hdf5Objects.Bad($"The superblock is of the unknown version {version}.");
        if (sizes is not [8, 8]) throw Hdf5Objects.Bad($"Addresses of {sizes[0]} and lengths of {sizes[1]} bytes are not read; 8 are.");
        var addresses = version switch { 0 => 24, 1 => 28, _ => 12 };
        var baseAddress = await reader.ReadUInt64Async(addresses, stop);
        if (baseAddress > (ulong)reader.Length) throw Hdf5Objects.Bad("The base address lies outside the file.");
        var end = await reader.ReadUInt64Async(addresses + 16, stop);
        if (end > (ulong)reader.Length) throw Hdf5Objects.Bad($"The file should have {end} bytes, but has {reader.Length}: it is truncated.");
        // Old superblocks end with the root's symbol table entry, whose second number is the address.
        return ((long)baseAddress, await reader.ReadUInt64Async(isOld ? addresses + 40 : addresses + 24, stop));
    }

    async Task VisitAsync(ulong address, string path, int depth, CancellationToken stop)
    {
        if (depth > MaxGroupDepth) throw Hdf5Objects.Bad($"Groups are nested more than {MaxGroupDepth} deep.");
        if (!_visited.Add(address)) return;              // hard links may give one object several names, or form a circle
        if (_visited.Count > MaxObjects) throw Hdf5Objects.Bad($"The file has more than {MaxObjects} objects.");
        var header = await _objects.ReadAsync(address, stop);
        await KeepAttributesAsync(header, path, stop);
        if (header.Exists(message => message.Type == Hdf5Message.Layout)) AddDataset(header, path);
        var (members, isComplete) = await _links.ReadAsync(header, stop);
        if (!isComplete) _remarks.Add($"The group '{path}' keeps its members in a form that is not read; they are missing here.");
        foreach (var (name, target) in members) await VisitAsync(target, path.Length == 0 ? name : $"{path}/{name}", depth + 1, stop);
    }

    async Task KeepAttributesAsync(List<Hdf5Message> header, string path, CancellationToken stop)
    {
        foreach (var message in header)
        {
            if (message.Type != Hdf5Message.Attribute || _metadata.Count >= WeightLimits.MaxMetadataEntries) continue;
            var (name, value) = await _attributes.ReadAsync(message.Content, stop);
            if (value is not null) _metadata.TryAdd(path.Length == 0 ? name : $"{path}@{name}", value);
        }
    }

    void AddDataset(List<Hdf5Message> header, string path)
    {
        if (path.Length > WeightLimits.MaxNameBytes) throw Hdf5Objects.Bad($"A path has more than {WeightLimits.MaxNameBytes} characters.");
        byte[] Get(int type) => header.Find(message => message.Type == type).Content ?? throw Hdf5Objects.Bad($"Dataset '{path}' lacks a part of its description.");
        var type = Get(Hdf5Message.Datatype);
        var shape = Hdf5Types.ReadShape(Get(Hdf5Message.Dataspace));
        if (Hdf5Types.Find(type) is not { } dtype)
        {
            _remarks.Add($"Dataset '{path}' holds no numbers and is left out.");
            return;
        }
        if (!Shapes.TryGetElementCount(shape, out var count)) throw Hdf5Objects.Bad($"The shape {Shapes.Describe(shape)} of dataset '{path}' overflows.");
        var size = Hdf5Types.GetSize(type);
        if (size == 0 || count > long.MaxValue / size) throw Hdf5Objects.Bad($"The size of dataset '{path}' overflows.");
        _isBigEndian |= Hdf5Types.IsBigEndian(type);
        if (Hdf5Types.IsBigEndian(type)) _remarks.Add($"The numbers of '{path}' are stored in big-endian order.");
        _tensors.Add(new(path, dtype, shape, FindContent(Get(Hdf5Message.Layout), count * size, path), count * size));
    }

    /// <summary>Where content in one piece begins; chunked, compact and never written content has no place.</summary>
    long FindContent(byte[] layout, long bytes, string path)
    {
        if (layout.Length < 3) throw Hdf5Objects.Bad($"The layout of dataset '{path}' is too short.");
        const int contiguous = 1;
        var (kind, addressAt) = layout[0] switch
        {
            1 or 2 => (layout[2], 8),
            3 or 4 => (layout[1], 2),
            var version => throw Hdf5Objects.Bad($"The layout of dataset '{path}' is of the unknown version {version}."),
        };
        if (kind != contiguous || Hdf5Objects.ReadNumber(layout, addressAt, 8) is not (var address and not ulong.MaxValue)) return TensorInfo.Unplaced;
        var start = _objects.Place(address);
        _objects.Reader.Require(start, bytes);
        return start;
    }
}
