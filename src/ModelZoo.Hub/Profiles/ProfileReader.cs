using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.Extensions.Caching.Memory;
using ModelZoo.Hub.Jobs;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Repositories;
using ModelZoo.Hub.Repositories.Access;
using ModelZoo.Profiling;

namespace ModelZoo.Hub.Profiles;

/// <summary>How far a profile is.</summary>
enum ProfileStanding
{
    /// <summary>A job makes it; ask again.</summary>
    Pending,
    Ready,
    Failed,
}

/// <summary>What the hub knows of the model in a commit.</summary>
sealed record CommitProfile(string CommitId, ProfileStanding Standing)
{
    /// <summary>Null unless ready. Named after the repository.</summary>
    public Profile? Profile { get; init; }

    /// <summary>Why there is none: which file, and what is wrong with it.</summary>
    public string? Reason { get; init; }

    /// <summary>What is wrong with single files although there is a profile.</summary>
    public IReadOnlyList<string> Defects { get; init; } = [];

    public long TensorCount { get; init; }

    /// <summary>Names what it was made from; commits that change nothing else share it.</summary>
    public string? Digest { get; init; }
}

/// <summary>
/// The profile of any commit. What is not kept yet is made while the caller waits, for two seconds at most, because most headers are read in
/// some milliseconds and a page that shows them at once is worth it; what takes longer becomes a job, and the answer says that it is pending.
/// </summary>
sealed class ProfileReader(ProfileMaker maker, ProfileStore profiles, JobStore jobs, JobBell bell) : IDisposable
{
    static readonly TimeSpan s_patience = TimeSpan.FromSeconds(2);

    /// <summary>Profiles that callers wait for at a time; each may hold a million tensors in memory for a moment.</summary>
    const int AtOnce = 4;

    /// <summary>Parsed profiles kept, in characters of their JSON.</summary>
    readonly MemoryCache _parsed = new(new MemoryCacheOptions { SizeLimit = 64_000_000 });

    /// <summary>Digests of commits, which never change.</summary>
    readonly MemoryCache _digests = new(new MemoryCacheOptions { SizeLimit = 20_000 });

    readonly SemaphoreSlim _turns = new(AtOnce, AtOnce);

    readonly ConcurrentDictionary<(long, string), SemaphoreSlim> _making = new();

    public async Task<CommitProfile> FindAsync(ReadableRepository proof, CommitRow commit, CancellationToken stop)
    {
        var repository = proof.Repository;
        if (repository.Kind != RepositoryKind.Model) return new(commit.Id, ProfileStanding.Failed) { Reason = "Only models have profiles." };
        var (digest, known) = await FindKeptAsync(repository, commit, stop);
        if (known is not null) return Describe(repository, commit, known);
        try
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(stop);
            limit.CancelAfter(s_patience);
            return Describe(repository, commit, await MakeAsync(repository, commit, digest, limit.Token));
        }
        catch (Exception error) when (error is OperationCanceledException or IOException or Refusal && !stop.IsCancellationRequested)
        {
            await jobs.EnqueueAsync(ProfileJob.For(repository.Id, commit.Id), stop);
            bell.Ring();
            return new(commit.Id, ProfileStanding.Pending) { Digest = digest };
        }
    }

    /// <summary>All tensors, in the order of files and headers; null when there is no table. Read one by one from a compressed form.</summary>
    public async Task<IEnumerable<TensorEntry>?> FindTensorsAsync(ReadableRepository proof, CommitProfile profile, CancellationToken stop) =>
        profile.Digest is { } digest && await profiles.FindTensorsAsync(proof.Repository.Id, digest, stop) is { } table ? TensorTable.Read(table) : null;

    /// <summary>The profile in the form that loses nothing, with the version of its rules: for our own clients.</summary>
    public async Task<(string Json, long Version)?> FindStoredAsync(ReadableRepository proof, CommitProfile profile, CancellationToken stop) =>
        profile.Digest is { } digest && await profiles.FindAsync(proof.Repository.Id, digest, stop) is { State: "ready" } row ? (row.ProfileJson, row.Version) : null;

    async Task<(string? Digest, ProfileRow? Row)> FindKeptAsync(Repository repository, CommitRow commit, CancellationToken stop)
    {
        var digest = _digests.TryGetValue((repository.SpaceId, commit.Id), out string? known) ? known : await profiles.FindDigestAsync(repository.Id, commit.Id, stop);
        if (digest is null) return (null, null);
        Keep(repository, commit, digest);
        return (digest, await FindUsableAsync(repository, digest, stop));
    }

    async Task<ProfileRow> MakeAsync(Repository repository, CommitRow commit, string? digest, CancellationToken stop)
    {
        var files = await maker.OpenAsync(repository, commit.Tree, stop);
        Keep(repository, commit, files.Digest);
        if (digest != files.Digest && await FindUsableAsync(repository, files.Digest, stop) is { } row) return row;
        // Whoever asks for the same waits for the first who does.
        var one = _making.GetOrAdd((repository.Id, files.Digest), _ => new(1, 1));
        await one.WaitAsync(stop);
        try
        {
            if (await FindUsableAsync(repository, files.Digest, stop) is { } meanwhile) return meanwhile;
            await _turns.WaitAsync(stop);
            try
            {
                var made = await maker.MakeAsync(repository, files, stop);
                await profiles.ReplaceAsync(made.Row, made.Tensors, stop);
                return made.Row;
            }
            finally
            {
                _turns.Release();
            }
        }
        finally
        {
            one.Release();
            _making.TryRemove((repository.Id, files.Digest), out _);
        }
    }

    /// <summary>What is kept, unless other rules made it or it cannot be read any more: then it is made anew.</summary>
    async Task<ProfileRow?> FindUsableAsync(Repository repository, string digest, CancellationToken stop) =>
        await profiles.FindAsync(repository.Id, digest, stop) is { Version: Profile.Version } row && (row.State != "ready" || Parse(row) is not null) ? row : null;

    void Keep(Repository repository, CommitRow commit, string digest) => _digests.Set((repository.SpaceId, commit.Id), digest, new MemoryCacheEntryOptions { Size = 1 });

    CommitProfile Describe(Repository repository, CommitRow commit, ProfileRow row)
    {
        var result = new CommitProfile(commit.Id, row.State == "ready" ? ProfileStanding.Ready : ProfileStanding.Failed)
        {
            Reason = row.Reason, Digest = row.Digest, TensorCount = row.TensorCount, Defects = JsonSerializer.Deserialize<string[]>(row.DefectsJson)!,
        };
        return result.Standing == ProfileStanding.Failed ? result : result with { Profile = Parse(row)! with { Name = repository.FullName } };
    }

    Profile? Parse(ProfileRow row) => _parsed.GetOrCreate((row.RepositoryId, row.Digest, row.MadeAt), entry =>
    {
        entry.Size = row.ProfileJson.Length;
        return StoredProfile.TryRead(row.ProfileJson, row.Version);
    });

    public void Dispose()
    {
        _parsed.Dispose();
        _digests.Dispose();
        _turns.Dispose();
    }
}
