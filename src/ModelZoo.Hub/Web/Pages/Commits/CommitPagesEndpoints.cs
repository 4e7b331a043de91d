using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using ModelZoo.Git;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Repositories;
using ModelZoo.Hub.Repositories.Access;
using ModelZoo.Hub.Web.Components;
using ModelZoo.Hub.Web.Pages.Profiles;
using ModelZoo.Hub.Web.Pages.Repositories;

namespace ModelZoo.Hub.Web.Pages.Commits;

/// <summary>…/commits/{rev}, …/commit/{id} and …/compare: what changed.</summary>
static class CommitPagesEndpoints
{
    const int PageSize = 50;

    public static void Map(IEndpointRouteBuilder app)
    {
        app.MapRepositoryPage("/commits/{revision}", ListAsync);
        app.MapRepositoryPage("/commit/{revision}", ShowAsync);
        app.MapRepositoryPage("/compare", CompareAsync);
    }

    static async Task<IResult> ListAsync(
        ReadableRepository proof, RouteText revision, HttpContext http, PageFrames frames, RepositoryPageParts parts, CommitStore commits, CancellationToken stop)
    {
        var shown = await parts.ResolveAsync(proof, revision, stop);
        var links = RepositoryPageParts.Links(proof.Repository);
        var skip = int.TryParse(http.Request.Query["skip"], out var wanted) ? Math.Clamp(wanted, 0, 1_000_000) : 0;
        var rows = await commits.HistoryAsync(proof.Repository.SpaceId, shown.Commit.ObjectId, skip, PageSize + 1, stop);
        // The branch may move between two pages: further ones go on from the commit that the first page began with.
        var from = $"{links.Commits(shown.Commit.Id).Value}?skip={skip + PageSize}";
        return new PageResult<CommitsPage>(new CommitsPageModel(
            frames.For(http, proof.Repository.Kind.Plural()), await parts.HeadingAsync(proof, shown, stop),
            await parts.ReferencesAsync(proof, shown, links.Commits, stop), shown.Commit.Ancestors)
        {
            Commits = [.. rows.Take(PageSize).Select(RepositoryPageParts.Line)],
            FirstPage = skip > 0 ? links.Commits(shown.Shown) : null,
            NextPage = rows.Count > PageSize ? Href.Local(from) : null,
        });
    }

    static async Task<IResult> ShowAsync(
        ReadableRepository proof, RouteText revision, HttpContext http, PageFrames frames, RepositoryPageParts parts, CommitStore commits, ChangedFiles changed, TensorComparison tensors, CancellationToken stop)
    {
        var shown = await parts.ResolveAsync(proof, revision, stop);
        var space = proof.Repository.SpaceId;
        var parents = await commits.ParentsAsync(space, shown.Commit.ObjectId, stop);
        var before = parents.Count > 0 ? await commits.FindAsync(space, ObjectId.Parse(parents[0]), stop) : null;
        var (files, more) = await changed.ListAsync(proof.Repository, before?.Tree, shown.Commit.Tree, shown.Commit.Id, stop);
        return new PageResult<CommitPage>(new CommitPageModel(
            frames.For(http, proof.Repository.Kind.Plural()), (await parts.HeadingAsync(proof, shown, stop)) with { Revision = null }, RepositoryPageParts.Line(shown.Commit))
        {
            Body = shown.Commit.Body.Trim(), ParentIds = parents, Files = files, MoreFiles = more,
            Tensors = await TensorsAsync(proof, before, shown.Commit, files, tensors, stop),
        });
    }

    static async Task<IResult> CompareAsync(
        ReadableRepository proof, HttpContext http, PageFrames frames, RepositoryPageParts parts, RevisionResolver revisions, ReferenceStore references,
        CommitStore commits, ChangedFiles changed, TensorComparison tensors, CancellationToken stop)
    {
        var (from, to) = (http.Request.Query["from"].ToString(), http.Request.Query["to"].ToString());
        var heading = await parts.HeadingAsync(proof, await parts.FindHeadAsync(proof, stop), stop);
        var model = new ComparePageModel(frames.For(http, proof.Repository.Kind.Plural()), heading with { Revision = null }, from, to)
        {
            Suggestions = [.. (await references.ListAsync(proof.Id, stop)).Take(200).Select(r => r.ShortName)],
        };
        if (from.Length == 0 || to.Length == 0) return new PageResult<ComparePage>(model);
        var before = await revisions.FindAsync(proof, from, stop);
        var after = await revisions.FindAsync(proof, to, stop);
        if (before is null || after is null)
            return new PageResult<ComparePage>(model with { Problem = $"There is no branch, tag or commit '{(before is null ? from : to)}'." }, 404);
        var (files, more) = await changed.ListAsync(proof.Repository, before.Commit.Tree, after.Commit.Tree, after.Commit.Id, stop);
        var known = (await commits.HistoryAsync(proof.Repository.SpaceId, before.Commit.ObjectId, 0, 1_000, stop)).Select(c => c.Id).ToHashSet();
        var ahead = (await commits.HistoryAsync(proof.Repository.SpaceId, after.Commit.ObjectId, 0, 200, stop)).Where(c => !known.Contains(c.Id));
        return new PageResult<ComparePage>(model with { Commits = [.. ahead.Take(100).Select(RepositoryPageParts.Line)], Files = files, MoreFiles = more, Tensors = await TensorsAsync(proof, before.Commit, after.Commit, files, tensors, stop) });
    }

    /// <summary>Only where weight files changed: everything else leaves the tensors alone.</summary>
    static async Task<TensorDiffView?> TensorsAsync(ReadableRepository proof, CommitRow? before, CommitRow after, IReadOnlyList<FileChange> files, TensorComparison tensors, CancellationToken stop) =>
        proof.Repository.Kind == RepositoryKind.Model && files.Any(file => TensorComparison.IsWeight(file.Path)) ? await tensors.FindAsync(proof, before, proof, after, stop) : null;
}
