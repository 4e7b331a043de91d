using System.Security.Cryptography;
using System.Text.Json;
using ModelZoo.Git;

namespace ModelZoo.Hub.Maintenance;

/// <summary>What a complete backup says of itself. Written last: a folder without it, or with an older one, is the older backup.</summary>
/// <param name="Snapshot">The file of the database's rows, in gzip.</param>
/// <param name="SnapshotDigest">SHA-256 of that file.</param>
/// <param name="Schema">The database's schema number.</param>
sealed record BackupManifest(int Format, DateTimeOffset TakenAt, long Schema, string Snapshot, string SnapshotDigest, IReadOnlyList<BackupBlob> Blobs)
{
    public const int CurrentFormat = 1;
}

/// <summary>One blob of a backup.</summary>
sealed record BackupBlob(string Digest, long SizeBytes);

/// <summary>
/// A backup on disk, fit for any tool that copies folders:
/// <code>
/// manifest.json             what belongs to the backup
/// database-TIME.jsonl.gz    all rows
/// blobs/ab/cd/abcd…         all blobs; those of an earlier backup stay where they are
/// </code>
/// </summary>
sealed class BackupFolder(string root)
{
    static readonly JsonSerializerOptions s_json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    public string Root => root;

    public string Manifest => Path.Combine(root, "manifest.json");

    public string Blobs => Path.Combine(root, "blobs");

    public string Blob(Digest digest) => Path.Combine(Blobs, digest.Hex[..2], digest.Hex[2..4], digest.Hex);

    public string Snapshot(BackupManifest manifest) => Path.GetFileName(manifest.Snapshot) == manifest.Snapshot
        ? Path.Combine(root, manifest.Snapshot)
        : throw new InvalidDataException($"The backup's manifest names '{manifest.Snapshot}', which is not a file of it.");

    /// <summary>Readable by its owner alone: it holds password hashes and the key that signs addresses.</summary>
    public void Create()
    {
        if (OperatingSystem.IsWindows()) Directory.CreateDirectory(root);
        else Directory.CreateDirectory(root, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        Directory.CreateDirectory(Blobs);
    }

    public async Task<BackupManifest> ReadManifestAsync(CancellationToken stop)
    {
        if (!File.Exists(Manifest)) throw new FileNotFoundException($"There is no complete backup in {root}: manifest.json is missing.");
        await using var file = File.OpenRead(Manifest);
        var manifest = await JsonSerializer.DeserializeAsync<BackupManifest>(file, s_json, stop) ?? throw new InvalidDataException("The backup's manifest is empty.");
        return manifest.Format == BackupManifest.CurrentFormat
            ? manifest
            : throw new InvalidDataException($"The backup has format {manifest.Format}; this program reads {BackupManifest.CurrentFormat}.");
    }

    public async Task WriteManifestAsync(BackupManifest manifest, CancellationToken stop)
    {
        var beside = Manifest + ".new";
        await using (var file = File.Create(beside))
        {
            await JsonSerializer.SerializeAsync(file, manifest, s_json, stop);
            file.Flush(flushToDisk: true);
        }
        File.Move(beside, Manifest, overwrite: true);
        Storage.Disk.SyncFolder(root);
    }

    /// <summary>Removes what an earlier backup had and this one has not.</summary>
    public void Prune(BackupManifest manifest)
    {
        foreach (var old in Directory.EnumerateFiles(root, "database-*"))
            if (Path.GetFileName(old) != manifest.Snapshot) File.Delete(old);
        var kept = manifest.Blobs.Select(blob => blob.Digest).ToHashSet();
        foreach (var blob in Directory.EnumerateFiles(Blobs, "*", SearchOption.AllDirectories))
            if (!kept.Contains(Path.GetFileName(blob))) File.Delete(blob);
    }

    public static async Task<string> DigestOfAsync(string file, CancellationToken stop)
    {
        await using var content = File.OpenRead(file);
        return Convert.ToHexStringLower(await SHA256.HashDataAsync(content, stop));
    }
}
