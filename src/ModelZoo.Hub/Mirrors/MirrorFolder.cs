using System.Collections.Concurrent;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using ModelZoo.Git;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Repositories;
using ModelZoo.Hub.Repositories.Access;

namespace ModelZoo.Hub.Mirrors;

/// <summary>The right to read a mirror, which stays until this is disposed.</summary>
sealed class MirrorLease(MirrorGeneration generation) : IDisposable
{
    int _given;

    public string Folder => generation.Folder;

    public MirrorGeneration Generation => generation;

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _given, 1) == 0) generation.Leave();
    }
}

/// <summary>
/// This node's mirrors: for each repository that somebody fetches from, a bare git repository that the git program can serve. The
/// database is the truth; a mirror is brought up to it before each use, holds nothing that no reference leads to, and may be
/// deleted at any moment.
/// </summary>
sealed class MirrorFolder(
    HubOptions options, ReferenceStore references, RepositoryStore repositories, MirrorImport import, GitProgram git, IHostApplicationLifetime life, ILogger<MirrorFolder> log)
{
    readonly ConcurrentDictionary<long, Mirror> _mirrors = new();

    public string Root { get; } = Path.GetFullPath(Path.Combine(options.DataFolder, "git-mirrors"));

    /// <summary>The mirror of a repository, showing at least the references of this moment.</summary>
    public async Task<MirrorLease> OpenAsync(ReadableRepository repository, CancellationToken stop)
    {
        git.Require();
        var mirror = Get(repository.Id);
        var wanted = MirrorReferences.Of(await references.ListAsync(repository.Id, stop), repository.Repository);
        if (mirror.TryEnter(wanted) is { } ready) return ready;

        // Not stopped with the request: others wait for the same work, and one who comes and goes must not make it begin anew each time.
        var update = UpdateAsync(mirror, repository.Id, life.ApplicationStopping);
        _ = update.ContinueWith(done => log.MirrorFailed(done.Exception!.InnerException!, repository.Id), CancellationToken.None,
            TaskContinuationOptions.OnlyOnFaulted | TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        try
        {
            return await update.WaitAsync(stop);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            _ = update.ContinueWith(done => done.Result.Dispose(), CancellationToken.None, TaskContinuationOptions.OnlyOnRanToCompletion, TaskScheduler.Default);
            throw;
        }
    }

    /// <summary>git could not read it: the next one who fetches has it built anew.</summary>
    public static void Distrust(MirrorGeneration generation) => generation.BeginChange();

    internal IReadOnlyCollection<Mirror> Known => [.. _mirrors.Values];

    internal Mirror Get(long repositoryId) => _mirrors.GetOrAdd(repositoryId, id => new(Path.Combine(Root, id.ToString("x16"))));

    async Task<MirrorLease> UpdateAsync(Mirror mirror, long repositoryId, CancellationToken stop)
    {
        await mirror.Turn.WaitAsync(stop);
        try
        {
            Directory.CreateDirectory(mirror.Folder);
            await using var alone = await FolderLock.TakeAsync(Path.Combine(mirror.Folder, "lock"), stop);
            // Who waited here finds the work done for a later moment than the one it asked for.
            var repository = await repositories.FindAsync(repositoryId, stop) ?? throw Refusal.NotFound("Repository not found");
            var now = await references.ListAsync(repositoryId, stop);
            var wanted = MirrorReferences.Of(now, repository);
            var current = mirror.FindCurrent();
            if (current?.References != wanted) current = await ChangeAsync(mirror, current, repository, wanted, stop);
            mirror.Current = current;
            return mirror.TryEnter(wanted)!;
        }
        finally
        {
            mirror.Turn.Release();
        }
    }

    async Task<MirrorGeneration> ChangeAsync(Mirror mirror, MirrorGeneration? current, Repository repository, MirrorReferences wanted, CancellationToken stop)
    {
        var generation = current ?? MirrorGeneration.Make(mirror.NextFolder());
        var before = generation.References?.Targets() ?? [];
        var after = wanted.Targets();
        generation.BeginChange();
        await import.RunAsync(generation, repository.SpaceId, [.. after.Where(id => !before.Contains(id)).Select(ObjectId.Parse)], stop);
        generation.SetReferences(wanted);
        if (await LeftBehindAsync(generation, [.. before.Where(id => !after.Contains(id))], stop)) return await RenewAsync(mirror, generation, stop);
        generation.EndChange();
        return generation;
    }

    /// <summary>True when something that a reference led to is still in the mirror and no reference leads to it: whoever knows its id could fetch it.</summary>
    async Task<bool> LeftBehindAsync(MirrorGeneration generation, IReadOnlyCollection<string> lost, CancellationToken stop)
    {
        if (lost.Count == 0) return false;
        return (await git.RunAsync(generation.Folder, string.Concat(lost.Select(id => id + "\n")), stop, "rev-list", "--objects", "--max-count=1", "--stdin", "--not", "--all")).Length > 0;
    }

    /// <summary>A new generation with exactly what the references lead to, packed anew; deltas that there are already are taken over.</summary>
    internal async Task<MirrorGeneration> RenewAsync(Mirror mirror, MirrorGeneration from, CancellationToken stop)
    {
        var renewed = MirrorGeneration.Make(mirror.NextFolder());
        var alternates = Path.Combine(renewed.Folder, "objects/info/alternates");
        await File.WriteAllTextAsync(alternates, Path.Combine(from.Folder, "objects") + "\n", stop);
        renewed.SetReferences(from.References!);
        if (from.References!.Targets().Count > 0) await git.RunAsync(renewed.Folder, "", stop, "repack", "-a", "-d", "-q");
        File.Delete(alternates);
        renewed.EndChange();
        return renewed;
    }
}

/// <summary>One repository's mirror on this node: its current generation, and who may change it.</summary>
sealed class Mirror(string folder)
{
    public string Folder => folder;

    public SemaphoreSlim Turn { get; } = new(1, 1);

    public MirrorGeneration? Current { get; set; }

    /// <summary>A lease on the current generation if it shows these references.</summary>
    public MirrorLease? TryEnter(MirrorReferences wanted)
    {
        if (Current is not { } current) return null;
        current.Enter();
        if (current.References == wanted && current == Current && current.IsSound) return new(current);
        current.Leave();
        return null;
    }

    /// <summary>The newest finished generation; what another process on the same folder made counts, too.</summary>
    public MirrorGeneration? FindCurrent()
    {
        foreach (var path in Generations())
        {
            if (Current is { } known && known.Folder == path && known.IsSound && known.References is not null
                && File.ReadAllText(Path.Combine(path, "packed-refs")) == known.References.Packed) return known;
            if (MirrorGeneration.Find(path) is { } found) return found;
        }
        return null;
    }

    /// <summary>Newest first.</summary>
    public IEnumerable<string> Generations() => !Directory.Exists(folder) ? [] : Directory.GetDirectories(folder).OrderByDescending(path => path, StringComparer.Ordinal);

    public string NextFolder() => Path.Combine(folder, $"{DateTime.UtcNow.Ticks:x16}");
}

static partial class Log
{
    [LoggerMessage(5101, LogLevel.Warning, "The mirror of repository {RepositoryId} could not be brought up to date")]
    public static partial void MirrorFailed(this ILogger log, Exception error, long repositoryId);

    [LoggerMessage(5102, LogLevel.Warning, "git upload-pack ended with {ExitCode} for repository {RepositoryId}: {Errors}")]
    public static partial void UploadPackFailed(this ILogger log, int exitCode, long repositoryId, string errors);
}
