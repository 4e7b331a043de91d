using System.Collections.Concurrent;
using System.IO.Pipelines;
using System.Security.Cryptography;
using Microsoft.Extensions.Hosting;
using ModelZoo.Git;
using ModelZoo.Hub.Database;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Repositories.Access;
using ModelZoo.Hub.Storage;

namespace ModelZoo.Hub.Repositories;

/// <summary>
/// Receives large content: a promise (row), then bytes that are verified and made durable by the blob store, then the blob's
/// row and the sender's right to refer to it. Nothing is visible before its bytes are.
/// </summary>
sealed class BlobUploads(IBlobStore blobs, UploadStore uploads, IHostApplicationLifetime host)
{
    /// <summary>Size of the parts that large uploads are cut into: few enough requests, little to repeat after a break.</summary>
    const long SmallestPartBytes = 32L * 1024 * 1024;

    const int MostParts = 9_000;                    // S3 allows 10,000

    /// <summary>How long an address outside the hub takes a part.</summary>
    static readonly TimeSpan s_addressFor = TimeSpan.FromHours(12);

    /// <summary>Completions under way on this node: whoever asks again after his connection broke joins, so that checking a large file ends some time.</summary>
    readonly ConcurrentDictionary<long, Lazy<Task>> _completions = new();

    public const long MaxBlobBytes = 5L * 1024 * 1024 * 1024 * 1024;   // S3's largest object

    /// <param name="mayGoElsewhere">The sender can send to an address outside the hub, where the store has such.</param>
    /// <returns>Null when there is nothing left to send: the hub was interrupted between storing the bytes and saying so.</returns>
    public async Task<Upload?> BeginAsync(
        ReadableRepository repository, Digest digest, long sizeBytes, bool inParts, bool mayGoElsewhere, CancellationToken stop)
    {
        var (repositoryId, accountId) = (repository.Id, repository.Actor.Account!.Id);
        var direct = mayGoElsewhere && blobs.TakesDirectParts(sizeBytes) && (inParts || sizeBytes <= PartsUpload.MaxPartBytes);
        if (!inParts && !direct) return await uploads.AddAsync(repositoryId, accountId, digest, sizeBytes, null, null, stop);

        if (await uploads.FindUnfinishedPartsAsync(repositoryId, accountId, digest, sizeBytes, stop) is { } unfinished
            && (inParts || unfinished.Parts.PartCount == 1) && direct == FindAddress(unfinished, 1) is not null)
            return await TryFinishAsync(unfinished, stop) ? null : unfinished;
        var partBytes = inParts ? Math.Max(SmallestPartBytes, RoundUp((sizeBytes + MostParts - 1) / MostParts)) : Math.Max(PartsUpload.MinPartBytes, sizeBytes);
        var handle = direct
            ? await blobs.BeginDirectPartsAsync(digest, sizeBytes, partBytes, stop)
            : await blobs.BeginPartsAsync(digest, sizeBytes, partBytes, stop);
        return await uploads.AddAsync(repositoryId, accountId, digest, sizeBytes, partBytes, handle, stop);
    }

    /// <summary>Where outside the hub a part is to be sent; null where the hub takes it.</summary>
    public Uri? FindAddress(Upload upload, int number) => upload.PartBytes is null ? null : blobs.SignPart(upload.Parts, number, s_addressFor);

    /// <summary>The ETags of the parts that are stored already, by number.</summary>
    public Task<IReadOnlyDictionary<int, string>> ListPartsAsync(Upload upload, CancellationToken stop) => blobs.ListPartsAsync(upload.Parts, stop);

    public async Task<Upload> GetAsync(long id, CancellationToken stop) =>
        await uploads.FindAsync(id, stop) ?? throw Refusal.NotFound("This upload is unknown or has expired; ask for a new one.");

    /// <summary>Takes the whole content in one pass.</summary>
    public async Task ReceiveAsync(Upload upload, PipeReader content, CancellationToken stop)
    {
        if (upload.PartBytes is not null) throw Refusal.Invalid("This upload takes its content elsewhere or in parts, not in one request here.");
        await uploads.RefuseWhileSweepingAsync(upload.Digest, stop);
        await blobs.WriteAsync(upload.Digest, upload.SizeBytes, content, stop);
        await uploads.FinishAsync(upload, CancellationToken.None);
        ZooMeter.BlobBytesStored.Add(upload.SizeBytes);
    }

    /// <summary>Takes a file of this machine, for jobs that made it; a file whose content is stored already is not stored again.</summary>
    public async Task<PutLarge> TakeFileAsync(ContributingRepository repository, RepoPath path, string localPath, Digest digest, long sizeBytes, CancellationToken stop)
    {
        if (await BeginAsync(repository, digest, sizeBytes, inParts: false, mayGoElsewhere: false, stop) is { } upload)
        {
            await using var content = File.OpenRead(localPath);
            var reader = PipeReader.Create(content, new StreamPipeReaderOptions(bufferSize: 1 << 20, leaveOpen: true));
            await ReceiveAsync(upload, reader, stop);
            await reader.CompleteAsync();
        }
        return new(path, digest, sizeBytes);
    }

    /// <summary>The same for a file whose digest is not known yet: it is read twice.</summary>
    public async Task<PutLarge> TakeFileAsync(ContributingRepository repository, RepoPath path, string localPath, CancellationToken stop)
    {
        await using var content = File.OpenRead(localPath);
        var digest = Digest.FromHash(await SHA256.HashDataAsync(content, stop));
        return await TakeFileAsync(repository, path, localPath, digest, content.Length, stop);
    }

