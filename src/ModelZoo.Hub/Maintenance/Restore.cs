using System.IO.Compression;
using System.IO.Pipelines;
using ModelZoo.Git;
using ModelZoo.Hub.Database;
using ModelZoo.Hub.Jobs;
using ModelZoo.Hub.Storage;

namespace ModelZoo.Hub.Maintenance;

/// <summary>Makes a hub from a backup: verified, and only where there is none. The kind of database and of store may be another than before.</summary>
sealed class Restore(HubDatabase database, IBlobStore blobs, TimeProvider time)
{
    /// <summary>Before anything is opened: the snapshot is whole, and every blob is there with its size. Digests are checked as blobs are stored.</summary>
    public static async Task<BackupManifest> VerifyAsync(BackupFolder folder, CancellationToken stop)
    {
        var manifest = await folder.ReadManifestAsync(stop);
        if (manifest.Schema > Migrator.Newest)
            throw new InvalidOperationException($"The backup has schema {manifest.Schema}, this program knows up to {Migrator.Newest}. Use the newer program.");
        if (await BackupFolder.DigestOfAsync(folder.Snapshot(manifest), stop) != manifest.SnapshotDigest)
            throw new InvalidDataException($"{manifest.Snapshot} is not the file that the manifest names: it was changed or damaged.");
        foreach (var blob in manifest.Blobs)
            if (new FileInfo(folder.Blob(Digest.Parse(blob.Digest))) is not { Exists: true } file || file.Length != blob.SizeBytes)
                throw new InvalidDataException($"The backup lacks blob {blob.Digest} of {blob.SizeBytes} bytes.");
        return manifest;
    }

    public async Task RunAsync(BackupFolder folder, BackupManifest manifest, JobRun run, CancellationToken stop)
    {
        var migrator = new Migrator(database, time);
        await migrator.ApplyAsync(stop, manifest.Schema);
        if (await database.FindAsync<long?>("select id from account limit 1", null, stop) is not null)
            throw new InvalidOperationException("The database is not empty; a backup is restored into an empty one.");
        await foreach (var _ in blobs.ListAsync(stop))
            throw new InvalidOperationException("The blob store is not empty; a backup is restored into an empty one.");

        for (var i = 0; i < manifest.Blobs.Count; i++)
        {
            run.Report(0.8 * i / manifest.Blobs.Count, "Storing blobs");
            var digest = Digest.Parse(manifest.Blobs[i].Digest);
            await using var file = File.OpenRead(folder.Blob(digest));
            var reader = PipeReader.Create(file, new StreamPipeReaderOptions(bufferSize: 1024 * 1024));
            await blobs.WriteAsync(digest, manifest.Blobs[i].SizeBytes, reader, stop);
            await reader.CompleteAsync();
        }
        run.Report(0.8, "Storing rows");
        await using var packed = new GZipStream(File.OpenRead(folder.Snapshot(manifest)), CompressionMode.Decompress);
        using var text = new StreamReader(packed);
        await DumpStore.ReadAsync(database, manifest.Schema, text, stop);
        await migrator.ApplyAsync(stop);
    }
}
