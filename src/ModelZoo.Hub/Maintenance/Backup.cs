using System.Globalization;
using System.IO.Compression;
using System.Security.Cryptography;
using ModelZoo.Hub.Database;
using ModelZoo.Hub.Jobs;
using ModelZoo.Hub.Storage;

namespace ModelZoo.Hub.Maintenance;

/// <summary>What a backup wrote.</summary>
sealed record BackupReport(int Blobs, int NewBlobs, long NewBytes, string Folder)
{
    public override string ToString() => $"Backed up the database and {Blobs} blobs ({NewBlobs} of them new, {NewBytes} bytes) to {Folder}.";
}

/// <summary>
/// Copies a hub that may be running. First the blobs there are; then one state of the database; then the blobs that came in
/// between. So every blob that the rows name is there: those removed meanwhile were copied before, and new ones are not
/// removed so soon.
/// </summary>
sealed class Backup(HubDatabase database, CheckStore checks, IBlobStore blobs, TimeProvider time)
{
    const int CopyBytes = 1024 * 1024;

    /// <param name="link">Hard links instead of copies: at once and without room, on the same volume, and gone with it.</param>
    public async Task<BackupReport> RunAsync(string folder, bool link, JobRun run, CancellationToken stop)
    {
        var target = new BackupFolder(Path.GetFullPath(folder));
        if (Directory.Exists(target.Root) && !File.Exists(target.Manifest) && Directory.EnumerateFileSystemEntries(target.Root).Any(e => !IsOurs(e)))
            throw new InvalidOperationException($"{target.Root} holds something that is not a backup.");
        await RequireKnownAsync(database, time, stop);
        target.Create();
        var counts = new Counts { Since = time.GetUtcNow().ToUnixTimeMilliseconds() };
        var before = await CopyBlobsAsync(target, link, mustExist: false, counts, run, stop);
        run.Report(0.8, "Writing the database's rows");
        var taken = time.GetUtcNow();
        var name = $"database-{taken.ToString("yyyyMMdd'T'HHmmssfff'Z'", CultureInfo.InvariantCulture)}.jsonl.gz";
        await WriteSnapshotAsync(Path.Combine(target.Root, name), stop);
        run.Report(0.9, "Copying blobs that came meanwhile");
        // Both lists: what was swept after the rows were written is still named by them.
        List<BackupBlob> named = [.. before.Union(await CopyBlobsAsync(target, link, mustExist: true, counts, run, stop))];
        var digest = await BackupFolder.DigestOfAsync(Path.Combine(target.Root, name), stop);
        var manifest = new BackupManifest(BackupManifest.CurrentFormat, taken, Migrator.Newest, name, digest, named);
        await target.WriteManifestAsync(manifest, stop);
        target.Prune(manifest);
        return new(named.Count, counts.Blobs, counts.Bytes, target.Root);
    }

    /// <summary>While an upgrade goes on, an older program works but does not know all tables.</summary>
    public static async Task RequireKnownAsync(HubDatabase database, TimeProvider time, CancellationToken stop)
    {
        if (await new Migrator(database, time).IsNewerAsync(stop))
            throw new InvalidOperationException("A newer program has changed the database's schema; copy the hub with that program, which knows all its tables.");
    }

    static bool IsOurs(string path) => Path.GetFileName(path) is var name && (name is "blobs" or "manifest.json.new" || name.StartsWith("database-", StringComparison.Ordinal));

    async Task WriteSnapshotAsync(string path, CancellationToken stop)
    {
        await using var file = File.Create(path);
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        await using (var packed = new GZipStream(file, CompressionLevel.Fastest, leaveOpen: true))
        await using (var buffered = new BufferedStream(packed, CopyBytes))
            await DumpStore.WriteAsync(database, Migrator.Newest, buffered, stop);
        file.Flush(flushToDisk: true);
    }

    async Task<List<BackupBlob>> CopyBlobsAsync(BackupFolder target, bool link, bool mustExist, Counts counts, JobRun run, CancellationToken stop)
    {
        var named = new List<BackupBlob>();
        for (var after = ""; await checks.BlobsAfterAsync(after, 500, stop) is { Count: > 0 } page; after = page[^1].DigestHex)
        {
            // What exists only as chunks of other blobs is in the backup with those, and what is a difference with its container; unless it became
            // one since this began, because the rows that are written may not say so yet.
            foreach (var blob in page.Where(blob => blob is { SweepingSince: null, IsTerms: false } && !(blob.DeltaSince < counts.Since)))
            {
                run.Report(0.8 * Convert.ToInt32(blob.DigestHex[..2], 16) / 256, "Copying blobs");
                var path = target.Blob(blob.Digest);
                if (new FileInfo(path) is not { Exists: true } known || known.Length != blob.SizeBytes)
                {
                    if (!await TryCopyAsync(blob, path, link, stop))
                    {
                        if (mustExist && await checks.FindBlobAsync(blob.Digest, stop) is { SweepingSince: null, IsTerms: false } still && still.Links + still.Files > 0)
                            throw new InvalidDataException($"The bytes of blob {blob.Digest} are missing or damaged; run zoo fsck.");
                        continue;
                    }
                    counts.Blobs++;
                    counts.Bytes += blob.SizeBytes;
                }
                named.Add(new(blob.DigestHex, blob.SizeBytes));
            }
        }
        return named;
    }

    /// <summary>False when the blob is gone or is not what its name says.</summary>
    async Task<bool> TryCopyAsync(CheckedBlob blob, string path, bool link, CancellationToken stop)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        if (File.Exists(path)) File.Delete(path);
        if (link && blobs.FindLocalFile(blob.Digest) is { } local && Disk.TryLink(local, path)) return true;
        if (await blobs.FindSizeAsync(blob.Digest, stop) != blob.SizeBytes) return false;
        var beside = path + ".new";
        using var sha = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        try
        {
            await using var content = await blobs.OpenReadAsync(blob.Digest, 0, blob.SizeBytes, stop);
            await using var file = File.Create(beside);
            var buffer = new byte[CopyBytes];
            for (int read; (read = await content.ReadAsync(buffer, stop)) > 0;)
            {
                sha.AppendData(buffer, 0, read);
                await file.WriteAsync(buffer.AsMemory(0, read), stop);
            }
            file.Flush(flushToDisk: true);
        }
        catch (FileNotFoundException)
        {
            return false;       // swept between the question and the reading
        }
        if (Convert.ToHexStringLower(sha.GetHashAndReset()) != blob.DigestHex)
        {
            File.Delete(beside);
            return false;
        }
        File.Move(beside, path, overwrite: true);
        return true;
    }

    sealed class Counts
    {
        public int Blobs { get; set; }
        public long Bytes { get; set; }

        /// <summary>When the backup began.</summary>
        public long Since { get; init; }
    }
}
