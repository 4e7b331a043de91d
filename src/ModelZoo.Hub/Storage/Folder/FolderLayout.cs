using ModelZoo.Git;

namespace ModelZoo.Hub.Storage;

/// <summary>
/// Where things lie under the store's root:
/// <code>
/// blobs/ab/cd/abcd…      a visible blob, read-only
/// staging/ID.write       a blob on its way in, in one piece
/// staging/ID.parts/      a blob on its way in, in parts:
///   content              all its bytes, each part at its offset
///   part-N               part N is complete; holds its ETag
///   verified             the whole was verified; it may have moved to blobs/ since
/// </code>
/// </summary>
sealed class FolderLayout(string root)
{
    public string Blobs { get; } = Path.Combine(root, "blobs");

    public string Staging { get; } = Path.Combine(root, "staging");

    public string Blob(Digest digest) => Path.Combine(Blobs, digest.Hex[..2], digest.Hex[2..4], digest.Hex);

    public string NewWrite() => Path.Combine(Staging, $"{Guid.NewGuid():n}.write");

    public static string NewHandle() => Guid.NewGuid().ToString("n");

    /// <summary>The handle came through our own database, but a path is never made from text that was not checked.</summary>
    public string? FindParts(string handle) =>
        Guid.TryParseExact(handle, "n", out var id) ? Path.Combine(Staging, $"{id:n}.parts") : null;

    public static string Content(string parts) => Path.Combine(parts, "content");

    public static string Part(string parts, int number) => Path.Combine(parts, $"part-{number}");

    public static string Verified(string parts) => Path.Combine(parts, "verified");
}
