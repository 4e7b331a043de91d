using System.Buffers;
using System.Data.Common;
using ModelZoo.Hub.Jobs;
using ModelZoo.Hub.Repositories;
using ModelZoo.Hub.Storage;
using ModelZoo.Xet;

namespace ModelZoo.Hub.Xet;

/// <summary>
/// `xet.chunk`: cuts a repository's whole blobs into chunks as clients do, and describes them as xorbs that are views of the blob. No
/// byte is stored twice. What came by LFS can then be fetched by Xet, and what is sent by Xet later need not repeat it.
/// </summary>
sealed class ChunkingJob(RepositoryStore repositories, ChunkingStore store, XetFiles files, IBlobStore blobs, HubOptions options) : JobHandler<ChunkingWork>
{
    const int ReadBytes = 1024 * 1024;

    public override string Name => ChunkingWork.JobName;

    protected override async Task<string> RunAsync(ChunkingWork payload, JobRun run, CancellationToken stop)
    {
        if (options.Xet.ChunkFilesFromBytes < 0) return "The hub does not cut files into chunks.";
        if (await repositories.FindAsync(payload.RepositoryId, stop) is null) return "The repository is gone.";
        var (done, bytes) = (0, 0L);
        for (var after = ""; await store.ListAsync(payload.RepositoryId, after, options.Xet.ChunkFilesFromBytes, 20, stop) is { Count: > 0 } page; after = page[^1].DigestHex)
            foreach (var blob in page)
            {
                if (!await TryCutAsync(blob, run, stop)) continue;
                files.Forget(blob.Digest);
                (done, bytes) = (done + 1, bytes + blob.SizeBytes);
            }
        return $"{done} files with {bytes} bytes were cut into chunks.";
    }

    /// <summary>False when the blob, or one that it shares chunks with, is being removed: there is nothing to do, or it is tried again later.</summary>
    async Task<bool> TryCutAsync(UncutBlob blob, JobRun run, CancellationToken stop)
    {
        var chunker = new GearChunker();
        var views = new ViewWriter(blob, store);
        var buffer = ArrayPool<byte>.Shared.Rent(ReadBytes + XetLimits.MaxChunkBytes);
        try
        {
            await using var content = await blobs.OpenReadAsync(blob.Digest, 0, blob.SizeBytes, stop);
            // Bytes from 0 to `scanned` belong to the open chunk; those behind it, up to `filled`, were not looked at yet.
            for (int filled = 0, scanned = 0; ;)
            {
                var read = await content.ReadAsync(buffer.AsMemory(filled, buffer.Length - filled), stop);
                filled += read;
                var begin = 0;
                while (scanned < filled && chunker.TryCut(buffer.AsSpan(scanned, filled - scanned), out var taken))
                {
                    scanned += taken;
                    if (!await views.AddAsync(Hashed(buffer.AsSpan(begin, scanned - begin)), stop)) return false;
                    begin = scanned;
                }
                if (read == 0)
                {
                    chunker.Finish();
                    if (begin < filled && !await views.AddAsync(Hashed(buffer.AsSpan(begin, filled - begin)), stop)) return false;
                    break;
                }
                buffer.AsSpan(begin, filled - begin).CopyTo(buffer);
                (filled, scanned) = (filled - begin, filled - begin);
                run.Report((double)views.Position / blob.SizeBytes, $"Cutting {blob.Digest.Hex[..12]} into chunks");
            }
            return await views.FinishAsync(stop);
        }
        catch (IOException error)
        {
            run.Log($"blob {blob.Digest}: {error.Message}");
            return false;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    static XetChunk Hashed(ReadOnlySpan<byte> chunk) => new(XetHashes.OfChunk(chunk), chunk.Length);
}

/// <summary>Asks for chunks in the commit that links large files of which there are none yet.</summary>
sealed class ChunkingFollower(JobStore jobs, HubOptions options) : ICommitFollower
{
    public async Task FollowAsync(DbTransaction transaction, PreparedCommit commit, CancellationToken stop)
    {
        if (!options.Xet.Enabled || options.Xet.ChunkFilesFromBytes < 0 || commit.Links.Count == 0) return;
        if (await ChunkingStore.AnyAsync(transaction, [.. commit.Links.Select(link => link.Digest)], options.Xet.ChunkFilesFromBytes, stop))
            await jobs.EnqueueAsync(transaction, ChunkingWork.JobFor(commit.Repository.Id), stop);
    }
}

/// <summary>Views can be thrown away and made again: reindexing asks for those that are missing.</summary>
sealed class ChunkingProjection(JobStore jobs, ChunkingStore store, HubOptions options) : ILateProjection
{
    public async Task RebuildAsync(Repository repository, JobRun run, CancellationToken stop)
    {
        if (!options.Xet.Enabled || options.Xet.ChunkFilesFromBytes < 0) return;
        if (await store.ListAsync(repository.Id, "", options.Xet.ChunkFilesFromBytes, 1, stop) is { Count: > 0 })
            await jobs.EnqueueAsync(ChunkingWork.JobFor(repository.Id), stop);
    }
}
