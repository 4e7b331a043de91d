using System.IO.Pipelines;
using System.Security.Cryptography;
using System.Text;
using ModelZoo.Git;
using ModelZoo.Hub.Accounts;
using ModelZoo.Hub.Jobs;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Repositories;
using ModelZoo.Hub.Repositories.Access;
using ModelZoo.Hub.Storage;
using ModelZoo.Learning.Populations;

namespace ModelZoo.Hub.Populations.Making;

/// <summary>Makes places of populations in repositories.</summary>
sealed class CommitPlaces(
    AccessPolicy policy, CommitWriter writer, ReferenceStore references, CommitStore commits, TreeReader trees, GitObjectStore objects, BlobUploads uploads, IBlobStore blobs, ResumeStore resumes, HubOptions options)
{
    /// <param name="actor">Who writes. Asked for anew with each commit, so that rights that were taken away count at once.</param>
    public CommitPlace Open(long repositoryId, string reference, Actor actor, JobRun run, CancellationToken stop) =>
        new(repositoryId, reference, new(policy, writer, references, commits, trees, objects, uploads, blobs, resumes, options.Limits.InlineBytes), actor, run, stop);
}

/// <summary>What a place works with.</summary>
sealed record CommitTools(
    AccessPolicy Policy, CommitWriter Writer, ReferenceStore References, CommitStore Commits, TreeReader Trees, GitObjectStore Objects, BlobUploads Uploads, IBlobStore Blobs, ResumeStore Resumes, long InlineBytes);

/// <summary>
/// A population on a branch of a repository. What several members hand in at the same moment becomes one commit: contents first, each verified and durable, then the branch;
/// only then is anybody told that it is kept. Files that the branch has already are no change, and no change is no commit. Who moves the branch in between is no obstacle;
/// a job that was given to another worker is: this one then writes nothing more.
/// </summary>
sealed class CommitPlace(long repositoryId, string reference, CommitTools tools, Actor actor, JobRun run, CancellationToken stop) : IPopulationPlace, IAsyncDisposable
{
    /// <summary>Longest file that is read whole: a state of the largest members.</summary>
    const long MaxReadBytes = 1L << 31;

    const int MaxAttributesBytes = 1_000_000;

    /// <summary>How often a commit is made anew because somebody else moved the branch meanwhile.</summary>
    const int Attempts = 100;

    static readonly RepoPath s_attributes = RepoPath.Parse(".gitattributes");

    readonly Lock _gate = new();
    List<Handed> _waiting = [];
    Task? _writing;

    /// <summary>Commits made so far.</summary>
    public int Commits { get; private set; }

    public ValueTask WriteAsync(IReadOnlyList<PopulationFile> files, CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        var handed = new Handed(files);
        lock (_gate)
        {
            _waiting.Add(handed);
            // Not on the caller's thread: what waits for the database must not wait for somebody's computing as well.
            _writing ??= Task.Run(WriteAllAsync, CancellationToken.None);
        }
        return new(handed.Kept.Task);
    }

    public ValueTask<byte[]?> FindAsync(string path, CancellationToken cancel) => new(Task.Run(async () =>
    {
        if (FindResuming(path) is { } member && await tools.Resumes.FindAsync(repositoryId, reference, member, cancel) is { } resume) return resume;
        var (repository, _, tree) = await HeadAsync(cancel);
        return await tools.Trees.FindAsync(repository.Repository.SpaceId, tree, RepoPath.Parse(path), cancel) is { Mode: EntryMode.File or EntryMode.Executable } entry
            ? await ReadAsync(repository.Repository.SpaceId, entry, path, cancel) : null;
    }, cancel));

    /// <summary>All files of the branch as it is now.</summary>
    public async Task<TreeFiles> ReadAsync(CancellationToken cancel)
    {
        var (repository, _, tree) = await HeadAsync(cancel);
        return await TreeFiles.ReadAsync(tools.Trees, tools.Blobs, repository.Repository.SpaceId, tree, cancel);
    }

    /// <summary>Waits until nothing is being written any more.</summary>
    public async ValueTask DisposeAsync()
    {
        Task? writing;
        lock (_gate) writing = _writing;
        if (writing is not null) await writing;
    }

    async Task WriteAllAsync()
    {
        while (true)
        {
            List<Handed> batch;
            lock (_gate)
            {
                if (_waiting.Count == 0)
                {
                    _writing = null;
                    return;
                }
                (batch, _waiting) = (_waiting, []);
            }
            try
            {
                await CommitAsync([.. batch.SelectMany(handed => handed.Files)]);
                foreach (var handed in batch) handed.Kept.TrySetResult();
            }
            catch (Exception error)
            {
                foreach (var handed in batch) handed.Kept.TrySetException(error);
            }
        }
    }

