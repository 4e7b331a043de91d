using System.Net;
using ModelZoo.Git;

namespace ModelZoo.Client;

public sealed partial class ZooClient
{
    /// <summary>Files and folders under a folder.</summary>
    /// <param name="repo">Where.</param>
    /// <param name="revision">Branch, tag or commit.</param>
    /// <param name="path">The folder; null for the root.</param>
    /// <param name="recursive">Everything below, not only its own entries.</param>
    /// <param name="withLastCommit">Ask for the last commit of every entry.</param>
    /// <param name="stop">Cancels the listing.</param>
    public IAsyncEnumerable<TreeItem> ListTreeAsync(RepoId repo, string revision = DefaultBranch, RepoPath? path = null, bool recursive = false,
        bool withLastCommit = false, CancellationToken stop = default)
    {
        var address = $"{repo.ApiPath}/tree/{Address.Revision(revision)}{(path is null ? "" : "/" + Address.Path(path))}";
        return _hub.PageAsync<TreeItem>(address + Address.Query(("recursive", recursive ? "true" : null), ("expand", withLastCommit ? "true" : null)), stop);
    }

    /// <summary>Describes paths; those that do not exist are left out.</summary>
    public async Task<IReadOnlyList<TreeItem>> GetPathsAsync(RepoId repo, IEnumerable<RepoPath> paths, string revision = DefaultBranch, CancellationToken stop = default)
    {
        var found = new List<TreeItem>();
        foreach (var some in paths.Chunk(500))                       // hubs refuse more than 1000 at once
            found.AddRange(await _hub.PostAsync<TreeItem[]>($"{repo.ApiPath}/paths-info/{Address.Revision(revision)}", new { paths = some, expand = false }, stop, repeatable: true));
        return found;
    }

    /// <summary>What the hub says about a file: commit, digest and size.</summary>
    /// <exception cref="ZooApiException">404 when there is no such file, revision or repository.</exception>
    public async Task<FileMetadata> GetFileMetadataAsync(RepoId repo, RepoPath path, string revision = DefaultBranch, CancellationToken stop = default)
    {
        using var request = _hub.Request(HttpMethod.Head, ResolvePath(repo, path, revision));
        request.Headers.AcceptEncoding.ParseAdd("identity");
        request.Options.Set(RedirectHandler.StayOnHub, true);        // a redirect to storage still carries the hub's headers
        using var response = await _hub.SendRawAsync(request, stop);
        if ((int)response.StatusCode >= 400) throw await ZooApiException.FromAsync(response, stop);
        var linked = Header("X-Linked-Etag");
        var etag = (linked ?? Header("ETag"))?.Trim().Replace("W/", "", StringComparison.Ordinal).Trim('"');
        var size = long.TryParse(Header("X-Linked-Size"), out var declared) ? declared : (long?)null;
        if (response.StatusCode == HttpStatusCode.OK) size ??= response.Content.Headers.ContentLength;
        if (Header("X-Repo-Commit") is not { } commit || string.IsNullOrEmpty(etag) || size is null)
            throw new ZooApiException((int)response.StatusCode, $"The answer for '{path}' lacks its commit, digest or size: this is not a hub, or something between changes its headers.");
        return new(path, commit, etag, size.Value, linked is not null || etag.Length == 64, Header("X-Xet-Hash"));

        string? Header(string name) =>
            response.Headers.TryGetValues(name, out var values) || response.Content.Headers.TryGetValues(name, out values) ? values.FirstOrDefault() : null;
    }

    /// <summary>Like <see cref="GetFileMetadataAsync"/>; null when there is no such file.</summary>
    public async Task<FileMetadata?> FindFileMetadataAsync(RepoId repo, RepoPath path, string revision = DefaultBranch, CancellationToken stop = default)
    {
        try
        {
            return await GetFileMetadataAsync(repo, path, revision, stop);
        }
        catch (ZooApiException e) when (e.ErrorCode == "EntryNotFound")
        {
            return null;
        }
    }

    internal static string ResolvePath(RepoId repo, RepoPath path, string revision) =>
        $"{repo.WebPath}/resolve/{Address.Revision(revision)}/{Address.Path(path)}";
}
