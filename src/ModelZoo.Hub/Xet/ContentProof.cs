using System.Buffers;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using Microsoft.Extensions.Caching.Memory;
using ModelZoo.Git;
using ModelZoo.Hub.Storage;
using ModelZoo.Xet;

namespace ModelZoo.Hub.Xet;

/// <summary>
/// Finds the SHA-256 of a file by putting it together from its terms. A file's hash stands for its chunks and so for its bytes: what
/// was found once is kept, and whoever asks while it is being found waits for the same answer. So a client that lost patience
/// with a large file finds the work done when it tries again.
/// </summary>
sealed class ContentProof(IBlobStore blobs, Xorbs xorbs, XorbBytes bytes) : IDisposable
{
    const int CachedProofs = 100_000;

    const int ReadBytes = 256 * 1024;

    /// <summary>Proofs are pure work: more at once than there are processors would only keep each other waiting.</summary>
    readonly SemaphoreSlim _turns = new(Math.Max(2, Environment.ProcessorCount));

    readonly MemoryCache _proven = new(new MemoryCacheOptions { SizeLimit = CachedProofs });
    readonly ConcurrentDictionary<XetHash, Lazy<Task<Digest>>> _underWay = new();
    readonly CancellationTokenSource _closing = new();

    /// <param name="terms">They were checked: their chunks make exactly this file hash.</param>
    /// <param name="passed">Told how many bytes were read, now and then; only the first who asks is told.</param>
    public async Task<Digest> FindAsync(XetHash file, IReadOnlyList<XetTerm> terms, Action<long>? passed, CancellationToken stop)
    {
        if (_proven.TryGetValue(file, out Digest? known)) return known!;
        var work = _underWay.GetOrAdd(file, _ => new(() => Task.Run(() => HashAsync(terms, passed, _closing.Token))));
        try
        {
            var digest = await work.Value.WaitAsync(stop);
            _proven.Set(file, digest, new MemoryCacheEntryOptions { Size = 1 });
            return digest;
        }
        finally
        {
            if (work.Value.IsCompleted) _underWay.TryRemove(new(file, work));
            else _ = work.Value.ContinueWith(done => Finish(file, work, done), TaskScheduler.Default);
        }
    }

    void Finish(XetHash file, Lazy<Task<Digest>> work, Task<Digest> done)
    {
        if (done.IsCompletedSuccessfully) _proven.Set(file, done.Result, new MemoryCacheEntryOptions { Size = 1 });
        _ = done.Exception;
        _underWay.TryRemove(new(file, work));
    }

    async Task<Digest> HashAsync(IReadOnlyList<XetTerm> terms, Action<long>? passed, CancellationToken stop)
    {
        var length = terms.Count == 0 ? 0 : terms[^1].FileOffset + terms[^1].UnpackedBytes;
        await _turns.WaitAsync(stop);
        using var sha = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = ArrayPool<byte>.Shared.Rent(ReadBytes);
        try
        {
            if (length > 0)
            {
                await using var content = await TermStream.OpenAsync(blobs, xorbs, bytes, terms, 0, length, stop);
                long position = 0;
                for (int read; (read = await content.ReadAsync(buffer.AsMemory(0, ReadBytes), stop)) > 0;)
                {
                    sha.AppendData(buffer, 0, read);
                    passed?.Invoke(position += read);
                }
            }
            return Digest.FromHash(sha.GetHashAndReset());
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
            _turns.Release();
        }
    }

    public void Dispose()
    {
        _closing.Cancel();
        _proven.Dispose();
        _closing.Dispose();
    }
}
