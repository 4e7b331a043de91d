using System.Buffers;
using System.Security.Cryptography;
using ModelZoo.Git;

namespace ModelZoo.Client;

public sealed partial class ZooClient
{
    /// <summary>Brings one file to disk; large files in parallel ranges, resumed where an earlier try ended, checked, and moved into place whole.</summary>
    /// <param name="repo">Where from.</param>
    /// <param name="path">Which file.</param>
    /// <param name="target">Where to; folders are made, an older file is replaced.</param>
    /// <param name="revision">Branch, tag or commit.</param>
    /// <param name="progress">Told as bytes arrive.</param>
    /// <param name="stop">Cancels; what came so far is kept beside the target for the next try.</param>
    /// <exception cref="ZooVerificationException">The content is not what its digest says.</exception>
    public async Task<FileMetadata> DownloadFileAsync(RepoId repo, RepoPath path, string target, string revision = DefaultBranch,
        IProgress<TransferProgress>? progress = null, CancellationToken stop = default)
    {
        var file = await GetFileMetadataAsync(repo, path, revision, stop);
        // From here on by commit, so that a push in between cannot mix two files.
        using var xet = IsWorthChunks(file) ? await XetAccess.FindAsync(_hub, XetAccess.ReadPath(repo, file.Commit), stop) : null;
        await new FileDownload(_hub, ResolvePath(repo, path, file.Commit), file, target, progress, xet).RunAsync(stop);
        return file;
    }

    /// <summary>Below this a file comes in one request as it is, where chunks would take three.</summary>
    const long ChunksFromBytes = 4 << 20;

    bool IsWorthChunks(FileMetadata file) => Options.UseXet && file.XetHash is not null && file.SizeBytes >= ChunksFromBytes;

    /// <summary>Copies a file's bytes into a stream as they arrive, continuing over lost connections.</summary>
    /// <remarks>The digest is known only at the end: on <see cref="ZooVerificationException"/> the stream already holds wrong bytes.</remarks>
    public async Task<FileMetadata> DownloadAsync(RepoId repo, RepoPath path, Stream target, string revision = DefaultBranch,
        IProgress<TransferProgress>? progress = null, CancellationToken stop = default)
    {
        var file = await GetFileMetadataAsync(repo, path, revision, stop);
        var address = ResolvePath(repo, path, file.Commit);
#pragma warning disable CA5350 // git names blobs by SHA-1
        using var hash = IncrementalHash.CreateHash(file.ETag.Length == 64 ? HashAlgorithmName.SHA256 : HashAlgorithmName.SHA1);
#pragma warning restore CA5350
        if (file.ETag.Length == 40) hash.AppendData(System.Text.Encoding.ASCII.GetBytes($"blob {file.SizeBytes}\0"));
        var buffer = ArrayPool<byte>.Shared.Rent(128 * 1024);
        try
        {
            var failures = 0;
            for (long done = 0; done < file.SizeBytes;)
            {
                try
                {
                    using var reader = await RangeReader.OpenAsync(_hub, address, new(done, file.SizeBytes - done), file.SizeBytes, stop);
                    if (reader.Start != done) throw new ZooApiException(200, "The connection broke, and the hub cannot send the rest of a file.");
                    while (done < file.SizeBytes)
                    {
                        var read = await reader.ReadAsync(buffer.AsMemory(0, (int)Math.Min(buffer.Length, file.SizeBytes - done)), stop);
                        hash.AppendData(buffer, 0, read);
                        await target.WriteAsync(buffer.AsMemory(0, read), stop);
                        (done, failures) = (done + read, 0);
                        progress?.Report(new(path, TransferStage.Downloading, done, file.SizeBytes));
                    }
                }
                catch (LostConnectionException) when (!stop.IsCancellationRequested && ++failures < Options.MaxAttempts)
                {
                    await Task.Delay(Options.RetryDelay * failures, Options.Clock, stop);
                }
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
        if (file.ETag.Length is 40 or 64 && Convert.ToHexStringLower(hash.GetHashAndReset()) != file.ETag)
            throw new ZooVerificationException($"'{path}' arrived with other content than its digest {file.ETag} names.");
        progress?.Report(new(path, TransferStage.Done, file.SizeBytes, file.SizeBytes));
        return file;
    }

    /// <summary>Brings a repository's files, or those a filter chooses, into a folder. Files that are there already are checked and left alone.</summary>
    public async Task<SnapshotOutcome> DownloadSnapshotAsync(RepoId repo, string folder, SnapshotOptions? options = null,
        IProgress<TransferProgress>? progress = null, CancellationToken stop = default)
    {
        options ??= new();
        var commit = (await GetRepositoryAsync(repo, options.Revision, stop: stop)).Sha
            ?? throw new ZooApiException(200, $"The hub does not say which commit '{options.Revision}' of {repo} is.");
        var files = new List<TreeItem>();
        await foreach (var entry in ListTreeAsync(repo, commit, recursive: true, stop: stop))
            if (entry.IsFile && options.Filter.Accepts(entry.Path) && options.Only?.Invoke(entry.Path) != false) files.Add(entry);

        FileMetadata[] described = [.. files.Select(entry => new FileMetadata(entry.Path, commit, entry.ETag, entry.SizeBytes, entry.Lfs is not null, entry.XetHash))];
        using var xet = Array.Exists(described, IsWorthChunks) ? await XetAccess.FindAsync(_hub, XetAccess.ReadPath(repo, commit), stop) : null;
        var (movedFiles, movedBytes) = (0, 0L);
        var work = new ParallelOptions { MaxDegreeOfParallelism = Math.Max(1, Options.ParallelFiles), CancellationToken = stop };
        await Parallel.ForEachAsync(described, work, async (file, stopFile) =>
        {
            // The listing already says what a HEAD would: one request per file.
            var target = Path.Combine([folder, .. file.Path.Segments]);
            if (!await new FileDownload(_hub, ResolvePath(repo, file.Path, commit), file, target, progress, IsWorthChunks(file) ? xet : null).RunAsync(stopFile)) return;
            Interlocked.Increment(ref movedFiles);
            Interlocked.Add(ref movedBytes, file.SizeBytes);
        });
        return new(commit, files.Count, movedFiles, movedBytes);
    }
}
