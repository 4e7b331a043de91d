using System.Security.Cryptography;
using ModelZoo.Git;
using ModelZoo.Xet;

namespace ModelZoo.Client;

/// <summary>A large file on its way. Its digest, and its chunks where it goes as such, may be known already.</summary>
sealed record PendingFile(RepoPath Path, UploadSource Source, Digest? Digest, IReadOnlyList<XetChunk>? Chunks = null);

/// <summary>What an upload did: the files with their digests, bytes that went over the wire, and bytes of the files that need not.</summary>
sealed record XetOutcome(IReadOnlyList<LargeFile> Files, long SentBytes, long KnownBytes);

/// <summary>Sends large files as chunks: reads and cuts, leaves out what is known, packs the rest into xorbs that are sent meanwhile, then registers the files.</summary>
sealed class XetUpload(HubTransport hub, XetAccess access, IProgress<TransferProgress>? progress)
{
    /// <summary>Half of what a hub must take: three on their way and one being packed take memory on this side.</summary>
    const int XorbBytes = 32 << 20;

    /// <summary>For smaller files the question costs more than the answer can save.</summary>
    const int AskAboutFirstChunkFrom = 1 << 20;

    readonly XorbWriter _packed = new(XorbBytes);
    readonly List<ShardXorb> _xorbs = [];
    XorbBuild _open = new();

    public async Task<XetOutcome> RunAsync(IReadOnlyList<PendingFile> files, CancellationToken stop)
    {
        var known = new XetDeduplication(access, hub.Options, asksHub: true);
        try
        {
            return await RunAsync(files, known, stop);
        }
        catch (ZooApiException e) when (e.Status == 400 && known.ReliesOnHub)
        {
            // A xorb that was there when it was offered may be gone, or out of reach, by now. Send everything instead.
            _xorbs.Clear();
            if (_packed.Count > 0) _packed.Finish();
            _open = new();
            return await RunAsync(files, new(access, hub.Options, asksHub: false), stop);
        }
    }

    async Task<XetOutcome> RunAsync(IReadOnlyList<PendingFile> files, XetDeduplication known, CancellationToken stop)
    {
        await using var sender = new XorbSender(access, hub.Options, _packed.Recycle, stop);
        var built = new List<(LargeFile File, XetFileBuild Build, XetProgress Progress)>();
        foreach (var file in files)
        {
            var news = new XetProgress(file.Path, file.Source.SizeBytes, progress);
            var build = new XetFileBuild();
            var digest = file is { Chunks: { } chunks, Digest: { } surveyed }
                ? await PackSurveyedAsync(file.Source, chunks, surveyed, build, news, known, sender, stop)
                : await PackAsync(file, build, news, known, sender, stop);
            built.Add((new(file.Path, file.Source, digest), build, news));
        }
        if (_packed.Count > 0) await SendPackedAsync(sender);
        await sender.FinishAsync();
        await RegisterAsync(built, stop);
        foreach (var (_, _, news) in built) news.Finish();
        return new([.. built.Select(one => one.File)], sender.SentBytes, built.Sum(one => one.Progress.KnownBytes));
    }

    /// <summary>A new version of a file: with all its chunks at hand the hub is asked about all of them first, then only what is new is read again.</summary>
    async Task<Digest> PackSurveyedAsync(
        UploadSource source, IReadOnlyList<XetChunk> chunks, Digest digest, XetFileBuild build, XetProgress news, XetDeduplication known, XorbSender sender, CancellationToken stop)
    {
        await known.AskAsync(chunks, isStartOfFile: source.SizeBytes >= AskAboutFirstChunkFrom, stop);
        var buffer = new byte[XetLimits.MaxChunkBytes];
        await using var content = source.Open();
        long position = 0;
        foreach (var chunk in chunks)
        {
            if (known.Find(chunk) is { } place)
            {
                news.Known(chunk.Length);
            }
            else
            {
                content.Position = position;
                var bytes = buffer.AsMemory(0, chunk.Length);
                if (await content.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false, stop) < bytes.Length || XetHashes.OfChunk(bytes.Span) != chunk.Hash)
                    throw new IOException("A file changed while it was being uploaded.");
                place = await PackChunkAsync(chunk, bytes, news, known, sender);
            }
            build.Add(chunk, place);
            position += chunk.Length;
        }
        return digest;
    }

    /// <summary>A file that is new at its path: read once, and sent while it is read.</summary>
    async Task<Digest> PackAsync(PendingFile file, XetFileBuild build, XetProgress news, XetDeduplication known, XorbSender sender, CancellationToken stop)
    {
        using var sha = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var isStart = file.Source.SizeBytes >= AskAboutFirstChunkFrom;
        await foreach (var batch in ChunkFeed.ReadAsync(file.Source, sha, stop))
        {
            using (batch)
            {
                await known.AskAsync(batch.Chunks, isStart, stop);
                isStart = false;
                for (var i = 0; i < batch.Count; i++)
                {
                    var chunk = batch[i];
                    if (known.Find(chunk) is { } place) news.Known(chunk.Length);
                    else place = await PackChunkAsync(chunk, batch.ContentOf(i), news, known, sender);
                    build.Add(chunk, place);
                }
            }
        }
        return Digest.FromHash(sha.GetHashAndReset());
    }

    async ValueTask<ChunkPlace> PackChunkAsync(XetChunk chunk, ReadOnlyMemory<byte> content, XetProgress news, XetDeduplication known, XorbSender sender)
    {
        if (!_packed.TryAdd(chunk.Hash, content.Span))
        {
            await SendPackedAsync(sender);
            _packed.TryAdd(chunk.Hash, content.Span);
        }
        var place = new ChunkPlace(_open, _packed.Count - 1);
        known.Add(chunk.Hash, place);
        _open.Share(news, chunk.Length);
        return place;
    }

    async Task SendPackedAsync(XorbSender sender)
    {
        var xorb = _packed.Finish();
        var build = _open;
        _open = new();
        build.Name(xorb.Hash);
        _xorbs.Add(ShardXorb.Of(xorb.Index));
        await sender.AddAsync(xorb, build);
    }

    /// <summary>Every xorb is described once; then come the files, in as many shards as they need.</summary>
    async Task RegisterAsync(List<(LargeFile File, XetFileBuild Build, XetProgress Progress)> built, CancellationToken stop)
    {
        var sender = new ShardSender(access, hub.Options);
        var (files, xorbs, entries) = (new List<ShardFile>(), new List<ShardXorb>(), 0);
        foreach (var xorb in _xorbs)
        {
            await MakeRoomAsync(1 + xorb.Chunks.Count);
            xorbs.Add(xorb);
        }
        foreach (var (file, build, _) in built)
        {
            await MakeRoomAsync(build.Entries);
            files.Add(build.Finish(file.Digest));
        }
        if (files.Count + xorbs.Count > 0) await sender.SendAsync(new(files, xorbs, null), stop);

        async Task MakeRoomAsync(int more)
        {
            if (entries > 0 && entries + more > ShardSender.MaxEntries)
            {
                await sender.SendAsync(new(files, xorbs, null), stop);
                files.Clear();
                xorbs.Clear();
                entries = 0;
            }
            entries += more;
        }
    }
}
