using System.Text.Json.Serialization;
using ModelZoo.Git;

namespace ModelZoo.Client;

/// <summary>A file or folder in a repository at a commit.</summary>
/// <param name="Type"><c>file</c> or <c>directory</c>.</param>
/// <param name="Path">Path from the root.</param>
/// <param name="Oid">Git id of the blob or tree; for a large file, of its pointer.</param>
/// <param name="SizeBytes">Real size; 0 for folders.</param>
/// <param name="Lfs">Set for a large file.</param>
/// <param name="LastCommit">The last commit that changed it, when asked for.</param>
/// <param name="XetHash">Names a large file's content for fetching it as chunks, where the hub offers that.</param>
public sealed record TreeItem(
    string Type, RepoPath Path, string Oid, [property: JsonPropertyName("size")] long SizeBytes, LfsFile? Lfs = null, HistoryEntry? LastCommit = null, string? XetHash = null)
{
    /// <summary>True for a file.</summary>
    [JsonIgnore] public bool IsFile => Type == "file";

    /// <summary>What <c>resolve</c> gives as its ETag: SHA-256 of a large file, git blob id of another.</summary>
    [JsonIgnore] public string ETag => Lfs?.Oid ?? Oid;
}

/// <summary>Where a large file's content is.</summary>
/// <param name="Oid">SHA-256 of the content.</param>
/// <param name="SizeBytes">Size of the content.</param>
/// <param name="PointerSizeBytes">Size of the pointer that git keeps.</param>
public sealed record LfsFile(
    string Oid, [property: JsonPropertyName("size")] long SizeBytes, [property: JsonPropertyName("pointerSize")] long PointerSizeBytes);
