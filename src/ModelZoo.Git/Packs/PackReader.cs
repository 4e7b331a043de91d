using System.Buffers.Binary;

namespace ModelZoo.Git.Packs;

/// <summary>
/// Reads a pack that a stranger sent (gitformat-pack, version 2): every object is inflated once, every delta applied once, and
/// what comes out is kept beside (in memory or a file), so that chains of deltas cost no memory. Lengths, offsets and counts
/// that the pack states are checked against the limits and against the bytes.
/// </summary>
public sealed class PackReader : IDisposable
{
    readonly PackLimits _limits;
    readonly PackInput _input;
    readonly Inflater _inflater;
    readonly Stream _contents;
    readonly Dictionary<ObjectId, PackedObject> _objects = [];
    readonly Dictionary<long, Known> _byOffset = [];
    readonly Dictionary<ObjectId, Known> _bases = [];
    readonly Dictionary<ObjectId, List<Waiting>> _waitingForId = [];
    readonly Dictionary<long, List<Waiting>> _waitingForOffset = [];
    long _total;
    int _unresolved;
    bool _handedOver;

    /// <param name="pack">The whole pack and nothing after it.</param>
    /// <param name="contents">Takes what comes out; the reader and then the result own it.</param>
    public PackReader(Stream pack, Stream contents, PackLimits limits)
    {
        (_limits, _input, _contents) = (limits, new(pack), contents);
        _inflater = new(_input);
    }

    /// <summary>Bases that deltas name and that the pack does not hold: a thin pack leaves out what the receiver has.</summary>
    public IReadOnlyCollection<ObjectId> MissingBases => _waitingForId.Keys;

    /// <summary>Reads the whole pack, asking for the bases that it leaves out.</summary>
    /// <param name="findBase">An object that the sender may build on; null when there is none.</param>
    /// <exception cref="PackFormatException">The pack is malformed, breaks a limit, or builds on what is not there.</exception>
    public static async Task<UnpackedPack> ReadAsync(
        Stream pack, Stream contents, PackLimits limits, Func<ObjectId, CancellationToken, ValueTask<(ObjectType Type, byte[] Content)?>> findBase, CancellationToken stop)
    {
        using var reader = new PackReader(pack, contents, limits);
        reader.Scan(stop);
        foreach (var id in reader.MissingBases.ToList())
            if (await findBase(id, stop) is var (type, content)) reader.Supply(id, type, content, stop);
        return reader.Finish();
    }

    /// <summary>Reads the pack to its end and resolves what can be resolved from itself.</summary>
    /// <exception cref="PackFormatException">The pack is malformed or breaks a limit.</exception>
    public void Scan(CancellationToken stop)
    {
        Span<byte> header = stackalloc byte[12];
        for (var i = 0; i < header.Length; i++) header[i] = _input.Read();
        if (!header.StartsWith("PACK"u8)) throw new PackFormatException("This is not a pack.");
        if (BinaryPrimitives.ReadUInt32BigEndian(header[4..]) != 2) throw new PackFormatException("Only packs of version 2 are taken.");
        var count = BinaryPrimitives.ReadUInt32BigEndian(header[8..]);
        if (count > _limits.MaxObjects) throw new PackFormatException($"The pack states {count} objects; at most {_limits.MaxObjects} are taken.");
        for (uint i = 0; i < count; i++)
        {
            stop.ThrowIfCancellationRequested();
            ReadEntry(stop);
        }
        var hash = _input.FinishHash();
        foreach (var expected in hash)
            if (_input.Read() != expected) throw new PackFormatException("The pack has a wrong checksum.");
        if (_input.TryRead() >= 0) throw new PackFormatException("Something follows the pack's end.");
    }

    /// <summary>Gives the content of one of <see cref="MissingBases"/>.</summary>
    public void Supply(ObjectId id, ObjectType type, byte[] content, CancellationToken stop)
    {
        if (!_waitingForId.ContainsKey(id)) return;
        Spend(content.Length);
        var offset = Append(content);
        _bases[id] = new(id, type, content.Length, offset, true, 0);
        Wake(_bases[id], null, stop);
    }

    /// <exception cref="PackFormatException">A delta's base is neither in the pack nor was it supplied, or deltas build on each other in a circle.</exception>
    public UnpackedPack Finish()
    {
        if (_unresolved > 0)
            throw new PackFormatException(_waitingForId.Keys.FirstOrDefault() is { } missing
                ? $"A delta builds on {missing}, which is neither in the pack nor known here."
                : "A delta builds on something that is not in the pack.");
        _handedOver = true;
        return new(_objects, _contents);
    }

    void ReadEntry(CancellationToken stop)
    {
        var offset = _input.Position;
        var first = _input.Read();
        var kind = first >> 4 & 7;
        long size = first & 15;
        for (var shift = 4; (first & 0x80) != 0; shift += 7)
        {
            if (shift > 53) throw new PackFormatException($"The object at {offset} states a size that no object has.");
            first = _input.Read();
            size |= (long)(first & 0x7f) << shift;
        }
        switch (kind)
        {
            case 1: ReadWhole(offset, ObjectType.Commit, size, stop); break;
            case 2: ReadWhole(offset, ObjectType.Tree, size, stop); break;
            case 3: ReadWhole(offset, ObjectType.Blob, size, stop); break;
            case 4: ReadWhole(offset, ObjectType.Tag, size, stop); break;
            case 6: ReadDelta(offset, ReadDistance(offset), null, size, stop); break;
            case 7: ReadDelta(offset, 0, ReadBase(), size, stop); break;
            default: throw new PackFormatException($"The object at {offset} is of an unknown kind.");
        }
    }

