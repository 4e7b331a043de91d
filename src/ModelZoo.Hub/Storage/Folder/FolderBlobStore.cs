using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using ModelZoo.Git;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Storage.Receiving;

namespace ModelZoo.Hub.Storage;

/// <summary>
/// Blobs as files of one folder, for a hub on one machine; <see cref="FolderLayout"/> says where. One process writes to a
/// folder at a time; others may read, list and delete blobs beside it.
/// </summary>
sealed class FolderBlobStore : IBlobStore
{
    readonly FolderLayout _layout;
    readonly FolderParts _parts;
    readonly TimeProvider _time;

    public FolderBlobStore(string root, TimeProvider? time = null)
    {
        _layout = new(Path.GetFullPath(root));
        _time = time ?? TimeProvider.System;
        _parts = new(_layout, this);
        Disk.CreateFolder(_layout.Blobs);
        Disk.CreateFolder(_layout.Staging);
    }

    public Task<long?> FindSizeAsync(Digest digest, CancellationToken stop)
    {
        var file = new FileInfo(_layout.Blob(digest));
        return Task.FromResult(file.Exists ? file.Length : (long?)null);
    }

    public Task<Stream> OpenReadAsync(Digest digest, long offset, long length, CancellationToken stop)
    {
        try
        {
            var file = File.OpenHandle(_layout.Blob(digest), FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            return Task.FromResult<Stream>(new FileRangeStream(file, offset, length));
        }
        catch (DirectoryNotFoundException)
        {
            throw new FileNotFoundException($"There is no blob {digest}.");
        }
    }

    public string? FindLocalFile(Digest digest) => _layout.Blob(digest) is var path && File.Exists(path) ? path : null;

    // A folder has no addresses of its own: everything passes through the hub, and parts are joined and verified in one step.
    public ValueTask<Uri?> SignDownloadAsync(Digest digest, string? contentType, string? contentDisposition, TimeSpan validFor, CancellationToken stop) => new((Uri?)null);

    public Uri? SignRange(Digest digest, long first, long last, TimeSpan validFor) => null;

    public bool TakesDirectParts(long sizeBytes) => false;

    public Task<string> BeginDirectPartsAsync(Digest digest, long sizeBytes, long partBytes, CancellationToken stop) =>
        throw new InvalidOperationException("A folder takes no direct parts; TakesDirectParts says so.");

    public Uri? SignPart(PartsUpload upload, int number, TimeSpan validFor) => null;

    public Task<bool> IsJoinedAsync(PartsUpload upload, CancellationToken stop) => Task.FromResult(false);

    public async Task WriteAsync(Digest digest, long sizeBytes, PipeReader content, CancellationToken stop)
    {
        if (IsPresent(digest, sizeBytes))
        {
            await ContentCopy.VerifyAsync(digest, sizeBytes, content, stop);
            if (TryRefresh(digest)) return;
            throw new Refusal(RefusalKind.Unavailable, "The blob was removed while it was being sent again; send it once more.");
        }
        Disk.RequireRoom(_layout.Staging, sizeBytes);
        var staged = _layout.NewWrite();
        try
        {
            using (var file = File.OpenHandle(staged, FileMode.CreateNew, FileAccess.Write, FileShare.Read | FileShare.Delete))
            using (var sha = new SequenceHash())
            {
                var segments = new List<ReadOnlyMemory<byte>>();
                await ContentCopy.ReadExactlyAsync(content, sizeBytes, (bytes, position) =>
                {
                    sha.Append(bytes);
                    SegmentList.Fill(segments, bytes);
                    RandomAccess.Write(file, segments, position);
                }, stop);
                sha.Require(digest);
                RandomAccess.FlushToDisk(file);
            }
            stop.ThrowIfCancellationRequested();
            Publish(staged, digest, sizeBytes);
        }
        catch (IOException error) when (Disk.IsFull(error))
        {
            throw Disk.Full();
        }
        finally
        {
            File.Delete(staged);
        }
    }

    /// <summary>Makes a verified and flushed file visible. A good blob that is there already stays, and so does the staged file then.</summary>
    public void Publish(string staged, Digest digest, long sizeBytes)
    {
        var target = _layout.Blob(digest);
        var folder = Path.GetDirectoryName(target)!;
        Disk.CreateFolder(folder);
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(staged, UnixFileMode.UserRead | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
        // The moment of becoming visible, not of the last byte: what collects unlinked blobs counts from it.
        File.SetLastWriteTimeUtc(staged, _time.GetUtcNow().UtcDateTime);
        if (!Disk.TryRename(staged, target) && !(IsPresent(digest, sizeBytes) && TryRefresh(digest)))
            File.Move(staged, target, overwrite: true);     // what lies there has the wrong length: damaged, and mended by this
        Disk.SyncFolder(folder);
    }

    public bool IsPresent(Digest digest, long sizeBytes) => new FileInfo(_layout.Blob(digest)) is { Exists: true } file && file.Length == sizeBytes;

    /// <summary>Dates a blob anew that was sent again, so that a collector gives its new link time to appear. False when it is gone.</summary>
    bool TryRefresh(Digest digest)
    {
        try
        {
            File.SetLastWriteTimeUtc(_layout.Blob(digest), _time.GetUtcNow().UtcDateTime);
            return true;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return false;
        }
    }

    public Task<string> BeginPartsAsync(Digest digest, long sizeBytes, long partBytes, CancellationToken stop) =>
        Task.FromResult(_parts.Begin(sizeBytes, partBytes));

    public Task<string> WritePartAsync(PartsUpload upload, int number, PipeReader content, CancellationToken stop) =>
        _parts.WriteAsync(upload, number, content, stop);

    public Task<IReadOnlyDictionary<int, string>> ListPartsAsync(PartsUpload upload, CancellationToken stop) =>
        Task.FromResult(_parts.List(upload));

    public Task CompletePartsAsync(PartsUpload upload, CancellationToken stop) => _parts.CompleteAsync(upload, stop);

    public Task<bool> WasCompletedAsync(PartsUpload upload, CancellationToken stop) => Task.FromResult(_parts.WasCompleted(upload));

    public Task AbandonPartsAsync(PartsUpload upload, CancellationToken stop)
    {
        _parts.Abandon(upload);
        return Task.CompletedTask;
    }

    public Task<bool> DeleteAsync(Digest digest, CancellationToken stop)
    {
        var path = _layout.Blob(digest);
        if (!File.Exists(path)) return Task.FromResult(false);
        File.Delete(path);
        Disk.SyncFolder(Path.GetDirectoryName(path)!);
        return Task.FromResult(true);
    }

    public async IAsyncEnumerable<StoredBlob> ListAsync([EnumeratorCancellation] CancellationToken stop)
    {
        await Task.Yield();
        foreach (var file in new DirectoryInfo(_layout.Blobs).EnumerateFiles("*", SearchOption.AllDirectories))
        {
            stop.ThrowIfCancellationRequested();
            if (!Digest.TryParse(file.Name, out var digest) || file.FullName != _layout.Blob(digest)) continue;
            file.Refresh();
            if (file.Exists) yield return new(digest, file.Length, file.LastWriteTimeUtc);
        }
    }

    public Task<int> SweepStagedAsync(DateTimeOffset olderThan, CancellationToken stop)
    {
        var removed = 0;
        foreach (var entry in new DirectoryInfo(_layout.Staging).EnumerateFileSystemInfos())
        {
            stop.ThrowIfCancellationRequested();
            if (LastTouched(entry) >= olderThan.UtcDateTime) continue;
            if (entry is DirectoryInfo folder) FolderParts.Remove(folder.FullName);
            else entry.Delete();
            removed++;
        }
        return Task.FromResult(removed);
    }

    static DateTime LastTouched(FileSystemInfo entry)
    {
        if (entry is not DirectoryInfo folder) return entry.LastWriteTimeUtc;
        var content = new FileInfo(FolderLayout.Content(folder.FullName));
        return content.Exists && content.LastWriteTimeUtc > folder.LastWriteTimeUtc ? content.LastWriteTimeUtc : folder.LastWriteTimeUtc;
    }

    public Task CheckReadyAsync(CancellationToken stop)
    {
        var probe = Path.Combine(_layout.Staging, $"{Guid.NewGuid():n}.probe");
        try
        {
            ReadOnlySpan<byte> sent = "ready?"u8;
            using var file = File.OpenHandle(probe, FileMode.CreateNew, FileAccess.ReadWrite, options: FileOptions.DeleteOnClose);
            RandomAccess.Write(file, sent, 0);
            RandomAccess.FlushToDisk(file);
            Span<byte> back = stackalloc byte[sent.Length];
            if (RandomAccess.Read(file, back, 0) != sent.Length || !back.SequenceEqual(sent))
                throw new IOException("The blob folder does not give back what was written to it.");
        }
        catch (IOException error) when (Disk.IsFull(error))
        {
            throw Disk.Full();
        }
        return Task.CompletedTask;
    }
}
