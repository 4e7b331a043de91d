using System.Text.Json;
using ModelZoo.Git;
using ModelZoo.Hub.Database;
using ModelZoo.Hub.Jobs;
using ModelZoo.Hub.Repositories;
using ModelZoo.Profiling;

namespace ModelZoo.Hub.Profiles;

/// <summary>Which repository's head to profile, or which of its commits.</summary>
sealed record ProfileWork(long RepositoryId, string? CommitId = null);

/// <summary>
/// Profiles a commit: reads each header once, and keeps the profile under what it was made from. For the head of the default branch it also
/// keeps what lists, searches and clients show of it.
/// </summary>
sealed class ProfileJob(
    HubDatabase database, RepositoryStore repositories, ReferenceStore references, CommitStore commits, ProfileMaker maker, ProfileStore profiles,
    WeightSummaryStore summaries, TimeProvider time) : JobHandler<ProfileWork>, ILateProjection
{
    public const string JobName = "models.profile";

    /// <summary>Longest time for the headers of one commit; a store that is slower than this has other troubles.</summary>
    static readonly TimeSpan s_longest = TimeSpan.FromMinutes(5);

    public override string Name => JobName;

    public static NewJob For(long repositoryId, string? commitId = null) => new(JobName, JsonSerializer.Serialize(new ProfileWork(repositoryId, commitId)),
        Subject: commitId is null ? repositoryId.ToString() : $"{repositoryId}:{commitId}", RepositoryId: repositoryId);

    protected override async Task<string> RunAsync(ProfileWork payload, JobRun run, CancellationToken stop)
    {
        if (await repositories.FindAsync(payload.RepositoryId, stop) is not { } repository) return "The repository is gone.";
        if (payload.CommitId is not { } commitId) return await RebuildHeadAsync(repository, anew: false, run, stop) is { } head ? Say(head) : "There is no head, or it is no model.";
        if (await commits.FindAsync(repository.SpaceId, ObjectId.Parse(commitId), stop) is not { } commit) return "The commit is gone.";
        return Say(await GetAsync(repository, commit.Tree, anew: false, stop));
    }

    Task ILateProjection.RebuildAsync(Repository repository, JobRun run, CancellationToken stop) => RebuildHeadAsync(repository, anew: true, run, stop);

    /// <returns>Null when there is nothing to profile.</returns>
    async Task<ProfileRow?> RebuildHeadAsync(Repository repository, bool anew, JobRun run, CancellationToken stop)
    {
        if (repository.Kind != RepositoryKind.Model) return null;
        while (await references.FindAsync(repository.Id, repository.DefaultReference, stop) is { } head)
        {
            var commit = (await commits.FindAsync(repository.SpaceId, ObjectId.Parse(head.CommitId), stop))!;
            var row = await GetAsync(repository, commit.Tree, anew, stop);
            if (row.Reason is { } reason) run.Log(reason);
            var written = await database.WriteAsync(async transaction =>
            {
                await ReferenceStore.HoldAsync(transaction, repository.Id, stop);
                var now = (await ReferenceStore.ListAsync(transaction, repository.Id, stop)).FirstOrDefault(r => r.Name == repository.DefaultReference);
                if (now?.CommitId != head.CommitId) return false;       // what was read is not the head any more: read again
                await summaries.ReplaceAsync(transaction, new()
                {
                    RepositoryId = repository.Id, CommitId = head.CommitId, Digest = row.Digest, Version = row.Version, Parameters = row.Parameters,
                    SafetensorsJson = row.SafetensorsJson, GgufJson = row.GgufJson, WeightBytes = row.WeightBytes, FootprintBytes = row.FootprintBytes,
                }, stop);
                await RepositoryStore.MarkChangedAsync(transaction, repository.Id, stop);
                return true;
            }, stop);
            if (written) return row;
        }
        return null;
    }

    /// <summary>The profile of these files: the one that is kept, or made now and kept.</summary>
    async Task<ProfileRow> GetAsync(Repository repository, ObjectId tree, bool anew, CancellationToken stop)
    {
        var files = await maker.OpenAsync(repository, tree, stop);
        if (!anew && await profiles.FindAsync(repository.Id, files.Digest, stop) is { Version: Profile.Version } known) return known;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(stop);
        limit.CancelAfter(s_longest);
        MadeProfile made;
        try
        {
            made = await maker.MakeAsync(repository, files, limit.Token);
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            made = new(new()
            {
                RepositoryId = repository.Id, Digest = files.Digest, Version = Profile.Version, State = "failed", MadeAt = time.GetUtcNow().ToUnixTimeMilliseconds(),
                Reason = $"Its headers could not be read within {s_longest.TotalMinutes:0} minutes.", ProfileJson = StoredProfile.Write(new Profile()),
            }, null);
        }
        await profiles.ReplaceAsync(made.Row, made.Tensors, stop);
        return made.Row;
    }

    static string Say(ProfileRow row) => row.State == "failed" ? $"No profile: {row.Reason}" : row.Parameters is { } count ? $"{count:N0} stored numbers." : "A profile without a count.";
}
