namespace ModelZoo.Hub.Storage.Sending;

/// <summary>What the caller says about a file that is sent; the rest follows from the bytes and the request.</summary>
/// <param name="ETag">Strong and quoted: <c>"abc"</c>.</param>
sealed record BlobHeaders(string ETag, string ContentType)
{
    public string? ContentDisposition { get; init; }

    public string? CacheControl { get; init; }

    public DateTimeOffset? LastModified { get; init; }
}