    async Task CommitAsync(List<PopulationFile> files)
    {
        var resuming = files.Where(file => FindResuming(file.Path) is not null).ToList();
        // A folder that was pushed may have brought such a file; from here on the rows count.
        var rest = files.Select(file => resuming.Contains(file) ? file with { Content = null } : file).GroupBy(file => file.Path).Select(group => group.Last()).ToList();
        for (var attempt = 1; ; attempt++)
        {
            var (repository, head, tree) = await HeadAsync(stop);
            var operations = await OperationsAsync(repository, tree, rest);
            if (operations.Count == 0) break;
            if (!await run.IsHeldAsync(stop)) throw new OperationCanceledException("The job is another worker's now.");
            var (summary, description) = CommitWords.Of(operations);
            // With the head that was looked at as parent: had another worker begun meanwhile, this commit is none.
            if (await tools.Writer.WriteAsync(repository, reference, new(summary, description, head, operations), stop) is CommitOutcome.Written)
            {
                Commits++;
                break;
            }
            if (attempt == Attempts) throw new Refusal(RefusalKind.Unavailable, "The branch is moving too fast; try again.");
        }
        // What training goes on from comes last: an epoch is done when it is committed and this is written.
        foreach (var file in resuming) await tools.Resumes.WriteAsync(repositoryId, reference, FindResuming(file.Path)!, file.Content, stop);
    }

    async Task<(WritableRepository Repository, ObjectId Head, ObjectId Tree)> HeadAsync(CancellationToken cancel)
    {
        var repository = (WritableRepository)await tools.Policy.GetAsync(repositoryId, actor, AccessLevel.Write, cancel);
        var head = await tools.References.FindAsync(repositoryId, reference, cancel) ?? throw Refusal.RevisionNotFound(reference);
        var id = ObjectId.Parse(head.CommitId);
        return (repository, id, (await tools.Commits.FindAsync(repository.Repository.SpaceId, id, cancel))!.Tree);
    }

    async Task<List<FileOperation>> OperationsAsync(WritableRepository repository, ObjectId tree, List<PopulationFile> files)
    {
        var space = repository.Repository.SpaceId;
        var attributes = GitAttributes.Parse(await tools.Trees.FindAsync(space, tree, s_attributes, stop) is { IsFolder: false, Pointer: null, BlobBytes: < MaxAttributesBytes } rules
            ? Encoding.UTF8.GetString(await tools.Trees.GetContentAsync(space, rules.Id, stop)) : "");
        var operations = new List<FileOperation>();
        foreach (var file in files)
        {
            var path = RepoPath.Parse(file.Path);
            var present = await tools.Trees.FindAsync(space, tree, path, stop);
            if (file.Content is not { } content)
            {
                if (present is not null) operations.Add(new DeletePath(path));
            }
            else if (content.Length > 0 && (content.Length > tools.InlineBytes || attributes.IsLfs(path)))
            {
                var digest = Digest.FromHash(SHA256.HashData(content));
                if (present?.Pointer?.Digest == digest) continue;
                await StoreAsync(repository, digest, content);
                operations.Add(new PutLarge(path, digest, content.Length));
            }
            else
            {
                var blob = StoredObject.Blob(content);
                if (present?.Id == blob.Id) continue;
                await tools.Objects.AddAsync(space, [blob], stop);
                operations.Add(new PutFile(path, blob.Id));
            }
        }
        return operations;
    }

    async Task StoreAsync(WritableRepository repository, Digest digest, byte[] content)
    {
        if (await tools.Uploads.BeginAsync(repository, digest, content.Length, inParts: false, mayGoElsewhere: false, stop) is not { } upload) return;
        var reader = PipeReader.Create(new(content));
        await tools.Uploads.ReceiveAsync(upload, reader, stop);
        await reader.CompleteAsync();
    }

    async Task<byte[]> ReadAsync(long space, FolderEntry entry, string path, CancellationToken cancel)
    {
        if (entry.Pointer is not { } pointer) return await tools.Trees.GetContentAsync(space, entry.Id, cancel);
        if (pointer.SizeBytes > MaxReadBytes - 64) throw new PopulationException($"'{path}' has {pointer.SizeBytes} bytes, more than any state that is trained here.");
        await using var stored = await tools.Blobs.OpenReadAsync(pointer.Digest, 0, pointer.SizeBytes, cancel);
        var content = new byte[pointer.SizeBytes];
        await stored.ReadExactlyAsync(content, cancel);
        return content;
    }

    /// <summary>The member whose training goes on from this file; null for other files.</summary>
    static string? FindResuming(string path) => path.Split('/') is [PopulationLayout.Members, var member, _] && path == PopulationLayout.Resume(member) ? member : null;

    sealed record Handed(IReadOnlyList<PopulationFile> Files)
    {
        public TaskCompletionSource Kept { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
