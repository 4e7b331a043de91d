using ModelZoo.Git;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Repositories.Access;
using ModelZoo.Hub.Repositories.Discussions;

namespace ModelZoo.Hub.Repositories;

/// <summary>A commit that somebody chose, and how: by a reference that may move, or by an id that never does.</summary>
/// <param name="Reference">The full reference name; null when the revision is a commit id.</param>
/// <param name="Commit">The commit chosen.</param>
sealed record ResolvedRevision(string? Reference, CommitRow Commit)
{
    /// <summary>Chosen by a full commit id. A short one may become ambiguous and then names nothing.</summary>
    public bool IsImmutable { get; init; }

    public string CommitId => Commit.Id;
}

/// <summary>Turns what people type into a commit: branch, tag, full reference, full or short id, HEAD — in that order.</summary>
sealed class RevisionResolver(CommitStore commits)
{
    const int MinPrefix = 7;
    const int MaxLength = 300;

    /// <exception cref="Refusal">No such revision.</exception>
    public async Task<ResolvedRevision> GetAsync(ReadableRepository repository, string revision, CancellationToken stop) =>
        await FindAsync(repository, revision, stop) ?? throw Refusal.RevisionNotFound(Shown(revision));

    public async Task<ResolvedRevision?> FindAsync(ReadableRepository repository, string revision, CancellationToken stop)
    {
        if (revision.Length is 0 or > MaxLength || revision.Contains('\0')) return null;
        var (id, space) = (repository.Id, repository.Repository.SpaceId);

        string[] names = revision == "HEAD" ? [repository.Repository.DefaultReference]
            : revision.StartsWith("refs/", StringComparison.Ordinal) ? [revision, "refs/heads/" + revision, "refs/tags/" + revision]
            : ["refs/heads/" + revision, "refs/tags/" + revision];
        if (await commits.FindByReferenceAsync(id, space, names, stop) is var (name, commit)) return new(name, commit);

        var isHex = revision.Length is >= MinPrefix and <= 40 && revision.All(c => char.IsAsciiHexDigit(c));
        return isHex && await commits.FindByPrefixAsync(id, space, revision.ToLowerInvariant(), stop) is { } chosen
            ? new(null, chosen) { IsImmutable = revision.Length == 40 }
            : null;
    }

    /// <summary>
    /// Splits "{revision}/{path}" where a client left a revision with slashes unencoded: the longest leading part that
    /// exists is the revision.
    /// </summary>
    public async Task<(ResolvedRevision Revision, string Path)> SplitAsync(ReadableRepository repository, string text, CancellationToken stop)
    {
        var segments = text.Split('/');
        // An unencoded revision has at least one slash fewer than the text; branches rarely have more than a few.
        var least = segments[0] == "refs" && segments.Length >= 3 ? 3 : 1;
        for (var count = least; count <= Math.Min(segments.Length, 6); count++)
        {
            if (await FindAsync(repository, string.Join('/', segments[..count]), stop) is not { } found) continue;
            return (found, string.Join('/', segments[count..]));
        }
        throw Refusal.RevisionNotFound(Shown(string.Join('/', segments[..Math.Min(segments.Length, least)])));
    }

    /// <summary>The branch that a write goes to, or the reference of a pull request.</summary>
    /// <exception cref="Refusal">Unknown, or a tag or commit, which cannot be written to.</exception>
    public async Task<(string Reference, CommitRow Head)> GetBranchAsync(ReadableRepository repository, string revision, CancellationToken stop, bool orPullRequest = false)
    {
        var resolved = await GetAsync(repository, revision, stop);
        return resolved.Reference is { } name && (name.StartsWith("refs/heads/", StringComparison.Ordinal) || (orPullRequest && Discussion.TryNumber(name, out _)))
            ? (name, resolved.Commit)
            : throw Refusal.Invalid($"'{Shown(revision)}' is not a branch; commits go to branches{(orPullRequest ? " and pull requests (refs/pr/1)" : "")}.");
    }

    static string Shown(string revision) => revision.Length > 100 ? revision[..100] + "…" : revision;
}
