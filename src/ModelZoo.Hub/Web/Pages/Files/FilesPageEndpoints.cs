using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using ModelZoo.Git;
using ModelZoo.Hub.Cards;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Repositories;
using ModelZoo.Hub.Repositories.Access;
using ModelZoo.Hub.Web.Components;
using ModelZoo.Hub.Web.Pages.Repositories;

namespace ModelZoo.Hub.Web.Pages.Files;

/// <summary>…/tree/{rev}/{path}: the files of one folder.</summary>
static class FilesPageEndpoints
{
    const int PageSize = 200;

    public static void Map(IEndpointRouteBuilder app) => app.MapRepositoryPage("/tree/{revision}/{**path}", ShowAsync);

    static async Task<IResult> ShowAsync(
        ReadableRepository proof, RouteText revision, RouteText? path, HttpContext http, PageFrames frames, RepositoryPageParts parts,
        TreeReader trees, LastChangeReader changes, CancellationToken stop)
    {
        var repository = proof.Repository;
        var (shown, rest) = await parts.ResolveAsync(proof, revision, path, stop);
        var (folder, at) = await GetFolderAsync(trees, repository, shown, rest, stop);
        var links = RepositoryPageParts.Links(repository);
        if (folder is null) return PageRouting.SeeOther(links.Blob(shown.Shown, rest).Value);

        var all = await trees.ListAsync(repository.SpaceId, folder, at, stop);
        var after = http.Request.Query["after"].ToString();
        var skip = after.Length == 0 ? 0 : all.TakeWhile(e => e.Path.Name != after).Count() + 1;
        var page = all.Skip(skip).Take(PageSize).ToList();
        var last = await changes.FindAsync(proof, shown.Resolved, [.. page.Select(e => e.Path), .. at is null ? (RepoPath[])[] : [at]], stop);
        var heading = await parts.HeadingAsync(proof, shown, stop);
        return new PageResult<FilesPage>(new FilesPageModel(
            frames.For(http, repository.Kind.Plural()), heading,
            await parts.ReferencesAsync(proof, shown, name => links.Tree(name, at?.Value), stop), at?.Value)
        {
            IsBranch = shown.IsBranch,
            LastCommit = RepositoryPageParts.Line(at is not null && last.TryGetValue(at.Value, out var touched) ? touched : shown.Commit),
            Entries = [.. page.Select(e => new FileLine(
                e.Path.Name, e.Path.Value, e.IsFolder, e.IsFolder || e.Mode == EntryMode.Submodule ? null : e.SizeBytes, e.Pointer is not null,
                last.TryGetValue(e.Path.Value, out var commit) ? RepositoryPageParts.Line(commit) : null))],
            Readme = await ReadmeAsync(parts, repository, shown, at, all, stop),
            NextPage = skip + page.Count < all.Count ? Href.Local($"{links.Tree(shown.Shown, at?.Value).Value}?after={Uri.EscapeDataString(page[^1].Path.Name)}") : null,
        });
    }

    /// <summary>Null for the folder when the path names a file.</summary>
    static async Task<(ObjectId? Folder, RepoPath? Path)> GetFolderAsync(TreeReader trees, Repository repository, ShownRevision shown, string text, CancellationToken stop)
    {
        if (text.Length == 0) return (shown.Commit.Tree, null);
        if (!RepoPath.TryParse(text, out var path)) throw Refusal.EntryNotFound(text, shown.Commit.Id);
        var entry = await trees.FindEntryAsync(repository.SpaceId, shown.Commit.Tree, path, stop) ?? throw Refusal.EntryNotFound(text, shown.Commit.Id);
        return (entry.Mode == EntryMode.Folder ? entry.Id : null, path);
    }

    static async Task<SanitisedHtml> ReadmeAsync(
        RepositoryPageParts parts, Repository repository, ShownRevision shown, RepoPath? folder, IReadOnlyList<FolderEntry> entries, CancellationToken stop)
    {
        if (entries.FirstOrDefault(e => e.Path.Name.Equals("README.md", StringComparison.OrdinalIgnoreCase) && !e.IsFolder) is not { } readme) return default;
        var text = await parts.FindTextAsync(repository, shown.Commit.Tree, readme.Path.Value, stop);
        if (text is null) return default;
        var body = Card.Parse(text).Body;
        return body.Trim().Length == 0 ? default : parts.Render(repository, shown.Shown, readme.Path.Value, body);
    }
}
