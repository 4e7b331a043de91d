using System.Data.Common;
using ModelZoo.Hub.Jobs;
using ModelZoo.Hub.Repositories;
using ModelZoo.Profiling;

namespace ModelZoo.Hub.Profiles;

/// <summary>Asks for a new profile when a commit touched what profiles are made from; otherwise the profile holds for the new commit too.</summary>
sealed class ProfileFollower(JobStore jobs, ProfileStore profiles, WeightSummaryStore summaries) : ICommitFollower, IForkFollower
{
    public async Task FollowAsync(DbTransaction transaction, PreparedCommit commit, CancellationToken stop)
    {
        var repository = commit.Repository;
        if (repository.Kind != RepositoryKind.Model || commit.Reference != repository.DefaultReference) return;
        if (commit.Changes.Any(change => ModelReader.Reads(change.Path.Value))
            || !await summaries.TryCarryOverAsync(transaction, repository.Id, commit.Head?.Hex, commit.Commit.Id.Hex, stop))
            await jobs.EnqueueAsync(transaction, ProfileJob.For(repository.Id), stop);
    }

    /// <summary>A profile on its way to the origin is one that the fork needs too.</summary>
    public async Task FollowAsync(DbTransaction transaction, Repository origin, Repository fork, CancellationToken stop)
    {
        if (fork.Kind != RepositoryKind.Model) return;
        if (await summaries.TryCopyAsync(transaction, origin.Id, fork.Id, stop)) await profiles.CopyAsync(transaction, origin.Id, fork.Id, stop);
        else await jobs.EnqueueAsync(transaction, ProfileJob.For(fork.Id), stop);
    }
}

/// <summary>Asks for profiles that were made by the rules of another version, or never: after an upgrade, a few at a time.</summary>
sealed class OutdatedProfiles(JobStore jobs, JobBell bell, WeightSummaryStore summaries, TimeProvider time) : IChore
{
    const int AtOnce = 2_500;

    public TimeSpan Every => TimeSpan.FromMinutes(5);

    public async Task RunAsync(CancellationToken stop)
    {
        var dayAgo = time.GetUtcNow().AddDays(-1).ToUnixTimeMilliseconds();
        var outdated = await summaries.ListOutdatedAsync(Profile.Version, dayAgo, AtOnce, stop);
        foreach (var one in outdated) await jobs.EnqueueAsync(ProfileJob.For(one.RepositoryId), stop);
        if (outdated.Count > 0) bell.Ring();
    }
}
