using System.Security.Cryptography;
using Microsoft.Extensions.Caching.Memory;
using Microsoft.Extensions.Logging;
using ModelZoo.Evaluation.Records;
using ModelZoo.Git;
using ModelZoo.Hub.Jobs;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Repositories;
using ModelZoo.Hub.Repositories.Access;
using ModelZoo.Hub.Storage;

namespace ModelZoo.Hub.Serving.Folders;

/// <summary>
/// Gives files of commits as local folders, for programs that open files. A file that the blob store has on this volume is linked, others are copied once,
/// hashed as they come; a link is hashed, too, before it is given out for the first time. A folder appears under its name in one step, so neither two
/// makers nor a crash leave half of one.
/// </summary>
sealed class CommitFolders : IChore, IDisposable
{
    /// <summary>Files of a commit that are looked at.</summary>
    const int MaxFiles = 200_000;

    static readonly TimeSpan s_linksStay = TimeSpan.FromHours(1), s_copiesStay = TimeSpan.FromDays(7);

    readonly HubOptions _options;
    readonly TreeReader _trees;
    readonly CommitStore _commits;
    readonly IBlobStore _blobs;
    readonly Lazy<CachedFiles> _cache;
    readonly Turns _turns = new();
    readonly MemoryCache _digests = new(new MemoryCacheOptions { SizeLimit = 200_000 });

    public CommitFolders(HubOptions options, TreeReader trees, CommitStore commits, IBlobStore blobs, TimeProvider time, ILogger<CommitFolders> log)
    {
        (_options, _trees, _commits, _blobs) = (options, trees, commits, blobs);
        _cache = new(() =>
        {
            var cache = new CachedFiles(CacheSlot.Take(options.Serving.CacheFolder ?? Path.Combine(options.DataFolder, "serving")), options.Serving.CacheBytes, time, log);
            cache.Load();
            return cache;
        });
    }

    public TimeSpan Every => TimeSpan.FromMinutes(10);

    /// <summary>Bytes of copies on this node's disk.</summary>
    public long CachedBytes => _cache.IsValueCreated ? _cache.Value.Bytes : 0;

    /// <summary>The regular files of a commit, in tree order.</summary>
    public async Task<IReadOnlyList<FolderEntry>> ListAsync(ReadableRepository repository, string commitId, CancellationToken stop)
    {
        var space = repository.Repository.SpaceId;
        var commit = await _commits.FindAsync(space, ObjectId.Parse(commitId), stop) ?? throw Refusal.RevisionNotFound(commitId);
        var files = new List<FolderEntry>();
        await foreach (var entry in _trees.WalkAsync(space, commit.Tree, null, stop))
        {
            if (entry.Mode is not (EntryMode.File or EntryMode.Executable)) continue;
            if (files.Count == MaxFiles) throw Refusal.Invalid($"{repository.Repository.FullName} has more than {MaxFiles} files in this commit, which is too many for a local folder.");
            files.Add(entry);
        }
        return files;
    }

    /// <summary>The SHA-256 of a file, in lower-case hex.</summary>
    public async Task<string> DigestAsync(ReadableRepository repository, FolderEntry entry, CancellationToken stop)
    {
        if (entry.Pointer is { } pointer) return pointer.Digest.Hex;
        if (_digests.TryGetValue(entry.Id, out string? known)) return known!;
        var hash = Convert.ToHexStringLower(SHA256.HashData(await _trees.GetContentAsync(repository.Repository.SpaceId, entry.Id, stop)));
        return _digests.Set(entry.Id, hash, new MemoryCacheEntryOptions { Size = 1 });
    }

