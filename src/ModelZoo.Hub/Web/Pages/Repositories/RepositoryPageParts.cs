using System.Text;
using Microsoft.Extensions.Caching.Memory;
using ModelZoo.Git;
using ModelZoo.Hub.Cards;
using ModelZoo.Hub.Community;
using ModelZoo.Hub.Evaluations.Scores;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Populations.Members;
using ModelZoo.Hub.Profiles;
using ModelZoo.Hub.Repositories;
using ModelZoo.Hub.Repositories.Access;
using ModelZoo.Hub.Web.Components;
using ModelZoo.Learning.FineTuning;

namespace ModelZoo.Hub.Web.Pages.Repositories;

/// <summary>A revision that a page shows: what was asked for, and the commit behind it.</summary>
/// <param name="Shown">As typed: a branch, a tag, an id.</param>
sealed record ShownRevision(ResolvedRevision Resolved, string Shown)
{
    public CommitRow Commit => Resolved.Commit;

    public bool IsBranch => Resolved.Reference?.StartsWith("refs/heads/", StringComparison.Ordinal) == true;
}

/// <summary>What all pages of a repository need: the heading, the revision, the references, rendered Markdown.</summary>
sealed class RepositoryPageParts(
    RevisionResolver revisions, ReferenceStore references, TreeReader trees, CardStore cards, WeightSummaryStore weights, LikeStore likes,
    DiscussionQuery discussions, ForkStore forks, PopulationShelf populations, RepositoryStore repositories, ScoreStore scores, BenchmarkStore benchmarks,
    AccessPolicy policy, HubOptions options) : IDisposable
{
    /// <summary>Longest Markdown that is rendered; above it a file is a download.</summary>
    const long MaxMarkdownBytes = 1 << 20;

    /// <summary>Rendered cards kept, in characters.</summary>
    readonly MemoryCache _rendered = new(new MemoryCacheOptions { SizeLimit = 32_000_000 });

    public static RepositoryLinks Links(Repository repository) => new(repository.Kind.Word(), repository.Owner, repository.Name);

    /// <summary>Finds the revision in an address, and the path after it. A branch whose slashes were not encoded is understood too.</summary>
    public async Task<(ShownRevision Revision, string Path)> ResolveAsync(ReadableRepository repository, RouteText revision, RouteText? path, CancellationToken stop)
    {
        var rest = path?.Value?.Trim('/') ?? "";
        if (await revisions.FindAsync(repository, revision, stop) is { } found) return (new(found, revision.Value), rest);
        var whole = rest.Length == 0 ? revision.Value : $"{revision.Value}/{rest}";
        var (resolved, tail) = await revisions.SplitAsync(repository, whole, stop);
        return (new(resolved, whole[..(whole.Length - tail.Length)].TrimEnd('/')), tail.Trim('/'));
    }

    public async Task<ShownRevision> ResolveAsync(ReadableRepository repository, string revision, CancellationToken stop) =>
        new(await revisions.GetAsync(repository, revision, stop), revision);

    public async Task<ShownRevision?> FindHeadAsync(ReadableRepository repository, CancellationToken stop) =>
        await revisions.FindAsync(repository, repository.Repository.DefaultReference, stop) is { } head ? new(head, repository.Repository.DefaultBranch) : null;

    public async Task<RepositoryHeading> HeadingAsync(ReadableRepository proof, ShownRevision? revision, CancellationToken stop)
    {
        var repository = proof.Repository;
        var card = await cards.FindAsync(repository.Id, stop);
        var summary = repository.Kind == RepositoryKind.Model ? await weights.FindAsync(repository.Id, stop) : null;
        return new(Links(repository), repository.DefaultBranch)
        {
            IsPrivate = repository.IsPrivate,
            Description = repository.Description,
            Taxon = Taxon(repository.Kind, card, summary),
            Downloads = repository.Downloads,
            Likes = repository.Likes,
            LikedByViewer = proof.Actor.Account is { } viewer && await likes.IsLikedAsync(repository.Id, viewer.Id, stop),
            FileCount = (int?)card?.FileCount,
            CommitCount = revision?.Commit.Ancestors,
            OpenDiscussions = await discussions.CountOpenAsync(repository.Id, stop),
            ScoreCount = repository.Kind == RepositoryKind.Model ? await scores.CountAsync(repository.Id, stop) : 0,
            IsBenchmark = repository.Kind == RepositoryKind.Dataset && await benchmarks.FindAsync(repository.Id, stop) is not null,
            IsPopulation = repository.Kind == RepositoryKind.Model && revision is not null && await populations.HasAsync(proof, revision.Commit, stop),
            IsTunable = repository.Kind == RepositoryKind.Model && CardFactsReader.ModelType(card?.ConfigJson) is { } type && EncoderShape.ModelTypes.Contains(type),
            MayWrite = proof.Level >= AccessLevel.Write,
            MayAdminister = proof.Level >= AccessLevel.Administer,
            Revision = revision?.Shown,
            Origin = await FindOriginAsync(proof, stop),
        };
    }

    async Task<RepositoryLinks?> FindOriginAsync(ReadableRepository fork, CancellationToken stop)
    {
        if (await forks.FindOriginIdAsync(fork.Id, stop) is not { } id || await repositories.FindAsync(id, stop) is not { } origin) return null;
        return await policy.FindReadableAsync(origin.Kind, origin.Owner, origin.Name, fork.Actor, stop) is null ? null : Links(origin);
    }

    /// <summary>The branches and tags, each leading to the same page there.</summary>
    public async Task<ReferenceChoice> ReferencesAsync(ReadableRepository repository, ShownRevision revision, Func<string, Href> link, CancellationToken stop)
    {
        var all = await references.ListAsync(repository.Id, stop);
        return new(revision.Shown, Of("refs/heads/"), Of("refs/tags/"));

        IReadOnlyList<ReferenceLink> Of(string prefix) =>
            [.. all.Where(r => r.Name.StartsWith(prefix, StringComparison.Ordinal)).Take(200).Select(r => new ReferenceLink(r.ShortName, link(r.ShortName)))];
    }

    public static CommitLine Line(CommitRow row) => new(row.Id, row.Title, row.AuthorName, DateTimeOffset.FromUnixTimeMilliseconds(row.CommittedAt));

    /// <summary>A small text file, or null when it is absent, large or binary.</summary>
    public async Task<string?> FindTextAsync(Repository repository, ObjectId root, string path, CancellationToken stop) =>
        RepoPath.TryParse(path, out var at)
        && await trees.FindAsync(repository.SpaceId, root, at, stop) is { IsFolder: false, Pointer: null, BlobBytes: <= MaxMarkdownBytes } file
        && file.Mode != EntryMode.Submodule
            ? Encoding.UTF8.GetString(await trees.GetContentAsync(repository.SpaceId, file.Id, stop))
            : null;

    /// <summary>Markdown of a file as HTML; kept in memory, because a text at a revision always gives the same.</summary>
    /// <param name="anchors">Tells the anchors of several texts on one page apart.</param>
    public SanitisedHtml Render(Repository repository, string revision, string path, string markdown, string anchors = "")
    {
        var key = (repository.Address, revision, path, Secrets.Hash(markdown), anchors);
        if (_rendered.TryGetValue(key, out SanitisedHtml known)) return known;
        var folder = path.LastIndexOf('/') is var slash and >= 0 ? path[..slash] : "";
        var context = new CardLinkContext(repository.Address, revision) { Folder = folder, AllowRemoteImages = options.Cards.RemoteImages, Anchors = anchors };
        // The page's own heading is the one h1; a card's begin at the second level.
        var html = CardHtml.Render(markdown, context).Replace("<h1", "<h2", StringComparison.Ordinal).Replace("</h1>", "</h2>", StringComparison.Ordinal);
        return _rendered.Set(key, SanitisedHtml.FromSanitiser(html), new MemoryCacheEntryOptions { Size = html.Length + 200 });
    }

    static List<TaxonStep> Taxon(RepositoryKind kind, CardRow? card, WeightSummaryRow? summary)
    {
        var steps = new List<TaxonStep>();
        if (card?.PipelineTag is { } task) steps.Add(new(task, Href.Local($"/{kind.Plural()}?task={Uri.EscapeDataString(task)}")));
        if (CardFactsReader.ModelType(card?.ConfigJson) is { } type) steps.Add(new(type, Href.Local($"/{kind.Plural()}?tag={Uri.EscapeDataString(type)}")));
        if (summary?.Parameters is { } count and > 0) steps.Add(new(Quantity.Parameters(count)));
        return steps;
    }

    public void Dispose() => _rendered.Dispose();
}
