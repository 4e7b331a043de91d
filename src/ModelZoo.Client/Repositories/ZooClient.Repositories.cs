using System.Text.Json;
using System.Runtime.CompilerServices;

namespace ModelZoo.Client;

public sealed partial class ZooClient
{
    /// <summary>Makes a repository.</summary>
    /// <param name="repo">Its id; without an owner it becomes the caller's.</param>
    /// <param name="isPrivate">Visible to some only.</param>
    /// <param name="existOk">Quietly accept one that is already there.</param>
    /// <param name="stop">Cancels the call.</param>
    /// <returns>Its address on the hub.</returns>
    /// <exception cref="ZooApiException">409: it exists; 403: the owner is someone else.</exception>
    public async Task<Uri> CreateRepositoryAsync(RepoId repo, bool isPrivate = false, bool existOk = false, CancellationToken stop = default)
    {
        // Bodies name the repository and its owner apart; a space needs to say how it would run.
        var body = new { name = repo.Name, organization = repo.Owner, type = repo.Kind.Word(), @private = isPrivate, sdk = repo.Kind == RepoKind.Space ? "static" : null };
        try
        {
            return (await _hub.PostAsync<CreatedRepository>("/api/repos/create", body, stop)).Url;
        }
        catch (ZooApiException e) when (e.Status == 409 && existOk)
        {
            return HubTransport.Verbatim(Options.Endpoint.GetLeftPart(UriPartial.Path).TrimEnd('/') + repo.WebPath);
        }
    }

    /// <summary>Deletes a repository and everything in it.</summary>
    public Task DeleteRepositoryAsync(RepoId repo, CancellationToken stop = default) =>
        _hub.CallAsync(HttpMethod.Delete, "/api/repos/delete", new { name = repo.Name, organization = repo.Owner, type = repo.Kind.Word() }, stop);

    /// <summary>Renames a repository or gives it to another account; the old address redirects.</summary>
    public Task MoveRepositoryAsync(RepoId from, RepoId to, CancellationToken stop = default) => from.Kind == to.Kind
        ? _hub.CallAsync(HttpMethod.Post, "/api/repos/move", new { fromRepo = from.Id, toRepo = to.Id, type = from.Kind.Word() }, stop)
        : throw new ArgumentException($"A {from.Kind.Word()} cannot become a {to.Kind.Word()}.", nameof(to));

    /// <summary>Makes a repository with the same history as another. Nothing is copied over the network: the hub shares the content.</summary>
    /// <param name="from">The origin.</param>
    /// <param name="to">The fork, of the same kind.</param>
    /// <param name="isPrivate">Null: as the origin is.</param>
    /// <param name="stop">Cancels the call.</param>
    /// <returns>Its address on the hub.</returns>
    /// <exception cref="ZooApiException">409: the name is taken; 403: the owner is someone else, or a private repository would become public.</exception>
    public async Task<Uri> ForkRepositoryAsync(RepoId from, RepoId to, bool? isPrivate = null, CancellationToken stop = default) => from.Kind == to.Kind
        ? (await _hub.PostAsync<CreatedRepository>($"{from.ApiPath}/duplicate", new { repository = to.Id, @private = isPrivate }, stop)).Url
        : throw new ArgumentException($"A {from.Kind.Word()} cannot become a {to.Kind.Word()}.", nameof(to));

    /// <summary>Changes settings.</summary>
    public Task ChangeSettingsAsync(RepoId repo, RepositorySettings settings, CancellationToken stop = default)
    {
        var body = new Dictionary<string, object>();
        if (settings.Private is { } isPrivate) body["private"] = isPrivate;
        if (settings.Gated is { } gated) body["gated"] = gated == "false" ? false : gated;
        if (settings.Description is { } description) body["description"] = description;
        return _hub.CallAsync(HttpMethod.Put, $"{repo.ApiPath}/settings", body, stop);
    }

    /// <summary>Describes a repository at a revision.</summary>
    /// <param name="repo">Which.</param>
    /// <param name="revision">Branch, tag or commit; null for the default branch.</param>
    /// <param name="withSizes">Ask for the sizes and digests of files.</param>
    /// <param name="stop">Cancels the call.</param>
    public Task<Repository> GetRepositoryAsync(RepoId repo, string? revision = null, bool withSizes = false, CancellationToken stop = default)
    {
        var path = revision is null ? repo.ApiPath : $"{repo.ApiPath}/revision/{Address.Revision(revision)}";
        return _hub.GetAsync<Repository>(path + Address.Query(("blobs", withSizes ? "true" : null)), stop);
    }

    /// <summary>The same description as the hub sends it, with every field.</summary>
    public Task<JsonElement> GetRepositoryJsonAsync(RepoId repo, string? revision = null, CancellationToken stop = default) =>
        _hub.GetAsync<JsonElement>(revision is null ? repo.ApiPath : $"{repo.ApiPath}/revision/{Address.Revision(revision)}", stop);

    /// <summary>Like <see cref="GetRepositoryAsync"/>; null when there is none, or the caller may not know.</summary>
    public async Task<Repository?> FindRepositoryAsync(RepoId repo, string? revision = null, CancellationToken stop = default)
    {
        try
        {
            return await GetRepositoryAsync(repo, revision, stop: stop);
        }
        catch (ZooApiException e) when (e.IsNotFound)
        {
            return null;
        }
    }

    /// <summary>Repositories of one kind that match, page after page as they are read.</summary>
    public async IAsyncEnumerable<Repository> ListRepositoriesAsync(RepoKind kind, RepositoryFilter? filter = null, [EnumeratorCancellation] CancellationToken stop = default)
    {
        var left = filter?.Limit ?? int.MaxValue;
        if (left <= 0) yield break;
        await foreach (var item in _hub.PageAsync<Repository>($"/api/{kind.Plural()}{filter?.ToQuery()}", stop))
        {
            yield return item;
            if (--left == 0) yield break;
        }
    }

    sealed record CreatedRepository(Uri Url);
}
