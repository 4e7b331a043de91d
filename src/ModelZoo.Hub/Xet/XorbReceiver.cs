using System.Collections.Concurrent;
using System.IO.Pipelines;
using System.Security.Cryptography;
using ModelZoo.Git;
using ModelZoo.Hub.Accounts;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Repositories;
using ModelZoo.Hub.Repositories.Access;
using ModelZoo.Hub.Storage;
using ModelZoo.Xet;

namespace ModelZoo.Hub.Xet;

/// <summary>
/// Takes a serialized xorb in one pass: each chunk is decoded and hashed as it arrives, and what is to be kept goes to a file that
/// has no name until everything was right. Then it becomes a blob like any other, and a xorb over that blob.
/// </summary>
sealed class XorbReceiver(XorbStore store, Xorbs xorbs, UploadStore uploads, IBlobStore blobs, HubOptions options)
{
    /// <summary>What accounts have sent without using it, at most: as it was last counted, and all that came here since.</summary>
    readonly ConcurrentDictionary<long, long> _unused = new();

    /// <exception cref="Refusal">Not a xorb, not the one that was named, or more than the account may leave unused.</exception>
    public async Task ReceiveAsync(ContributingRepository repository, XetHash named, Stream content, CancellationToken stop)
    {
        var account = repository.Author;
        await RequireAllowanceAsync(account, stop);
        // Known content is verified all the same: having it is what gives the right to it.
        var isKnown = await xorbs.FindAsync(named, stop) is not null;
        using var staged = isKnown ? null : StagedFile.Create(Path.Combine(options.DataFolder, "staging"));
        using var sha = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var global = new List<(XetHash Hash, int Index)>();
        var index = await ReadAsync(content, staged, sha, global, stop);
        if (index.Hash != named) throw Refusal.Invalid($"These chunks make the xorb {index.Hash}, not {named}.");

        if (await store.TryGrantAsync(account.Id, named, stop)) return;
        xorbs.Forget(named);
        if (staged is null) throw XorbStore.BeingRemoved();
        await StoreAsync(repository, Digest.FromHash(sha.GetHashAndReset()), index, staged, global, stop);
    }

    async Task RequireAllowanceAsync(Account account, CancellationToken stop)
    {
        if (_unused.TryGetValue(account.Id, out var atMost) && atMost <= options.Xet.UnusedBytesPerAccount) return;
        var unused = await store.UnusedBytesAsync(account.Id, stop);
        _unused[account.Id] = unused;
        if (unused > options.Xet.UnusedBytesPerAccount)
            throw Refusal.Forbidden($"{account.Handle} has sent {options.Xet.UnusedBytesPerAccount} bytes within a day that no file uses; register files, or wait.");
    }

    static async Task<XorbIndex> ReadAsync(Stream content, StagedFile? staged, IncrementalHash sha, List<(XetHash, int)> global, CancellationToken stop)
    {
        var reader = new XorbReader(content);
        try
        {
            for (var i = 0; await reader.ReadAsync(stop); i++)
            {
                if (reader.Hash.IsGlobal) global.Add((reader.Hash, i));
                if (staged is null) continue;
                sha.AppendData(reader.Stored.Span);
                staged.Append(reader.Stored.Span);
            }
            return reader.Index;
        }
        catch (XetFormatException wrong)
        {
            throw Refusal.Invalid($"This is not a xorb: {wrong.Message}");
        }
    }

    async Task StoreAsync(
        ContributingRepository repository, Digest digest, XorbIndex index, StagedFile staged, IReadOnlyList<(XetHash, int)> global, CancellationToken stop)
    {
        // The upload's row keeps the sweeper from bytes that have no blob's row yet.
        var upload = await uploads.AddAsync(repository.Id, repository.Author.Id, digest, index.StoredLength, null, null, stop);
        await uploads.RefuseWhileSweepingAsync(digest, stop);
        var reader = PipeReader.Create(staged.OpenRead(), new StreamPipeReaderOptions(bufferSize: 256 * 1024));
        try
        {
            await blobs.WriteAsync(digest, index.StoredLength, reader, stop);
        }
        finally
        {
            await reader.CompleteAsync();
        }
        var row = new XorbRow
        {
            Hash = index.Hash.ToString(), Digest = digest.Hex, ChunkCount = index.Count, PackedBytes = index.StoredLength, UnpackedBytes = index.ContentLength,
            Chunks = index.Encode(),
        };
        await store.AddAsync(upload, row, global, CancellationToken.None);
        _unused.AddOrUpdate(repository.Author.Id, index.StoredLength, (_, before) => before + index.StoredLength);
        ZooMeter.BlobBytesStored.Add(index.StoredLength);
    }
}
