using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using ModelZoo.Hub.Accounts;
using ModelZoo.Hub.Cards;
using ModelZoo.Hub.Evaluations.Scores;
using ModelZoo.Hub.Facades.Zoo;
using ModelZoo.Hub.Profiles;
using ModelZoo.Hub.Repositories;
using ModelZoo.Hub.Repositories.Access;
using ModelZoo.Hub.Search;
using ModelZoo.Hub.Web.Components;
using ModelZoo.Hub.Web.Estimates;
using ModelZoo.Inference.Snippets;

namespace ModelZoo.Hub.Web.Pages.Repositories;

/// <summary>/{owner}/{name}: the front page of a repository.</summary>
static class CardPageEndpoints
{
    /// <summary>Files that are looked at for the column beside the card; the Files page has all of them.</summary>
    const int MaxWalked = 2_000;

    const int ListedFiles = 8;

    public static void Map(IEndpointRouteBuilder app) => app.MapRepositoryPage("", ShowAsync);

    static async Task<IResult> ShowAsync(
        ReadableRepository proof, HttpContext http, PageFrames frames, RepositoryPageParts parts, TreeReader trees, CardStore cards,
        WeightSummaryStore weights, AccessPolicy policy, RepositorySearch search, ProfileReader profiles, SnippetShelf shelf, Registry registry, ScoreStore scores, RecipeFactsReader recipes, CancellationToken stop)
    {
        var repository = proof.Repository;
        var frame = frames.For(http, repository.Kind.Plural());
        var head = await parts.FindHeadAsync(proof, stop);
        var heading = await parts.HeadingAsync(proof, head, stop);
        if (head is null) return new PageResult<CardPage>(new CardPageModel(frame, heading));

        var row = await cards.FindAsync(repository.Id, stop);
        var readme = await parts.FindTextAsync(repository, head.Commit.Tree, "README.md", stop);
        var card = readme is null ? Card.Empty : Card.Parse(readme);
        var files = await WalkAsync(trees, repository, head, stop);
        var results = card.Metadata.Results;
        var profile = repository.Kind == RepositoryKind.Model && row?.FileCount > 0 ? (await profiles.FindAsync(proof, head.Commit, stop)).Profile : null;
        var reference = profile is null ? null : await registry.GetAsync(proof.Actor, stop);
        var (estimate, roofline) = profile is null || reference is null ? (null, null) : EstimateViews.Glance(profile, reference, ScenarioAddress.Read(QueryCollection.Empty, reference, ReadersDevice.Find(http), profile));
        return new PageResult<CardPage>(new CardPageModel(frame, heading with { Revision = null })
        {
            Plate = CardFactsReader.Plate(repository, row, await weights.FindAsync(repository.Id, stop), results, profile, estimate),
            Roofline = roofline, Device = estimate?.Device.Name,
            Snippets = SnippetBook.Brief(await shelf.WriteAsync(proof, head.Commit, http, stop)),
            Card = card.Body.Trim().Length == 0 ? default : parts.Render(repository, repository.DefaultBranch, "README.md", card.Body),
            Findings = heading.MayWrite && readme is not null ? CardFactsReader.Findings(card.Findings.Concat(CardValidator.Check(card)).Distinct()) : [],
            Score = readme is null ? null : CardFactsReader.Completeness(row),
            Files = [.. files.OrderByDescending(f => f.SizeBytes).Take(ListedFiles)],
            FileCount = (int)(row?.FileCount ?? files.Count),
            TotalBytes = row?.SizeBytes ?? files.Sum(f => f.SizeBytes),
            Recipe = await recipes.FindAsync(proof, head.Commit, stop),
            MadeFrom = await MadeFromAsync(card, policy, proof.Actor, stop),
            UsedBy = await UsedByAsync(repository, search, proof.Actor, stop),
            Scores = repository.Kind == RepositoryKind.Model ? Stated(await scores.ListAsync(repository.Id, stop)) : [],
            Tags = CardFactsReader.Tags(row, repository.Kind),
            LastCommit = RepositoryPageParts.Line(head.Commit),
            CommitId = head.Commit.Id,
        });
    }

    /// <summary>The strongest few of the scores that the model's files state.</summary>
    static IReadOnlyList<ScoreFact> Stated(IReadOnlyList<ScoreRow> rows) =>
        [.. rows.Where(row => row is { Subgroup: null, Value: not null }).OrderBy(row => Standings.Parse(row.Standing)).ThenBy(row => row.Ordinal).Take(ListedFiles)
            .Select(row => new ScoreFact(row.TaskId.Length > 0 ? row.TaskId : row.Dataset, row.Metric ?? "", Short(row.ValueText), row.Standing))];

    static string Short(string text) => text.Length > 24 ? text[..24] + "…" : text;

    static async Task<List<FileFact>> WalkAsync(TreeReader trees, Repository repository, ShownRevision head, CancellationToken stop)
    {
        var files = new List<FileFact>();
        var seen = 0;
        await foreach (var entry in trees.WalkAsync(repository.SpaceId, head.Commit.Tree, null, stop))
        {
            if (!entry.IsFolder) files.Add(new(entry.Path.Value, entry.SizeBytes));
            if (++seen >= MaxWalked) break;
        }
        return files;
    }

    /// <summary>Models whose card names this one as base or as data, those that the viewer may see.</summary>
    static async Task<IReadOnlyList<RelatedRepository>> UsedByAsync(Repository repository, RepositorySearch search, Actor actor, CancellationToken stop)
    {
        var prefix = repository.Kind == RepositoryKind.Dataset ? "dataset:" : "base_model:";
        var found = await search.FindAsync(new() { Kind = RepositoryKind.Model, Tags = [prefix + repository.FullName], Limit = ListedFiles, Sort = SearchOrder.Downloads }, actor, stop);
        return [.. found.Items.Select(item => new RelatedRepository(item.Repository.FullName, Relation(item.Repository, repository), RepositoryPageParts.Links(item.Repository.Repository).Home))];
    }

    /// <summary>"adapter" from the tag "base_model:adapter:ada/vit".</summary>
    static string Relation(IndexedRepository child, Repository parent)
    {
        var tag = child.Tags.FirstOrDefault(t => t.StartsWith("base_model:", StringComparison.Ordinal) && t.EndsWith(":" + parent.FullName, StringComparison.Ordinal) && t.Split(':').Length == 3);
        return tag is null ? (parent.Kind == RepositoryKind.Dataset ? "trained on it" : "made from it") : tag.Split(':')[1];
    }

    /// <summary>Parents and data that the card names; a link where they are here and the viewer may see them.</summary>
    static async Task<IReadOnlyList<RelatedRepository>> MadeFromAsync(Card card, AccessPolicy policy, Actor actor, CancellationToken stop)
    {
        var named = card.Metadata.BaseModels.Take(10).Select(id => (Id: id, Kind: RepositoryKind.Model, Relation: card.Metadata.BaseModelRelation ?? "base"))
            .Concat(CardValidator.DatasetsOf(card).Take(10).Select(id => (Id: id, Kind: RepositoryKind.Dataset, Relation: "dataset")));
        var related = new List<RelatedRepository>();
        foreach (var (id, kind, relation) in named)
        {
            var found = id.Split('/') is [var owner, var name] ? await policy.FindReadableAsync(kind, owner, name, actor, stop) : null;
            related.Add(new(id, relation, found is null ? null : RepositoryPageParts.Links(found.Repository).Home));
        }
        return related;
    }
}
