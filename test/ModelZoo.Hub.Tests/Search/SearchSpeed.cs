using System.Diagnostics;
using ModelZoo.Hub.Accounts;
using ModelZoo.Hub.Database;
using ModelZoo.Hub.Repositories;
using ModelZoo.Hub.Search;

namespace ModelZoo.Hub.Tests.Search;

/// <summary>
/// How long lists take among 100, 10,000 and 100,000 repositories. Prints a table; run it with
/// MODELZOO_MEASURE=1 and --filter SearchSpeed. It claims nothing, so it is skipped in ordinary runs.
/// </summary>
public sealed class SearchSpeed(ITestOutputHelper output)
{
    static readonly (string Name, Func<int, SearchQuery> Ask)[] s_queries =
    [
        ("first page", _ => new SearchQuery { Kind = RepositoryKind.Model }),
        ("first page, new each time", i => new SearchQuery { Kind = RepositoryKind.Model, MinParameters = i }),
        ("substring, new each time", i => new SearchQuery { Kind = RepositoryKind.Model, Text = $"bert {i % 1000}" }),
        ("task + licence, by downloads", _ => new SearchQuery { Kind = RepositoryKind.Model, Task = "translation", Licence = "mit", Sort = SearchOrder.Downloads }),
        ("fits a device, new each time", i => new SearchQuery { Kind = RepositoryKind.Model, Fits = new(4e9 + i * 1e5, 0.5e9, false, 0) }),
        ("facets", _ => new SearchQuery { Kind = RepositoryKind.Model, Task = "fill-mask", WithFacets = true }),
        ("facets, new each time", i => new SearchQuery { Kind = RepositoryKind.Model, MinParameters = 2000 + i, Task = "fill-mask", WithFacets = true }),
        ("facets of all, new each time", i => new SearchQuery { Kind = RepositoryKind.Model, MinParameters = 1000 + i, WithFacets = true }),
    ];

    static readonly string[] s_addresses =
    [
        "/api/models?limit=20", "/api/models?filter=transformers&filter=license:mit&sort=downloads&limit=20",
        "/api/models?search=bert-fast&limit=20", "/api/models?limit=20&expand=cardData&expand=downloads", "/api/zoo/search?q=robust%20tra", "/api/zoo/search?q=model", "/api/zoo/search?q=bert%2077",
    ];

    [Fact]
    public async Task Measure()
    {
        Assert.SkipUnless(Environment.GetEnvironmentVariable("MODELZOO_MEASURE") == "1", "A measurement: set MODELZOO_MEASURE=1 to run it.");
        foreach (var count in (int[])[100, 10_000, 100_000])
        {
            var hub = new SqliteHub();
            await hub.InitializeAsync();
            try
            {
                await MeasureAsync(hub, count);
            }
            finally
            {
                await hub.DisposeAsync();
            }
        }
    }

    async Task MeasureAsync(TestHub hub, int count)
    {
        var watch = Stopwatch.StartNew();
        await new RepositorySeeder(hub.Get<HubDatabase>()).SeedAsync(count, 1, default);
        output.WriteLine($"## {count:N0} repositories: seeded in {watch.Elapsed.TotalSeconds:0.0} s");
        var search = hub.Get<RepositorySearch>();
        var before = GC.GetTotalMemory(forceFullCollection: true);
        watch.Restart();
        await search.FindAsync(new SearchQuery(), Actor.Nobody, default);
        output.WriteLine($"loaded in {watch.Elapsed.TotalMilliseconds:0} ms, {(GC.GetTotalMemory(forceFullCollection: true) - before) / count} bytes a repository");

        foreach (var (name, ask) in s_queries)
            await PrintAsync($"in process: {name}", i => search.FindAsync(ask(i), Actor.Nobody, default));
        foreach (var address in s_addresses)
            await PrintAsync(address, async _ => (await hub.Nobody.GetAsync(address)).EnsureSuccessStatusCode());
        var repo = await hub.Ada.CreateAsync();
        await PrintAsync("a change, then the first page", async i =>
        {
            await hub.Get<RepositoryStore>().SetDescriptionAsync((await hub.Get<RepositoryStore>().FindAsync(RepositoryKind.Model, "ada", repo.Split('/')[1], null, default))!.Value.Repository.Id, $"{i}", default);
            await search.FindAsync(new SearchQuery { Kind = RepositoryKind.Model }, Actor.Nobody, default);
        });
        var snapshot = (await hub.Get<RepositoryIndex>().LookAsync(Actor.Nobody, default)).Snapshot;
        var entry = snapshot.Get(snapshot.SlotOf(snapshot.Get(0).Id));
        await PrintAsync("the index alone: one commit", i =>
        {
            var repository = entry.Repository with { UpdatedAt = entry.Repository.UpdatedAt + i, Downloads = i };
            _ = snapshot.With([entry with { Repository = repository }], [], i, 0);
            return Task.CompletedTask;
        });
    }

    async Task PrintAsync(string name, Func<int, Task> ask)
    {
        for (var i = 0; i < 60; i++) await ask(i);
        var times = new double[400];
        for (var i = 0; i < times.Length; i++)
        {
            var start = Stopwatch.GetTimestamp();
            await ask(60 + i);
            times[i] = Stopwatch.GetElapsedTime(start).TotalMicroseconds;
        }
        Array.Sort(times);
        output.WriteLine($"{name,-75} p10 {times[times.Length / 10],8:0} us   p50 {times[times.Length / 2],8:0} us   p99 {times[times.Length * 99 / 100],8:0} us   {1e6 / times.Average(),8:0} /s");
    }
}
