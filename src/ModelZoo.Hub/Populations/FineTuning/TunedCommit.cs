using ModelZoo.Git;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Repositories;
using ModelZoo.Hub.Repositories.Access;

namespace ModelZoo.Hub.Populations.FineTuning;

/// <summary>Commits the files that a worker wrote. Content is stored first; a hub that is killed before the commit has stored it for nothing and does it again.</summary>
sealed class TunedCommit(CommitWriter writer, BlobUploads uploads, GitObjectStore objects, RevisionResolver revisions, HubOptions options)
{
    const int MostFiles = 100;

    /// <summary>A worker reads what strangers wrote: of what it left, only files of its own are taken, and links lead nowhere.</summary>
    static readonly EnumerationOptions s_ownFolders = new() { RecurseSubdirectories = true, MaxRecursionDepth = 8, AttributesToSkip = FileAttributes.ReparsePoint };

    static readonly string[] s_large = [".safetensors", ".onnx", ".model"];

    /// <summary>The commit that an earlier try of the same job made.</summary>
    public async Task<string?> FindAsync(ReadableRepository target, string mark, CancellationToken stop) =>
        await revisions.FindAsync(target, "HEAD", stop) is { } head && head.Commit.Body.Contains(mark, StringComparison.Ordinal) ? head.CommitId : null;

    public async Task<string> WriteAsync(WritableRepository target, string folder, string title, string description, Action<string> log, CancellationToken stop)
    {
        var files = Directory.GetFiles(folder, "*", s_ownFolders).Select(path => (Local: path, InRepo: Path.GetRelativePath(folder, path).Replace('\\', '/')))
            .Where(file => !file.InRepo.StartsWith('.')).OrderBy(file => file.InRepo, StringComparer.Ordinal).ToList();
        if (files.Count is 0 or > MostFiles) throw new Refusal(RefusalKind.Unprocessable, $"The worker left {files.Count} files.");
        var operations = new List<FileOperation>();
        foreach (var (local, inRepo) in files)
        {
            var size = new FileInfo(local).Length;
            log($"{inRepo}: {size} bytes");
            operations.Add(size > options.Limits.InlineBytes || s_large.Contains(Path.GetExtension(inRepo)) ? await uploads.TakeFileAsync(target, RepoPath.Parse(inRepo), local, stop) : await TextAsync(target, inRepo, local, stop));
        }
        var outcome = await writer.WriteAsync(target, target.Repository.DefaultReference, new(title, description, null, operations), stop);
        return ((CommitOutcome.Written)outcome).Commit.Id.Hex;
    }

    async Task<FileOperation> TextAsync(WritableRepository target, string path, string local, CancellationToken stop)
    {
        var blob = StoredObject.Blob(await File.ReadAllBytesAsync(local, stop));
        await objects.AddAsync(target.Repository.SpaceId, [blob], stop);
        return new PutFile(RepoPath.Parse(path), blob.Id);
    }
}
