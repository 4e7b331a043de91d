namespace ModelZoo.Xet;

/// <summary>How a file is put together.</summary>
/// <param name="Verification">For each term the hash over its chunks' hashes; null when the shard has none.</param>
/// <param name="Sha256">The content's SHA-256 in its stored form, whose text is the ordinary hex; null when the shard has none.</param>
public sealed record ShardFile(XetHash Hash, IReadOnlyList<ShardTerm> Terms, IReadOnlyList<XetHash>? Verification, XetHash? Sha256)
{
    internal const uint HasVerification = 1u << 31, HasSha256 = 1u << 30;

    /// <summary>Bytes of the whole file.</summary>
    public long Length => Terms.Sum(term => term.Length);
}
