using System.Data.Common;
using ModelZoo.Hub.Kernel;

namespace ModelZoo.Hub.Repositories.Discussions;

/// <summary>A commit to a pull request's reference is an event of the pull request, in the same transaction; closed ones take none.</summary>
sealed class PullRequestFollower(DiscussionStore discussions) : ICommitFollower
{
    public async Task FollowAsync(DbTransaction transaction, PreparedCommit commit, CancellationToken stop)
    {
        if (!Discussion.TryNumber(commit.Reference, out var number)) return;
        var repositoryId = commit.Repository.Id;
        var status = await DiscussionStore.HoldAsync(transaction, repositoryId, number, stop) ?? throw Refusal.RevisionNotFound(commit.Reference);
        if (status is not (DiscussionStatus.Open or DiscussionStatus.Draft)) throw Refused(number, status);
        var byId = commit.By?.Id ?? throw new InvalidOperationException($"A commit to {commit.Reference} by nobody.");
        await discussions.AddEventAsync(transaction, repositoryId, number, new(EventKind.Commit, byId) { Subject = Subject(commit.Commit.Title), Detail = commit.Commit.Id.Hex }, stop);
    }

    public static Refusal Refused(long number, string status) =>
        Refusal.Conflict($"Pull request {number} is {status}: it takes no further commits.{(status == DiscussionStatus.Closed ? " Open it again first." : "")}");

    /// <summary>PostgreSQL cannot store NUL in text.</summary>
    static string Subject(string title) => DiscussionLimits.TitleOf(title.Replace('\0', ' '));
}
