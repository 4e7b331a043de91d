using ModelZoo.Git;

namespace ModelZoo.Client;

public sealed partial class ZooClient
{
    /// <summary>Makes one commit of any number of changes. Large files are hashed, sent (only what the hub lacks) and then committed with the rest.</summary>
    /// <exception cref="ZooApiException">412: the branch moved since <see cref="CommitRequest.ParentCommit"/>; 400: the card is not valid; 403: no right to write.</exception>
    public Task<CommitOutcome> CommitAsync(RepoId repo, IReadOnlyList<CommitOperation> operations, CommitRequest commit,
        IProgress<TransferProgress>? progress = null, CancellationToken stop = default) =>
        new CommitUpload(_hub, repo, commit, progress).RunAsync(operations, stop);

    /// <summary>Uploads one file in a commit of its own.</summary>
    /// <param name="repo">Where to.</param>
    /// <param name="path">Its path there.</param>
    /// <param name="source">Its content.</param>
    /// <param name="summary">The commit's message; null for a plain one.</param>
    /// <param name="branch">The branch that moves.</param>
    /// <param name="progress">Told as bytes move.</param>
    /// <param name="stop">Cancels the upload.</param>
    public Task<CommitOutcome> UploadFileAsync(RepoId repo, RepoPath path, UploadSource source, string? summary = null, string branch = DefaultBranch,
        IProgress<TransferProgress>? progress = null, CancellationToken stop = default) =>
        CommitAsync(repo, [new AddFile(path, source)], new() { Summary = summary ?? $"Upload {path.Name}", Branch = branch, HonourIgnored = false }, progress, stop);

    /// <summary>Most changes of one commit of a folder; hubs bound what they take at once, and a broken push loses one commit's work at most.</summary>
    const int FolderCommitOperations = 1_000;

    /// <summary>Uploads a folder: in one commit, or in several of 1,000 files each when it is larger. <c>.git</c> and <c>.cache</c> stay out, and what <c>.gitignore</c> excludes.</summary>
    public async Task<CommitOutcome> UploadFolderAsync(RepoId repo, string folder, UploadFolderOptions? options = null,
        IProgress<TransferProgress>? progress = null, CancellationToken stop = default)
    {
        options ??= new();
        var operations = new List<CommitOperation>();
        var kept = new HashSet<RepoPath>();
        foreach (var (path, fullPath) in FolderWalk.Files(folder, options.UseGitIgnore))
        {
            if (!options.Filter.Accepts(path)) continue;
            var target = options.PathInRepo is null ? path : RepoPath.Parse($"{options.PathInRepo}/{path}");
            kept.Add(target);
            operations.Add(new AddFile(target, UploadSource.FromFile(fullPath)));
        }
        if (options.Delete is not null) operations.AddRange(await FindDeletionsAsync(repo, options, kept, stop));
        var commit = new CommitRequest
        {
            Summary = options.Summary,
            Description = options.Description,
            Branch = options.Branch,
            ParentCommit = options.ParentCommit,
            CreatePullRequest = options.CreatePullRequest,
            HonourIgnored = options.UseGitIgnore,
        };
        return operations.Count <= FolderCommitOperations
            ? await CommitAsync(repo, operations, commit, progress, stop)
            : await CommitInPartsAsync(repo, operations, commit, progress, stop);
    }

    /// <summary>Each commit names the one before as its parent where the caller named a parent, so that nobody else's work comes between.</summary>
    async Task<CommitOutcome> CommitInPartsAsync(RepoId repo, List<CommitOperation> operations, CommitRequest commit, IProgress<TransferProgress>? progress, CancellationToken stop)
    {
        var parts = operations.Chunk(FolderCommitOperations).ToArray();
        CommitOutcome? whole = null;
        for (var i = 0; i < parts.Length; i++)
        {
            var part = commit with
            {
                Summary = $"{commit.Summary} (part {i + 1} of {parts.Length})",
                ParentCommit = commit.ParentCommit is null ? null : whole?.CommitId ?? commit.ParentCommit,
            };
            var outcome = await CommitAsync(repo, parts[i], part, progress, stop);
            whole = whole is null ? outcome : whole.Then(outcome);
        }
        return whole!;
    }

    async Task<List<CommitOperation>> FindDeletionsAsync(RepoId repo, UploadFolderOptions options, HashSet<RepoPath> kept, CancellationToken stop)
    {
        var deletions = new List<CommitOperation>();
        var prefix = options.PathInRepo is null ? "" : options.PathInRepo.Value + "/";
        await foreach (var entry in ListTreeAsync(repo, options.Branch, recursive: true, stop: stop))
        {
            if (!entry.IsFile || kept.Contains(entry.Path) || !entry.Path.Value.StartsWith(prefix, StringComparison.Ordinal)) continue;
            if (entry.Path.Value == ".gitattributes") continue;          // the hub's own; says which files are large
            if (options.Delete!.Accepts(RepoPath.Parse(entry.Path.Value[prefix.Length..]))) deletions.Add(new DeleteFile(entry.Path));
        }
        return deletions;
    }

    /// <summary>Deletes files in one commit.</summary>
    public Task<CommitOutcome> DeleteFilesAsync(RepoId repo, IEnumerable<RepoPath> paths, string? summary = null, string branch = DefaultBranch, CancellationToken stop = default)
    {
        CommitOperation[] operations = [.. paths.Select(p => new DeleteFile(p))];
        return CommitAsync(repo, operations, new() { Summary = summary ?? (operations.Length == 1 ? $"Delete {operations[0].Path}" : $"Delete {operations.Length} files"), Branch = branch }, null, stop);
    }

    /// <summary>Deletes a folder and everything below it.</summary>
    public Task<CommitOutcome> DeleteFolderAsync(RepoId repo, RepoPath folder, string? summary = null, string branch = DefaultBranch, CancellationToken stop = default) =>
        CommitAsync(repo, [new DeleteFolder(folder)], new() { Summary = summary ?? $"Delete {folder}", Branch = branch }, null, stop);
}