    /// <summary>How far before this object its base begins: big-endian groups of seven bits, each but the last one less than it stands for.</summary>
    long ReadDistance(long offset)
    {
        long distance = 0;
        for (var i = 0; ; i++)
        {
            var part = _input.Read();
            distance = distance << 7 | (long)(part & 0x7f);
            if ((part & 0x80) == 0) break;
            distance++;
            if (i >= 7) throw new PackFormatException($"The delta at {offset} refers to before the pack.");
        }
        return distance > 0 && distance < offset ? offset - distance : throw new PackFormatException($"The delta at {offset} refers to outside the pack.");
    }

    ObjectId ReadBase()
    {
        Span<byte> hash = stackalloc byte[20];
        for (var i = 0; i < hash.Length; i++) hash[i] = _input.Read();
        return ObjectId.FromHash(hash);
    }

    void ReadWhole(long offset, ObjectType type, long size, CancellationToken stop)
    {
        var isKept = size <= _limits.MaxObjectBytes;
        if (!isKept && type != ObjectType.Blob)
            throw new PackFormatException($"The {type.ToWord()} at {offset} states {size} bytes; at most {_limits.MaxObjectBytes} are taken.");
        Spend(size);
        using var hasher = new GitHasher(type, size);
        var start = _contents.Seek(0, SeekOrigin.End);
        _inflater.Inflate(size, bytes =>
        {
            stop.ThrowIfCancellationRequested();
            hasher.Append(bytes);
            if (isKept) _contents.Write(bytes);
        });
        Add(new(hasher.Finish(), type, size, start, isKept, 0), offset, stop);
    }

    void ReadDelta(long offset, long baseOffset, ObjectId? baseId, long size, CancellationToken stop)
    {
        // A delta of a kept object is hardly ever longer than it; twice the limit leaves room for the odd ones.
        if (size > 2 * _limits.MaxObjectBytes) throw new PackObjectTooLargeException(size, $"The delta at {offset} states {size} bytes.");
        Spend(size);
        var start = _contents.Seek(0, SeekOrigin.End);
        _inflater.Inflate(size, _contents.Write);
        var delta = new Waiting(offset, start, (int)size);
        _unresolved++;
        if (baseId is not null ? _bases.TryGetValue(baseId, out var found) : _byOffset.TryGetValue(baseOffset, out found))
        {
            if (Resolve(delta, found) is var made) Wake(made, offset, stop);
            return;
        }
        if (baseId is not null) Wait(_waitingForId, baseId, delta);
        else Wait(_waitingForOffset, baseOffset, delta);
    }

    void Add(Known made, long offset, CancellationToken stop) => Wake(made, offset, stop);

    /// <summary>Registers an object and resolves, one after the other, all deltas that waited for it or for what comes of it.</summary>
    void Wake(Known first, long? firstOffset, CancellationToken stop)
    {
        var open = new Stack<(Known Made, long? Offset)>();
        open.Push((first, firstOffset));
        while (open.TryPop(out var next))
        {
            stop.ThrowIfCancellationRequested();
            var (made, offset) = next;
            _bases[made.Id] = made;
            if (offset is { } at)
            {
                _byOffset[at] = made;
                _objects.TryAdd(made.Id, new(made.Type, made.SizeBytes, made.IsKept, made.Offset));
                if (_waitingForOffset.Remove(at, out var byOffset)) foreach (var delta in byOffset) open.Push((Resolve(delta, made), delta.Offset));
            }
            if (_waitingForId.Remove(made.Id, out var byId)) foreach (var delta in byId) open.Push((Resolve(delta, made), delta.Offset));
        }
    }

    Known Resolve(Waiting delta, Known found)
    {
        if (!found.IsKept) throw new PackObjectTooLargeException(found.SizeBytes, $"A delta builds on an object of {found.SizeBytes} bytes; at most {_limits.MaxObjectBytes} are taken.");
        if (found.Depth >= _limits.MaxDepth) throw new PackFormatException($"Deltas build on each other more than {_limits.MaxDepth} times.");
        var instructions = Take(delta.Start, delta.Length);
        Spend(PackDelta.ReadSizes(instructions).ResultBytes);
        var content = PackDelta.Apply(Take(found.Offset, (int)found.SizeBytes), instructions, _limits.MaxObjectBytes);
        _unresolved--;
        return new(GitHash.Of(found.Type, content), found.Type, content.Length, Append(content), true, found.Depth + 1);
    }

    static void Wait<T>(Dictionary<T, List<Waiting>> waiting, T key, Waiting delta) where T : notnull
    {
        if (!waiting.TryGetValue(key, out var list)) waiting[key] = list = [];
        list.Add(delta);
    }

    void Spend(long bytes)
    {
        if (bytes > _limits.MaxTotalBytes - _total) throw new PackFormatException($"The pack inflates to more than {_limits.MaxTotalBytes} bytes.");
        _total += bytes;
    }

    byte[] Take(long offset, int length)
    {
        var bytes = new byte[length];
        _contents.Position = offset;
        _contents.ReadExactly(bytes);
        return bytes;
    }

    long Append(byte[] content)
    {
        var offset = _contents.Seek(0, SeekOrigin.End);
        _contents.Write(content);
        return offset;
    }

    public void Dispose()
    {
        _input.Dispose();
        if (!_handedOver) _contents.Dispose();
    }

    readonly record struct Known(ObjectId Id, ObjectType Type, long SizeBytes, long Offset, bool IsKept, int Depth);

    readonly record struct Waiting(long Offset, long Start, int Length);
}
