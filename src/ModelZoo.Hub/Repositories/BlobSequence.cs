using ModelZoo.Git;
using ModelZoo.Hub.Storage;
using ModelZoo.Weights;

namespace ModelZoo.Hub.Repositories;

/// <summary>
/// A blob that is read from the store by ranges. Reads that follow one another share one request, so that a tensor of gigabytes is not asked for
/// piece by piece; a read elsewhere is a request for just that. For one reader at a time.
/// </summary>
sealed class BlobSequence(IBlobStore blobs, LfsPointer pointer) : IByteSource, IDisposable
{
    readonly SemaphoreSlim _turn = new(1, 1);
    Stream? _stream;
    long _next = -1;

    public long Length => pointer.SizeBytes;

    public async ValueTask<int> ReadAsync(long offset, Memory<byte> buffer, CancellationToken stop)
    {
        var length = (int)Math.Min(buffer.Length, Length - offset);
        if (length <= 0) return 0;
        await _turn.WaitAsync(stop);
        try
        {
            if (offset != _next) await CloseAsync();
            // The second read in a row opens the rest of the blob; whoever turns away later drops it.
            else _stream ??= await blobs.OpenReadAsync(pointer.Digest, offset, Length - offset, stop);
            if (_stream is { } running) await running.ReadExactlyAsync(buffer[..length], stop);
            else
            {
                await using var once = await blobs.OpenReadAsync(pointer.Digest, offset, length, stop);
                await once.ReadExactlyAsync(buffer[..length], stop);
            }
            _next = offset + length;
            return length;
        }
        catch
        {
            await CloseAsync();
            throw;
        }
        finally
        {
            _turn.Release();
        }
    }

    async ValueTask CloseAsync()
    {
        if (_stream is { } open) await open.DisposeAsync();
        (_stream, _next) = (null, -1);
    }

    public void Dispose()
    {
        _stream?.Dispose();
        _turn.Dispose();
    }
}
