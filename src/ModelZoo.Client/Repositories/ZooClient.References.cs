namespace ModelZoo.Client;

public sealed partial class ZooClient
{
    /// <summary>Branches and tags.</summary>
    public Task<References> ListReferencesAsync(RepoId repo, bool withPullRequests = false, CancellationToken stop = default) =>
        _hub.GetAsync<References>($"{repo.ApiPath}/refs{Address.Query(("include_prs", withPullRequests ? "1" : null))}", stop);

    /// <summary>Makes a branch.</summary>
    /// <param name="repo">Where.</param>
    /// <param name="branch">Its name.</param>
    /// <param name="from">Where it begins; null for the default branch.</param>
    /// <param name="stop">Cancels the call.</param>
    /// <exception cref="ZooApiException">409: it exists.</exception>
    public Task CreateBranchAsync(RepoId repo, string branch, string? from = null, CancellationToken stop = default) =>
        _hub.CallAsync(HttpMethod.Post, $"{repo.ApiPath}/branch/{Address.Revision(branch)}", new { startingPoint = from }, stop);

    /// <summary>Deletes a branch.</summary>
    public Task DeleteBranchAsync(RepoId repo, string branch, CancellationToken stop = default) =>
        _hub.CallAsync(HttpMethod.Delete, $"{repo.ApiPath}/branch/{Address.Revision(branch)}", null, stop);

    /// <summary>Makes a tag.</summary>
    /// <param name="repo">Where.</param>
    /// <param name="tag">Its name.</param>
    /// <param name="revision">What it names; null for the default branch's head.</param>
    /// <param name="message">Text kept with it.</param>
    /// <param name="stop">Cancels the call.</param>
    /// <exception cref="ZooApiException">409: it exists.</exception>
    public Task CreateTagAsync(RepoId repo, string tag, string? revision = null, string? message = null, CancellationToken stop = default) =>
        _hub.CallAsync(HttpMethod.Post, $"{repo.ApiPath}/tag/{Address.Revision(revision ?? DefaultBranch)}", new { tag, message }, stop);

    /// <summary>Deletes a tag.</summary>
    public Task DeleteTagAsync(RepoId repo, string tag, CancellationToken stop = default) =>
        _hub.CallAsync(HttpMethod.Delete, $"{repo.ApiPath}/tag/{Address.Revision(tag)}", null, stop);

    /// <summary>The history behind a revision, newest first.</summary>
    public IAsyncEnumerable<HistoryEntry> ListCommitsAsync(RepoId repo, string revision = DefaultBranch, CancellationToken stop = default) =>
        _hub.PageAsync<HistoryEntry>($"{repo.ApiPath}/commits/{Address.Revision(revision)}", stop);

    /// <summary>Replaces a branch's history by one commit with the same files. Cannot be undone.</summary>
    public Task SquashHistoryAsync(RepoId repo, string branch = DefaultBranch, string? message = null, CancellationToken stop = default) =>
        _hub.CallAsync(HttpMethod.Post, $"{repo.ApiPath}/super-squash/{Address.Revision(branch)}", new { message }, stop);
}
