using ModelZoo.Git;
using ModelZoo.Hub.Storage;
using ModelZoo.Weights;

namespace ModelZoo.Hub.Profiles;

/// <summary>A stored blob as ranges of bytes, so that headers are read without the weights behind them.</summary>
sealed class BlobByteSource(IBlobStore blobs, LfsPointer pointer) : IByteSource
{
    public long Length => pointer.SizeBytes;

    public async ValueTask<int> ReadAsync(long offset, Memory<byte> buffer, CancellationToken stop)
    {
        var length = (int)Math.Min(buffer.Length, Length - offset);
        if (length <= 0) return 0;
        await using var stream = await blobs.OpenReadAsync(pointer.Digest, offset, length, stop);
        return await stream.ReadAtLeastAsync(buffer[..length], length, throwOnEndOfStream: false, stop);
    }
}
