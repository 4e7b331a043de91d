using ModelZoo.Git;

namespace ModelZoo.Hub.Repositories;

/// <summary>A git object as its row holds it. A blob that is an LFS pointer also says what it points to.</summary>
sealed record StoredObject(ObjectId Id, ObjectType Type, byte[] Content, LfsPointer? Pointer)
{
    public static StoredObject Blob(byte[] content) =>
        new(GitHash.Of(ObjectType.Blob, content), ObjectType.Blob, content, LfsPointer.TryParse(content, out var pointer) ? pointer : null);

    public static StoredObject Tree(ObjectId id, byte[] content) => new(id, ObjectType.Tree, content, null);

    public static StoredObject Commit(Commit commit) => new(commit.Id, ObjectType.Commit, commit.Encode(), null);

    public static StoredObject Tag(Tag tag) => new(tag.Id, ObjectType.Tag, tag.Encode(), null);

    public string TypeWord => Type switch
    {
        ObjectType.Blob => "blob",
        ObjectType.Tree => "tree",
        ObjectType.Commit => "commit",
        _ => "tag",
    };
}

/// <summary>What lists and headers need of a blob without reading its content.</summary>
/// <param name="SizeBytes">Of the git object itself: for a pointer, of the pointer.</param>
sealed record BlobFacts(long SizeBytes, LfsPointer? Pointer);
