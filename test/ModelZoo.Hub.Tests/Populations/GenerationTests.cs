using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using ModelZoo.Hub.Database;
using ModelZoo.Hub.Tests.Maintenance;
using ModelZoo.Learning.Populations;
using static ModelZoo.Hub.Tests.Populations.Grown;

namespace ModelZoo.Hub.Tests.Populations;

/// <summary>A blueprint goes in at the front door, a population comes out as commits.</summary>
public abstract class GenerationTests(TestHub hub)
{
    Task<long> ResumesAsync() => hub.Get<HubDatabase>().FindAsync<long>("select count(*) from population_resume", null, default);

    [Fact]
    public async Task A_blueprint_becomes_commits_whose_states_are_those_of_training_in_a_folder()
    {
        var repo = await hub.Ada.CreateAsync();
        var text = Blueprint();

        Assert.Equal("done 3 of 3 members are done.", Say(await hub.Ada.GenerateAsync(repo, text)));

        await hub.Ada.RequireSameStatesAsync(repo, text);
        var paths = await hub.Ada.PathsAsync(repo);
        Assert.Equal(["README.md", "blueprint.yaml", "members.csv", "population.json", "revisions/1.yaml"], paths.Where(path => !path.StartsWith("members/") && path != ".gitattributes").Order(StringComparer.Ordinal));
        Assert.DoesNotContain(paths, path => path.Contains("resume"));
        Assert.Equal(text, Encoding.UTF8.GetString(await hub.Ada.ReadFileAsync(repo, "blueprint.yaml")));
        Assert.Equal(4, Encoding.UTF8.GetString(await hub.Ada.ReadFileAsync(repo, "members.csv")).Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
        Assert.InRange((await hub.Ada.GetJsonAsync($"{TestActor.Api(repo)}/commits/main?limit=100")).AsArray().Count, 6, 20);
        Assert.Equal(0, await ResumesAsync());
        await hub.SettleAsync();
        await hub.RequireCleanAsync();

        // What is there is neither trained nor committed again.
        var head = await hub.Ada.HeadAsync(repo);
        Assert.Equal("done 3 of 3 members are done.", Say(await hub.Ada.GenerateAsync(repo, text)));
        Assert.Equal(head, await hub.Ada.HeadAsync(repo));
    }

    [Fact]
    public async Task A_plan_tells_figures_or_where_the_blueprint_is_wrong_and_changes_nothing()
    {
        var repo = await hub.Ada.CreateAsync();
        var head = await hub.Ada.HeadAsync(repo);

        var plan = await TestActor.ReadAsync(await hub.Ada.AskAsync(repo, new { blueprint = Blueprint() }, "plan"));
        Assert.Equal((3, 9, 3, 0), ((int)plan["members"]!, (int)plan["states"]!, (int)plan["added"]!, plan["errors"]!.AsArray().Count));
        Assert.True((double)plan["seconds"]! > 0 && (long)plan["stateBytes"]! > 9 * 1000, $"{plan}");

        foreach (var (blueprint, line, words) in new (string, int?, string)[]
        {
            (Blueprint().Replace("batch: 16, optimizer: adamw }", "batch: 16, optimiser: adamw }"), 18, "optimiser"),
            (Blueprint(factors: $"lr: [{string.Join(", ", Enumerable.Range(1, 400).Select(i => $"{i}e-4"))}]\n      batch: [{string.Join(", ", Enumerable.Range(1, 400))}]"), null, "members"),
            (Blueprint().Replace("dim: 8", "dim: 16384").Replace("depth: 1", "depth: 200"), 8, "parameters"),
            (Blueprint().Replace("dim: 8", "dim: 1024").Replace("depth: 1", "depth: 40"), null, "memory"),
            (Blueprint().Replace("epochs: 2, batch: 16, optimizer: adamw, lr", "epochs: 90000, batch: 16, optimizer: adamw, lr").Replace("n: 64", "n: 60000").Replace("dim: 8, depth: 1", "dim: 64, depth: 4").Replace("{ every: 1 }", "{ every: 30000 }"), null, "hours"),
            (Blueprint().Replace("n: 64, seed", "n: 10000000, seed"), 4, "bytes"),
            (Blueprint().Replace("builtin: glyphs8, args: { n: 64, seed: 1, val: { n: 32, seed: 2 } }", "hub: ada/nowhere@main"), 4, "no data set 'ada/nowhere'"),
            (Blueprint().Replace("builtin: glyphs8, args: { n: 64, seed: 1, val: { n: 32, seed: 2 } }", "builtin: digits"), 4, "digits"),
            (Blueprint().Replace("from: { stage: base", "from: { stage: child"), 15, "circle"),
            ("population: [", null, ""),
        })
        {
            var wrong = await TestActor.ReadAsync(await hub.Ada.AskAsync(repo, new { blueprint }, "plan"));
            var error = Assert.Single(wrong["errors"]!.AsArray())!;
            Assert.Contains(words, (string)error["message"]!);
            if (line is not null) Assert.Equal(line, (int?)error["line"]);
            var refused = await hub.Ada.AskAsync(repo, new { blueprint });
            Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
            Assert.Contains(words, JsonNode.Parse(await refused.Content.ReadAsStringAsync())!["detail"]!.GetValue<string>());
        }
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, (await hub.Ada.AskAsync(repo, new { blueprint = new string('#', 300_000) }, "plan")).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await hub.Ada.AskAsync(repo, new { }, "plan")).StatusCode);
        Assert.Equal(HttpStatusCode.BadRequest, (await hub.Ada.AskAsync(repo, new { blueprnt = "" }, "plan")).StatusCode);
        Assert.Equal(head, await hub.Ada.HeadAsync(repo));
    }

    [Fact]
    public async Task A_population_grows_by_a_changed_blueprint_of_its_branch_and_gives_up_nobody()
    {
        var repo = await hub.Ada.CreateAsync();
        await hub.Ada.CommitTextAsync(repo, "blueprint.yaml", Blueprint());
        Assert.Equal("done 3 of 3 members are done.", Say(await hub.Ada.EndAsync(await TestActor.ReadAsync(await hub.Ada.AskAsync(repo, new { })))));
        var more = Blueprint(factors: "lr: [1e-2, 1e-3, 1e-4]");

        var fewer = await hub.Ada.AskAsync(repo, new { blueprint = Blueprint(factors: "lr: [1e-2]"), extend = true });
        Assert.Equal(HttpStatusCode.BadRequest, fewer.StatusCode);
        Assert.Contains("gives up 1 existing member", await fewer.Content.ReadAsStringAsync());
        Assert.Contains("extend", await (await hub.Ada.AskAsync(repo, new { blueprint = more })).Content.ReadAsStringAsync());
        Assert.Equal(HttpStatusCode.Conflict, (await hub.Ada.AskAsync(repo, new { blueprint = Blueprint("other") })).StatusCode);
        var plan = await TestActor.ReadAsync(await hub.Ada.AskAsync(repo, new { blueprint = more }, "plan"));
        Assert.Equal((4, 1, 0), ((int)plan["members"]!, (int)plan["added"]!, (int)plan["lost"]!));

        Assert.Equal("done 4 of 4 members are done.", Say(await hub.Ada.GenerateAsync(repo, more, extend: true)));
        Assert.Contains("revisions/2.yaml", await hub.Ada.PathsAsync(repo));
        await hub.Ada.RequireSameStatesAsync(repo, more);
    }

    [Fact]
    public async Task Members_without_numbers_stay_as_failed_and_their_children_too()
    {
        var repo = await hub.Ada.CreateAsync();
        var text = Blueprint(factors: "train: [{ lr: 1e-3 }, { optimizer: sgd, lr: 1e30 }]");

        Assert.Equal("done 2 of 3 members are done, 1 failed and are kept as they were.", Say(await hub.Ada.GenerateAsync(repo, text)));

        var table = Encoding.UTF8.GetString(await hub.Ada.ReadFileAsync(repo, "members.csv"));
        Assert.Contains("failed (nan)", table);
        await hub.Ada.RequireSameStatesAsync(repo, text);
    }

    [Fact]
    public async Task Analyses_are_committed_once_and_again_only_when_they_change()
    {
        var repo = await hub.Ada.CreateAsync();
        await hub.Ada.EndAsync(await hub.Ada.BeginAsync(repo, Blueprint(), analyse: true));
        for (var until = DateTime.UtcNow.AddMinutes(1); DateTime.UtcNow < until && (await hub.Ada.PathsAsync(repo)).Count(path => path.StartsWith("analyses/") && path.EndsWith(".json")) < 5;) await Task.Delay(50);
        await hub.SettleAsync();
        Assert.Superset(PopulationAnalysis.Names.Select(name => $"analyses/{name}.json").ToHashSet(), (await hub.Ada.PathsAsync(repo)).ToHashSet());
        var head = await hub.Ada.HeadAsync(repo);

        var again = await hub.Ada.EndAsync(await TestActor.ReadAsync(await hub.Ada.AskAsync(repo, new { }, "analyse")));
        Assert.StartsWith("done The repository has exactly these figures already", Say(again));
        Assert.Equal(head, await hub.Ada.HeadAsync(repo));

        await hub.Ada.CommitAsync(repo, TestActor.Delete("analyses/weights.json"));
        Assert.StartsWith("done weights of", Say(await hub.Ada.EndAsync(await TestActor.ReadAsync(await hub.Ada.AskAsync(repo, new { only = new[] { "weights" } }, "analyse")))));
        Assert.Contains("analyses/weights.json", await hub.Ada.PathsAsync(repo));
        Assert.Equal(HttpStatusCode.BadRequest, (await hub.Ada.AskAsync(repo, new { only = new[] { "nothing" } }, "analyse")).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await hub.Ada.AskAsync(await hub.Ada.CreateAsync(), new { }, "analyse")).StatusCode);
    }

    [Fact]
    public async Task Who_may_not_write_trains_nothing_and_data_is_read_with_the_rights_of_who_asks()
    {
        var eve = await hub.JoinAsync();
        var (open, closed) = (await hub.Ada.CreateAsync(), await hub.Ada.CreateAsync(isPrivate: true));
        Assert.Equal(HttpStatusCode.Forbidden, (await eve.AskAsync(open, new { blueprint = Blueprint() })).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await eve.AskAsync(closed, new { blueprint = Blueprint() })).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await hub.Nobody.AskAsync(open, new { blueprint = Blueprint() })).StatusCode);

        var data = await hub.Ada.CreateAsync(type: "dataset", isPrivate: true);
        await hub.Ada.CommitLargeAsync($"datasets/{data}", "images.npz", ImageFiles.Archive(8, ("train", 64), ("val", 32)));
        var text = Blueprint().Replace("builtin: glyphs8, args: { n: 64, seed: 1, val: { n: 32, seed: 2 } }", $"hub: {data}@main");
        var repo = await eve.CreateAsync();
        Assert.Contains("no data set", (string)(await TestActor.ReadAsync(await eve.AskAsync(repo, new { blueprint = text }, "plan")))["errors"]![0]!["message"]!);

        var mine = await hub.Ada.CreateAsync();
        Assert.Equal("done 3 of 3 members are done.", Say(await hub.Ada.GenerateAsync(mine, text)));
        // Other pixels under the same name are other data: what is there was not made of them.
        await hub.Ada.CommitLargeAsync($"datasets/{data}", "images.npz", ImageFiles.Archive(8, ("train", 64), ("val", 16)));
        Assert.StartsWith("failed The data set 'glyphs' is not what the population was made of", Say(await hub.Ada.GenerateAsync(mine, text)));
    }
}

public sealed class GenerationTests_Sqlite(SqliteHub hub) : GenerationTests(hub), IClassFixture<SqliteHub>;
public sealed class GenerationTests_Postgres(PostgresHub hub) : GenerationTests(hub), IClassFixture<PostgresHub>;
