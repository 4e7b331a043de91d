using FsCheck;
using FsCheck.Fluent;
using ModelZoo.Hub.Accounts;
using ModelZoo.Hub.Repositories;
using ModelZoo.Hub.Repositories.Access;
using ModelZoo.Hub.Search;

namespace ModelZoo.Tests.Search;

/// <summary>The index after any changes, against looking at every repository.</summary>
public sealed class IndexSnapshotTests
{
    static readonly string[] s_tasks = ["text-generation", "fill-mask", "translation"];

    [Fact]
    public void Any_list_after_any_changes_is_what_looking_at_every_repository_gives() =>
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(12), Prop.ForAll<int>(seed =>
        {
            var random = new Random(seed);
            var (snapshot, truth) = Change(random);
            for (var i = 0; i < 8; i++)
            {
                var query = Ask(random);
                var actor = WhoAsks(random, truth);
                var scope = new ReadScope(actor, new Dictionary<long, string>());
                var visible = new VisibleIndex(snapshot, scope);

                var expected = truth.Values.Where(entry => scope.Includes(entry.Repository) && Fits(entry, query)).ToList();
                expected.Sort((a, b) => SearchPoint(a, query).CompareTo(SearchPoint(b, query)));
                if (!query.Ascending) expected.Reverse();

                Assert.Equal(expected.Select(entry => entry.Id), AllPages(visible, query));
                var found = RepositorySearch.Match(visible, query);
                Assert.Equal(
                    expected.SelectMany(entry => entry.Values(IndexField.Task)).GroupBy(task => task).ToDictionary(group => group.Key, group => group.Count()),
                    FacetCounting.Top(snapshot, found, IndexField.Task).ToDictionary(facet => facet.Value, facet => facet.Count));
            }
        }));

    [Fact]
    public void Facets_are_counted_alike_by_entry_and_by_set()
    {
        var random = new Random(7);
        var truth = Enumerable.Range(1, 6_000).Select(id => Invent(random, id)).ToList();
        var snapshot = IndexSnapshot.Empty.With(truth, [], 1, 1);
        var visible = new VisibleIndex(snapshot, new ReadScope(Actor.Nobody, new Dictionary<long, string>()));

        var found = RepositorySearch.Match(visible, new SearchQuery { Kind = RepositoryKind.Model });

        Assert.True(found.Count > 1_000);
        var expected = truth.Where(entry => entry.Repository is { Kind: RepositoryKind.Model, IsPrivate: false, DisabledAt: null })
            .GroupBy(entry => entry.Repository.Owner).ToDictionary(group => group.Key, group => group.Count());
        Assert.Equal(expected, FacetCounting.Top(snapshot, found, IndexField.Author).ToDictionary(facet => facet.Value, facet => facet.Count));
    }

    static (IndexSnapshot Snapshot, Dictionary<long, IndexedRepository> Truth) Change(Random random)
    {
        var snapshot = IndexSnapshot.Empty;
        var truth = new Dictionary<long, IndexedRepository>();
        // The first batch is large enough to be built at once; the others are single edits.
        for (var batch = 0; batch < 12; batch++)
        {
            var size = batch == 0 ? random.Next(2_000) : random.Next(20);
            var changed = Enumerable.Range(0, size).Select(_ => Invent(random, random.Next(2_500) + 1)).DistinctBy(entry => entry.Id).ToList();
            var removed = truth.Keys.Where(_ => random.Next(100) == 0).Except(changed.Select(entry => entry.Id)).ToList();
            snapshot = snapshot.With(changed, removed, batch, 1);
            foreach (var entry in changed) truth[entry.Id] = entry;
            foreach (var id in removed) truth.Remove(id);
            Assert.Equal(truth.Count, snapshot.Count);
        }
        return (snapshot, truth);
    }

    static List<long> AllPages(VisibleIndex visible, SearchQuery query)
    {
        var ids = new List<long>();
        for (string? cursor = null; ;)
        {
            var page = query with { Cursor = cursor };
            var (slots, more) = new SearchPaging(visible.Snapshot, page, RepositorySearch.Match(visible, page)).Take();
            ids.AddRange(slots.Select(slot => visible.Snapshot.Get(slot).Id));
            if (!more) return ids;
            cursor = SearchCursor.Format(SearchPoint(visible.Snapshot.Get(slots[^1]), query));
        }
    }

    static SortPoint SearchPoint(IndexedRepository entry, SearchQuery query) => SortPoint.Of(entry, query.Sort);

    static bool Fits(IndexedRepository entry, SearchQuery query) =>
        (query.Kind is null || entry.Repository.Kind == query.Kind)
        && query.Text.ToLowerInvariant().Split(' ', StringSplitOptions.RemoveEmptyEntries).All(word => entry.FullName.Contains(word, StringComparison.OrdinalIgnoreCase))
        && query.Tags.All(entry.Tags.Contains)
        && (query.Task is null || entry.PipelineTag == query.Task)
        && (query.Author is null || entry.Repository.Owner == query.Author)
        && (query.MinParameters is null || entry.Parameters >= query.MinParameters)
        && (query.MaxParameters is null || entry.Parameters <= query.MaxParameters);

    static SearchQuery Ask(Random random) => new()
    {
        Kind = random.Next(3) == 0 ? RepositoryKind.Model : null,
        Text = random.Next(5) switch { 0 => "O1/", 1 => "net 7", _ => "" },
        Tags = random.Next(4) == 0 ? [$"tag{random.Next(6)}"] : [],
        Task = random.Next(4) == 0 ? s_tasks[random.Next(s_tasks.Length)] : null,
        Author = random.Next(6) == 0 ? $"o{random.Next(4)}" : null,
        MinParameters = random.Next(5) == 0 ? random.Next(500) : null,
        MaxParameters = random.Next(5) == 0 ? 500 + random.Next(500) : null,
        Sort = IndexSnapshot.Keys[random.Next(IndexSnapshot.Keys.Length)],
        Ascending = random.Next(2) == 0,
        Limit = 1 + random.Next(300),
    };

    static Actor WhoAsks(Random random, Dictionary<long, IndexedRepository> truth)
    {
        if (random.Next(3) == 0) return Actor.Nobody;
        var owner = random.Next(4);
        var role = (CredentialRole)random.Next(4);
        var credential = new Credential(role, 1, "test", 0)
        {
            Grants = role == CredentialRole.FineGrained ? truth.Keys.Where(_ => random.Next(50) == 0).ToDictionary(id => id, _ => false) : [],
        };
        return new(new Account { Id = owner, Handle = $"o{owner}", AdministratorSince = random.Next(3) == 0 ? 1 : null }, credential);
    }

    static IndexedRepository Invent(Random random, long id)
    {
        var owner = random.Next(4);
        return new()
        {
            Repository = new Repository
            {
                Id = id, Kind = (RepositoryKind)random.Next(3), OwnerId = owner, Owner = $"o{owner}", Name = $"Net-{id}", IsPrivate = random.Next(10) == 0,
                DisabledAt = random.Next(40) == 0 ? 1 : null, CreatedAt = random.Next(50), UpdatedAt = random.Next(50), Downloads = random.Next(5), Likes = random.Next(5),
            },
            FullName = $"o{owner}/Net-{id}",
            PipelineTag = random.Next(4) is < 3 and var task ? s_tasks[task] : null,
            Tags = [.. Enumerable.Range(0, 6).Where(_ => random.Next(4) == 0).Select(tag => $"tag{tag}")],
            Parameters = random.Next(3) == 0 ? null : random.Next(1_000),
            LikesOfWeek = random.Next(3), LikesOfMonth = random.Next(6), SizeBytes = random.Next(100),
        };
    }
}
