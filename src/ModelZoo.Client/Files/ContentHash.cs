using System.Buffers;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using ModelZoo.Git;

namespace ModelZoo.Client;

/// <summary>Computes the two names that content has: SHA-256 (LFS) and git's blob id. One pass, constant memory.</summary>
static class ContentHash
{
    const int BufferBytes = 1 << 20;

    public static async Task<Digest> Sha256Async(Stream content, Action<int>? passed, CancellationToken stop)
    {
        using var sha = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        await PassAsync(content, sha, passed, stop);
        return Digest.FromHash(sha.GetHashAndReset());
    }

    public static async Task<ObjectId> GitBlobAsync(Stream content, long sizeBytes, Action<int>? passed, CancellationToken stop)
    {
#pragma warning disable CA5350 // git names blobs by SHA-1
        using var sha = IncrementalHash.CreateHash(HashAlgorithmName.SHA1);
#pragma warning restore CA5350
        sha.AppendData(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"blob {sizeBytes}\0")));
        await PassAsync(content, sha, passed, stop);
        return ObjectId.FromHash(sha.GetHashAndReset());
    }

    /// <summary>Whether the content is what an ETag names. An ETag of another form (some other hub's) proves nothing and passes.</summary>
    public static async Task<bool> IsNamedAsync(string etag, Stream content, long sizeBytes, CancellationToken stop)
    {
        if (Digest.TryParse(etag, out var digest)) return await Sha256Async(content, null, stop) == digest;
        if (ObjectId.TryParse(etag, out var blob)) return await GitBlobAsync(content, sizeBytes, null, stop) == blob;
        return true;
    }

    static async Task PassAsync(Stream content, IncrementalHash sha, Action<int>? passed, CancellationToken stop)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            for (int read; (read = await content.ReadAsync(buffer, stop)) > 0;)
            {
                sha.AppendData(buffer, 0, read);
                passed?.Invoke(read);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
