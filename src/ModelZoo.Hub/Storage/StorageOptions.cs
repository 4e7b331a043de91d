namespace ModelZoo.Hub.Storage;

enum StorageKind { Folder, S3 }

/// <summary>Where blobs live. Checked once at start-up: a hub that starts is a hub that is configured.</summary>
sealed record StorageOptions
{
    public StorageKind Kind { get; init; } = StorageKind.Folder;

    /// <summary>Folder: the folder that holds blobs and staged bytes, on one volume.</summary>
    public string? Root { get; init; }

    /// <summary>S3: the server's address; empty for Amazon's own, found by the region.</summary>
    public string? Endpoint { get; init; }

    /// <summary>S3: an existing bucket. Its lifecycle rules must not remove objects.</summary>
    public string? Bucket { get; init; }

    /// <summary>S3: the region that requests are signed for; servers that have none take any word.</summary>
    public string Region { get; init; } = "us-east-1";

    /// <summary>S3: both keys or none; with none the SDK looks in its usual places (environment, profile, instance role).</summary>
    public string? AccessKey { get; init; }

    public string? SecretKey { get; init; }

    /// <summary>S3: the bucket stands in the path and not in the host name, as most servers that are not Amazon's want it.</summary>
    public bool PathStyle { get; init; } = true;

    /// <summary>S3: what every key begins with, so that a bucket may be shared; empty or ending in a slash.</summary>
    public string Prefix { get; init; } = "";

    /// <summary>S3: where clients reach the server, when that is not where the hub does; for signed addresses.</summary>
    public string? PublicEndpoint { get; init; }

    /// <summary>S3: send clients to signed addresses of the server itself, instead of passing the bytes through the hub. Not set: yes.</summary>
    public bool? RedirectDownloads { get; init; }

    /// <summary>S3: let clients send large content to signed addresses of the server itself. Not set: yes.</summary>
    public bool? DirectUploads { get; init; }

    /// <summary>
    /// S3: content up to this size passes through the hub all the same, which hashes it on the way: one request to the server
    /// instead of the eight that signing, joining, checking and publishing take.
    /// </summary>
    public long DirectAboveBytes { get; init; } = 8L << 20;

    /// <summary>True when downloads are answered with an address of the store.</summary>
    internal bool SendsElsewhere => Kind == StorageKind.S3 && (RedirectDownloads ?? true);

    /// <summary>Keeps keys out of logs.</summary>
    public override string ToString() => Kind == StorageKind.Folder ? $"folder {Root}" : $"S3 bucket {Bucket} at {Endpoint ?? Region}";

    /// <exception cref="InvalidOperationException">One sentence that says which setting is wrong and what would be right.</exception>
    public void Validate()
    {
        if (FindMistake() is { } mistake) throw new InvalidOperationException(mistake);
    }

    string? FindMistake()
    {
        if (Kind == StorageKind.Folder)
        {
            if (string.IsNullOrWhiteSpace(Root)) return "Storage of kind folder needs a root folder.";
            return RedirectDownloads == true ? "Storage of kind folder cannot redirect downloads: only S3 has addresses of its own."
                : DirectUploads == true ? "Storage of kind folder cannot take direct uploads: only S3 has addresses of its own."
                : null;
        }
        if (Kind != StorageKind.S3) return $"Storage kind must be folder or S3, not {Kind}.";
        if (string.IsNullOrWhiteSpace(Bucket)) return "Storage of kind S3 needs a bucket.";
        if (string.IsNullOrWhiteSpace(Region)) return "Storage of kind S3 needs a region; servers that have none take any word, such as us-east-1.";
        foreach (var (name, address) in ((string, string?)[])[("endpoint", Endpoint), ("public endpoint", PublicEndpoint)])
            if (!string.IsNullOrEmpty(address) && !(Uri.TryCreate(address, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https"))
                return $"The S3 {name} must be an absolute http or https address, not '{address}'.";
        if (DirectAboveBytes < 0) return "Storage:DirectAboveBytes must not be negative.";
        if (string.IsNullOrEmpty(AccessKey) != string.IsNullOrEmpty(SecretKey)) return "Storage of kind S3 needs both an access key and a secret key, or neither.";
        if (Prefix.Length > 0 && (Prefix[0] == '/' || !Prefix.EndsWith('/'))) return $"The S3 prefix must not begin with a slash and must end with one, unlike '{Prefix}'.";
        return Prefix.Length > 200 ? "The S3 prefix must have at most 200 characters." : null;
    }
}
