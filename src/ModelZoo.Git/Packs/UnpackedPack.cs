using System.Diagnostics.CodeAnalysis;

namespace ModelZoo.Git.Packs;

/// <summary>One object of a pack.</summary>
/// <param name="IsKept">False for a blob above <see cref="PackLimits.MaxObjectBytes"/>: it is named, and its content was dropped.</param>
public readonly record struct PackedObject(ObjectType Type, long SizeBytes, bool IsKept, long Offset);

/// <summary>The objects of a pack, inflated and resolved. Not for use by two threads at once.</summary>
public sealed class UnpackedPack : IDisposable
{
    readonly Dictionary<ObjectId, PackedObject> _objects;
    readonly Stream _contents;

    internal UnpackedPack(Dictionary<ObjectId, PackedObject> objects, Stream contents) => (_objects, _contents) = (objects, contents);

    public IReadOnlyDictionary<ObjectId, PackedObject> Objects => _objects;

    /// <summary>A pack without objects: what a push of references alone brings.</summary>
    public static UnpackedPack Empty() => new([], Stream.Null);

    public bool Has(ObjectId id) => _objects.ContainsKey(id);

    public bool TryFind(ObjectId id, out PackedObject found) => _objects.TryGetValue(id, out found);

    /// <summary>The content of an object that is kept.</summary>
    public bool TryRead(ObjectId id, ObjectType type, [NotNullWhen(true)] out byte[]? content)
    {
        content = _objects.TryGetValue(id, out var found) && found.Type == type && found.IsKept ? Read(found) : null;
        return content is not null;
    }

    public byte[] Read(PackedObject item)
    {
        var content = new byte[item.SizeBytes];
        _contents.Position = item.Offset;
        _contents.ReadExactly(content);
        return content;
    }

    public void Dispose() => _contents.Dispose();
}
