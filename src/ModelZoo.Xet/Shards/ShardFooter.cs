namespace ModelZoo.Xet;

/// <summary>What a shard with a footer says beyond its files and xorbs.</summary>
/// <param name="HmacKey">The key that conceals chunk hashes; zero when they stand as they are.</param>
/// <param name="CreatedAt">Seconds since 1970.</param>
/// <param name="ExpiresAt">Seconds since 1970, after which the answer says nothing any more; <see cref="ulong.MaxValue"/> for never.</param>
public sealed record ShardFooter(XetHash HmacKey, ulong CreatedAt, ulong ExpiresAt);
