using ModelZoo.Git;

namespace ModelZoo.Client;

/// <summary>What a hub says about one file before it sends it.</summary>
/// <param name="Path">Path from the root.</param>
/// <param name="Commit">The commit it was found in.</param>
/// <param name="ETag">Names the content, without quotes: SHA-256 (large file) or git blob id.</param>
/// <param name="SizeBytes">Size of the content.</param>
/// <param name="IsLinked">True when the content lives outside git (LFS).</param>
/// <param name="XetHash">Names the content for fetching it as chunks; null when the hub does not offer that.</param>
public sealed record FileMetadata(RepoPath Path, string Commit, string ETag, long SizeBytes, bool IsLinked, string? XetHash = null);
