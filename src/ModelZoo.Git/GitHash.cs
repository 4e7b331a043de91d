namespace ModelZoo.Git;

/// <summary>The id git gives to an object: SHA-1 over "{type} {length}\0{content}".</summary>
public static class GitHash
{
    public static ObjectId Of(ObjectType type, ReadOnlySpan<byte> content)
    {
        using var hasher = new GitHasher(type, content.Length);
        hasher.Append(content);
        return hasher.Finish();
    }
}