    /// <returns>The part's ETag, quoted.</returns>
    public async Task<string> ReceivePartAsync(Upload upload, int number, PipeReader content, CancellationToken stop)
    {
        if (upload.PartBytes is null) throw Refusal.Invalid("This upload takes its content in one request, not in parts.");
        if (number < 1 || number > upload.Parts.PartCount) throw Refusal.Invalid($"This upload has the parts 1 to {upload.Parts.PartCount}; there is no part {number}.");
        if (upload.FinishedAt is not null) throw Refusal.Conflict("This upload is complete already.");
        return await blobs.WritePartAsync(upload.Parts, number, content, stop);
    }

    /// <summary>The part's ETag when it is stored already, else null.</summary>
    public async Task<string?> FindPartAsync(Upload upload, int number, CancellationToken stop) =>
        upload.PartBytes is null || upload.FinishedAt is not null ? null : (await blobs.ListPartsAsync(upload.Parts, stop)).GetValueOrDefault(number);

    /// <param name="named">The parts that the client says it sent.</param>
    public async Task CompleteAsync(Upload upload, IReadOnlyDictionary<int, string> named, CancellationToken stop)
    {
        if (upload.PartBytes is null) throw Refusal.Invalid("This upload takes its content in one request, not in parts.");
        if (upload.FinishedAt is not null || await TryFinishAsync(upload, stop)) return;
        await RequireAllPartsAsync(upload, named, stop);
        await JoinPartsOnceAsync(upload, stop);
    }

    async Task RequireAllPartsAsync(Upload upload, IReadOnlyDictionary<int, string> named, CancellationToken stop)
    {
        if (_completions.ContainsKey(upload.Id)) return;        // they were there when it began
        var stored = await blobs.ListPartsAsync(upload.Parts, stop);
        for (var number = 1; number <= upload.Parts.PartCount; number++)
        {
            if (!stored.TryGetValue(number, out var etag))
            {
                // Joined, so no longer listed, but the hub died before it could check: the store knows how to go on.
                if (stored.Count == 0 && await blobs.IsJoinedAsync(upload.Parts, stop)) return;
                throw Refusal.Invalid($"Part {number} of {upload.Parts.PartCount} was not sent.");
            }
            if (named.TryGetValue(number, out var claimed) && claimed.Trim('"') != etag.Trim('"'))
                throw Refusal.Invalid($"Part {number} is stored with ETag {etag}, not {claimed}.");
        }
    }

    /// <summary>
    /// Finishes what this author sent outside the hub for this repository and nobody completed: not every client says when it has
    /// sent something (git-lfs calls verify, @huggingface/hub goes on with the commit).
    /// </summary>
    public async Task FinishSentAsync(ContributingRepository repository, IReadOnlyCollection<Digest> digests, CancellationToken stop)
    {
        foreach (var slice in digests.Distinct().Chunk(Sql.MaxInList))
            foreach (var upload in await uploads.ListUnfinishedPartsAsync(repository.Id, repository.Author.Id, slice, stop))
                await FinishIfSentAsync(upload, stop);
    }

    async Task FinishIfSentAsync(Upload upload, CancellationToken stop)
    {
        if (FindAddress(upload, 1) is null || await TryFinishAsync(upload, stop)) return;
        var isThere = (await blobs.ListPartsAsync(upload.Parts, stop)).Count == upload.Parts.PartCount || await blobs.IsJoinedAsync(upload.Parts, stop);
        if (isThere) await JoinPartsOnceAsync(upload, stop);
    }

    Task JoinPartsOnceAsync(Upload upload, CancellationToken stop) =>
        _completions.GetOrAdd(upload.Id, _ => new(() => JoinPartsAsync(upload))).Value.WaitAsync(stop);

    async Task JoinPartsAsync(Upload upload)
    {
        // Not the caller's token: clients give up after seconds, and joining and hashing a large file takes minutes.
        var stop = host.ApplicationStopping;
        try
        {
            await uploads.RefuseWhileSweepingAsync(upload.Digest, stop);
            await blobs.CompletePartsAsync(upload.Parts, stop);
            await uploads.FinishAsync(upload, CancellationToken.None);
            ZooMeter.BlobBytesStored.Add(upload.SizeBytes);
        }
        catch (Refusal refusal) when (refusal.Kind is RefusalKind.Invalid or RefusalKind.NotFound)
        {
            // The parts are all there, so it is their content that is wrong, and the store has dropped them (or had before):
            // whoever asks again begins anew rather than going on with what is gone.
            await uploads.ExpireAsync(upload.Id, CancellationToken.None);
            throw;
        }
        finally
        {
            _completions.TryRemove(upload.Id, out _);
        }
    }

    /// <summary>Finishes an upload whose bytes the store has verified and published already.</summary>
    async Task<bool> TryFinishAsync(Upload upload, CancellationToken stop)
    {
        if (!await blobs.WasCompletedAsync(upload.Parts, stop)) return false;
        await uploads.RefuseWhileSweepingAsync(upload.Digest, stop);
        await uploads.FinishAsync(upload, CancellationToken.None);
        return true;
    }

    static long RoundUp(long bytes) => (bytes + (1 << 20) - 1) >> 20 << 20;
}