    /// <summary>The files of a commit that are needed, as a folder. Dispose it when nobody reads it any more.</summary>
    public async Task<CommitFolder> OpenAsync(ReadableRepository repository, string commitId, Func<FolderEntry, bool> isNeeded, CancellationToken stop)
    {
        var needed = (await ListAsync(repository, commitId, stop)).Where(isNeeded).ToList();
        var bytes = needed.Sum(entry => entry.SizeBytes);
        if (bytes > _options.Serving.CacheBytes && needed.Exists(entry => entry.Pointer is null || _blobs.FindLocalFile(entry.Pointer.Digest) is null))
            throw Refusal.Invalid($"The files of {repository.Repository.FullName} take {bytes} bytes, more than this hub keeps for models at work.");
        var files = new List<CommitFile>(needed.Count);
        foreach (var entry in needed) files.Add(new(entry.Path.Value, await DigestAsync(repository, entry, stop), entry.SizeBytes));
        var list = FilesDigest.List(files.Select(file => (file.Path, file.Sha256)));
        var digest = Convert.ToHexStringLower(SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(list)));
        var cache = _cache.Value;
        using var turn = await _turns.TakeAsync(digest, stop);
        var folder = new CommitFolder(cache.Slot.FolderOf(digest), digest, files, () => cache.GiveBack(digest));
        if (cache.TryHold(digest, out var wasChecked))
        {
            if (wasChecked || IsWhole(folder))
            {
                cache.SetChecked(digest);
                return folder;
            }
            // Left by an earlier process and damaged since, as after a power cut.
            if (!cache.TryRemoveHeld(digest)) throw new Refusal(RefusalKind.Unavailable, "A local copy is damaged and in use; try again later.");
        }
        await MakeAsync(cache, repository, needed, folder, list, stop);
        return folder;
    }

    static bool IsWhole(CommitFolder folder) =>
        folder.Files.All(file => new FileInfo(Path.Combine(folder.Path, file.Path)) is { Exists: true } found && found.Length == file.SizeBytes);

    async Task MakeAsync(CachedFiles cache, ReadableRepository repository, List<FolderEntry> entries, CommitFolder folder, string list, CancellationToken stop)
    {
        var (staged, copies) = (cache.Slot.NewStaged(), new List<string>());
        try
        {
            Directory.CreateDirectory(staged);
            for (var i = 0; i < entries.Count; i++)
            {
                var target = Path.Combine(staged, folder.Files[i].Path);
                Directory.CreateDirectory(Path.GetDirectoryName(target)!);
                if (await TryLinkBlobAsync(entries[i], target, stop)) continue;
                await CopyAsync(cache, repository, entries[i], folder.Files[i], copies, stop);
                if (!Disk.TryLink(cache.Slot.FileOf(folder.Files[i].Sha256), target)) File.Copy(cache.Slot.FileOf(folder.Files[i].Sha256), target);
            }
            await File.WriteAllTextAsync(cache.Slot.ListOf(folder.Digest), list, stop);
            // A process that was killed between list and folder, or the other way, left one of them.
            cache.Slot.Remove(folder.Path);
            Directory.Move(staged, folder.Path);
            cache.Add(folder.Digest, copies);
        }
        catch (Exception error)
        {
            cache.Release(copies);
            if (Directory.Exists(staged)) Directory.Delete(staged, recursive: true);
            if (error is IOException io && Disk.IsFull(io)) throw Disk.Full();
            throw;
        }
    }

    /// <summary>A second name for the blob's own bytes, where they lie on this volume and are what they are called.</summary>
    async Task<bool> TryLinkBlobAsync(FolderEntry entry, string target, CancellationToken stop)
    {
        if (entry.Pointer is not { } pointer || _blobs.FindLocalFile(pointer.Digest) is not { } local || !Disk.TryLink(local, target)) return false;
        await using var content = new FileStream(target, new FileStreamOptions { BufferSize = 0, Options = FileOptions.Asynchronous | FileOptions.SequentialScan });
        var found = Convert.ToHexStringLower(await SHA256.HashDataAsync(content, stop));
        return found == pointer.Digest.Hex ? true : throw Damaged(entry);
    }

    async Task CopyAsync(CachedFiles cache, ReadableRepository repository, FolderEntry entry, CommitFile file, List<string> copies, CancellationToken stop)
    {
        if (copies.Contains(file.Sha256)) return;
        using var turn = await _turns.TakeAsync($"file {file.Sha256}", stop);
        var target = cache.Slot.FileOf(file.Sha256);
        var isThere = cache.TryUse(file.Sha256, file.SizeBytes);
        copies.Add(file.Sha256);
        if (isThere && new FileInfo(target) is { Exists: true } found && found.Length == file.SizeBytes) return;
        var staged = cache.Slot.NewStaged();
        try
        {
            await using var source = entry.Pointer is { } pointer ? await _blobs.OpenReadAsync(pointer.Digest, 0, pointer.SizeBytes, stop)
                : new MemoryStream(await _trees.GetContentAsync(repository.Repository.SpaceId, entry.Id, stop));
            await using (var output = new FileStream(staged, FileMode.CreateNew, FileAccess.Write))
            {
                using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
                var buffer = new byte[1 << 20];
                for (int read; (read = await source.ReadAsync(buffer, stop)) > 0;)
                {
                    hash.AppendData(buffer.AsSpan(0, read));
                    await output.WriteAsync(buffer.AsMemory(0, read), stop);
                }
                if (Convert.ToHexStringLower(hash.GetHashAndReset()) != file.Sha256) throw Damaged(entry);
                output.Flush(flushToDisk: true);
            }
            if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(staged, UnixFileMode.UserRead | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Move(staged, target, overwrite: true);
        }
        finally
        {
            File.Delete(staged);
        }
    }

    static Refusal Damaged(FolderEntry entry) =>
        new(RefusalKind.Unavailable, $"The stored content of {entry.Path} is not what its digest says; an administrator should run zoo fsck.");

    public Task RunAsync(CancellationToken stop)
    {
        if (_cache.IsValueCreated) _cache.Value.Sweep(s_linksStay, s_copiesStay);
        return Task.CompletedTask;
    }

    public void Dispose()
    {
        _digests.Dispose();
        if (_cache.IsValueCreated) _cache.Value.Slot.Dispose();
    }
}
