namespace ModelZoo.Git;

/// <summary>The four kinds of object that git stores.</summary>
public enum ObjectType { Commit, Tree, Blob, Tag }

/// <summary>The words git writes for object types, in object headers and in tags.</summary>
public static class ObjectTypes
{
    public static string ToWord(this ObjectType type) => type switch
    {
        ObjectType.Commit => "commit",
        ObjectType.Tree => "tree",
        ObjectType.Blob => "blob",
        ObjectType.Tag => "tag",
        _ => throw new ArgumentOutOfRangeException(nameof(type)),
    };

    public static bool TryParse(string? word, out ObjectType type)
    {
        type = word switch { "tree" => ObjectType.Tree, "blob" => ObjectType.Blob, "tag" => ObjectType.Tag, _ => ObjectType.Commit };
        return word is "commit" or "tree" or "blob" or "tag";
    }

    /// <exception cref="FormatException">The word names no object type.</exception>
    public static ObjectType Parse(string word) =>
        TryParse(word, out var type) ? type : throw new FormatException($"'{word}' is not an object type (commit, tree, blob, tag).");
}
