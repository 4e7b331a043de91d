using ModelZoo.Git;

namespace ModelZoo.Hub.Storage;

/// <summary>A visible blob: its name, its length, and when it became visible.</summary>
sealed record StoredBlob(Digest Digest, long SizeBytes, DateTimeOffset StoredAt);
