using System.Buffers;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using ModelZoo.Git;
using ModelZoo.Hub.Jobs;

namespace ModelZoo.Hub.Populations.Deltas;

/// <summary>
/// Removes the bytes of blobs that are stored as differences, after everybody who was told of them had time. Each is read through its container and
/// hashed first; one that cannot be had so loses the container instead. May be killed at any moment: what was begun is done again.
/// </summary>
sealed class DeltaTrim(DeltaStore store, BlobDeltas deltas, DeltaBlobStore blobs, ILogger<DeltaTrim> log) : IChore, IDisposable
{
    const int AtOnce = 500;
    const int ReadBytes = 256 * 1024;

    readonly SemaphoreSlim _turn = new(1, 1);

    public TimeSpan Every => TimeSpan.FromMinutes(1);

    async Task IChore.RunAsync(CancellationToken stop) => await RunAsync(stop);

    /// <returns>How many blobs' bytes were removed.</returns>
    public async Task<int> RunAsync(CancellationToken stop)
    {
        await _turn.WaitAsync(stop);
        try
        {
            var removed = 0;
            for (IReadOnlyList<BlobDelta> due; (due = await store.ListDueAsync(AtOnce, stop)).Count > 0;)
            {
                foreach (var delta in due)
                {
                    if (await IsIntactAsync(delta, stop))
                    {
                        await blobs.DeleteAsync(delta.Digest, stop);
                        await store.FinishAsync(delta.Digest, stop);
                        removed++;
                    }
                    else await store.DropAsync(delta.Digest, await blobs.HasOwnBytesAsync(delta, stop), stop);
                    deltas.Forget(delta.Digest);
                }
                if (due.Count < AtOnce) break;
            }
            return removed;
        }
        finally
        {
            _turn.Release();
        }
    }

    public void Dispose() => _turn.Dispose();

    async Task<bool> IsIntactAsync(BlobDelta delta, CancellationToken stop)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(ReadBytes);
        try
        {
            using var sha = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            await using var content = await blobs.DecodeAsync(delta, 0, delta.SizeBytes, stop);
            for (int read; (read = await content.ReadAsync(buffer, stop)) > 0;) sha.AppendData(buffer, 0, read);
            return Digest.FromHash(sha.GetHashAndReset()) == delta.Digest;
        }
        catch (IOException damage)
        {
            log.LogError(3710, damage, "Blob {Digest} cannot be read from its container {Container}; it keeps its own bytes where it has them", delta.Digest, delta.Container);
            return false;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
