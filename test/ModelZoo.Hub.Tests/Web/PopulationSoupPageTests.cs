using System.Net;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using ModelZoo.Hub.Tests.Merging;
using ModelZoo.Hub.Tests.Populations;

namespace ModelZoo.Hub.Tests.Web;

/// <summary>What was made of a population's members on the population's pages, a family on the map, and pages that follow a training.</summary>
public abstract class PopulationSoupPageTests(TestHub hub)
{
    async Task<(string Repo, string Parent, IReadOnlyList<string> Children)> TrainAsync()
    {
        var repo = await hub.Ada.CreateAsync();
        var job = await hub.Ada.GenerateAsync(repo, Grown.Blueprint(factors: "lr: [1e-2, 3e-3, 1e-3]"));
        Assert.True((string?)job["state"] == "done", Grown.Say(job));
        var members = (await hub.Ada.PathsAsync(repo)).Select(path => Regex.Match(path, "^members/([^/]+)/member.json$")).Where(match => match.Success).Select(match => match.Groups[1].Value).ToList();
        return (repo, members.Single(member => member.StartsWith("base", StringComparison.Ordinal)), [.. members.Where(member => member.StartsWith("child", StringComparison.Ordinal))]);
    }

    async Task<string> SoupAsync(bool isPrivate, params string[] sources)
    {
        var target = $"{hub.Ada.Handle}/{hub.Fresh("soup")}";
        Assert.StartsWith("done", await MergeTests.MergeAsync(hub.Ada, new { sources, target, force = true, @private = isPrivate }));
        return target;
    }

    [Fact]
    public async Task Soups_stand_in_the_tree_below_their_sources_for_those_who_may_read_them()
    {
        var (repo, parent, children) = await TrainAsync();
        var open = await SoupAsync(false, $"{repo}#{children[0]}", $"{repo}#{children[1]}");
        var secret = await SoupAsync(true, $"{repo}#{children[0]}@1-2");
        using var nobody = new PageVisitor(hub.Url);
        using var ada = new PageVisitor(hub.Url);
        await ada.SignInAsync("ada", "correct horse battery");

        foreach (var tab in (string[])["lineage", "soups", $"members/{children[0]}"])
        {
            var (seen, own) = ((await nobody.GetAsync($"/{repo}/population/main/{tab}")).Html, (await ada.GetAsync($"/{repo}/population/main/{tab}")).Html);
            Assert.Single(Regex.Matches(seen, $"<a[^>]* href=\"/{open}\""));
            Assert.DoesNotContain(secret, seen);
            Assert.Contains($"href=\"/{open}\"", own);
            Assert.Contains($"href=\"/{secret}\"", own);
            Assert.Contains(">private<", own);
        }
        var tree = (await nobody.GetAsync($"/{repo}/population/main/lineage")).Html;
        // Once, below the first of its sources, and it names all of them.
        Assert.Matches($"<li><a href=\"/{repo}/population/main/members/{children[0]}\">{children[0]}</a> <span class=\"fine\">[^<]*1 model made of it</span><ul><li><a href=\"/{open}\">", tree);
        Assert.Matches($">{children[0]}@2</a>, <a href=\"[^\"]*\">{children[1]}@2</a>", tree);
        Assert.DoesNotContain(open, (await nobody.GetAsync($"/{repo}/population/main/members/{children[2]}")).Html);
        Assert.Contains($">{children[0]}@1, 2</a>", (await ada.GetAsync($"/{repo}/population/main/soups")).Html);

        Assert.Equal([open], await SoupsAsync(hub.Nobody));
        Assert.Equal([secret, open], await SoupsAsync(hub.Ada));
        Assert.Equal([open], await SoupsAsync(await hub.JoinAsync()));

        // And back: the soup's page leads to its members and their population.
        var card = await nobody.GetAsync($"/{open}");
        Assert.Contains($"href=\"/{repo}/population\"", card.Html);
        var back = Regex.Matches(card.Html, $"href=\"(/{repo}/population/[0-9a-f]{{40}}/members/[^\"]+)\"").Select(match => match.Groups[1].Value).ToList();
        Assert.Equal(2, back.Count);
        foreach (var link in back) Assert.Equal(200, (await nobody.GetAsync(link)).Code);
        Assert.Equal(404, (await nobody.GetAsync($"/{secret}")).Code);

        // Once the population is hidden, the soup says no more of it than its own files do, and leads nowhere.
        await hub.Ada.SendAsync(HttpMethod.Put, $"{TestActor.Api(repo)}/settings", new { @private = true });
        Assert.DoesNotContain($"href=\"/{repo}/population", (await nobody.GetAsync($"/{open}")).Html);
        Assert.Contains($"href=\"/{repo}/population\"", (await ada.GetAsync($"/{open}")).Html);
        Assert.NotEqual("", parent);

        async Task<IReadOnlyList<string>> SoupsAsync(TestActor who) => [.. (await who.GetJsonAsync($"/api/zoo/populations/{repo}/lineage"))["soups"]!.AsArray().Select(soup => (string)soup!["repository"]!)];
    }

    [Fact]
    public async Task A_recipe_that_somebody_made_up_breaks_no_page()
    {
        var repo = await hub.Ada.CreateAsync();
        await hub.Ada.CommitAsync(repo, [TestActor.File("population.json", """{"population": "p", "origin": "imported"}"""),
            .. Enumerable.Range(1, 3).Select(i => TestActor.File($"members/m-{i}/member.json", "{\"id\": \"m-" + i + "\", \"stage\": \"s\", \"factors\": {}}"))]);
        using var visitor = new PageVisitor(hub.Url);
        string[] recipes =
        [
            "not json", "[]", """{"method": "<script>", "inputs": "x"}""", """{"method": "<script>", "inputs": [null, 5, "", "REPO#m-1", {"model": "<script>", "repository": "REPO", "member": "m-2", "epoch": 1e300, "weight": "x"}], "scores": {"val": {"soup": {"accuracy": 7}}}}""",
            """{"kind": "soup", "method": "uniform", "base": "REPO#..", "inputs": [""" + string.Join(',', Enumerable.Range(0, 300).Select(i => "{\"model\": \"x\", \"repository\": \"REPO\", \"member\": \"gone-" + i + "\", \"epoch\": " + i + "}")) + "]}",
        ];
        foreach (var recipe in recipes)
        {
            var model = await hub.Ada.CreateAsync();
            await hub.Ada.CommitAsync(model, TestActor.File("README.md", $"---\nbase_model: {repo}\n---\n# x\n"), TestActor.File("merge.json", recipe.Replace("REPO", repo)));
            var card = await visitor.GetAsync($"/{model}");
            Assert.Equal(200, card.Code);
            Assert.DoesNotContain("<script>", card.Html);
            Assert.InRange(card.Html.Length, 1_000, 60_000);
        }
        foreach (var tab in (string[])["lineage", "soups", "members/m-1", "members/m-2"])
        {
            var page = await visitor.GetAsync($"/{repo}/population/main/{tab}");
            Assert.True(page.Code == 200, $"{tab}: {page.Code}");
            Assert.DoesNotContain("<script>", page.Html);
            Assert.InRange(page.Html.Length, 1_000, 60_000);
        }
        var tree = (await visitor.GetAsync($"/{repo}/population/main/lineage")).Html;
        Assert.Contains("of members that are not named above", tree);
        Assert.Contains("and 296 more sources", tree);
    }

    [Fact]
    public async Task Pages_follow_a_training_until_it_has_ended()
    {
        var repo = await hub.Ada.CreateAsync();
        var begun = await hub.Ada.BeginAsync(repo, Grown.Slow());
        await hub.Ada.UnderWayAsync(repo, 1);
        using var visitor = new PageVisitor(hub.Url);
        var live = new Dictionary<string, string>();
        foreach (var tab in (string[])["", "/members", "/curves", "/lineage", "/soups"]) live[tab] = (await visitor.GetAsync($"/{repo}/population/main{tab}")).Html;
        var still = await visitor.GetAsync($"/{repo}/population/main/curves?value=loss&still=1&notice=enqueued");
        var commit = await visitor.GetAsync($"/{repo}/population/{await hub.Ada.HeadAsync(repo)}/curves");
        await hub.Ada.SendAsync(HttpMethod.Post, $"/api/zoo/jobs/{begun["id"]}/cancel", new { });
        await hub.Ada.EndAsync(begun);

        foreach (var tab in (string[])["", "/members", "/curves", "/lineage"])
        {
            Assert.Contains("<meta http-equiv=\"refresh\" content=\"10\"", live[tab]);
            Assert.Contains("It is being trained now", live[tab]);
            Assert.Contains("still=1", live[tab]);
            // Strangers follow the pages, not the job.
            Assert.DoesNotContain("href=\"/jobs/", live[tab]);
            Assert.DoesNotContain("http-equiv=\"refresh\"", (await visitor.GetAsync($"/{repo}/population/main{tab}")).Html);
        }
        // What is typed there must not be taken away.
        Assert.DoesNotContain("http-equiv=\"refresh\"", live["/soups"]);
        Assert.DoesNotContain("http-equiv=\"refresh\"", still.Html);
        Assert.Contains($"href=\"/{repo}/population/main/curves?value=loss\" rel=\"nofollow\">Follow again", still.Html);
        Assert.DoesNotContain("http-equiv=\"refresh\"", commit.Html);
    }

    /// <summary>Two families of four.</summary>
    static string Card(int i) => new JsonObject
    {
        ["id"] = $"m-{i}", ["stage"] = "s", ["factors"] = new JsonObject { ["lr"] = i }, ["parent"] = i is 1 or 5 ? null : new JsonObject { ["member"] = i < 5 ? "m-1" : "m-5", ["epoch"] = 1 },
    }.ToJsonString();

    [Fact]
    public async Task A_family_has_a_map_of_its_own()
    {
        var repo = await hub.Ada.CreateAsync();
        // Two families of a square each, far apart; what the whole's directions show of the second is a line.
        await hub.Ada.CommitAsync(repo, [TestActor.File("population.json", """{"population": "p", "origin": "imported"}"""),
            .. Enumerable.Range(1, 8).Select(i => TestActor.File($"members/m-{i}/member.json", Card(i))),
            TestActor.File("analyses/weights.json", """{"groups": [{"group": 1, "explained": [0.9, 0.1], "participation_ratio": 1.2}]}"""),
            TestActor.File("analyses/components.csv", "group,member_id,family,pc1,pc2\n" + string.Concat(Enumerable.Range(1, 8).Select(i => $"1,m-{i},m-{(i < 5 ? 1 : 5)},{(i < 5 ? -100 : 100)},{i % 2}\n"))),
            TestActor.File("analyses/distances.csv", "group,a,b,l2\n1,m-1,m-2,1\n1,m-1,m-3,1\n1,m-1,m-4,1.4142135623730951\n1,m-2,m-3,1.4142135623730951\n1,m-2,m-4,1\n1,m-3,m-4,1\n1,m-5,m-6,1e308\n1,m-5,m-7,nan\n")]);
        using var visitor = new PageVisitor(hub.Url);
        var whole = (await visitor.GetAsync($"/{repo}/population/main/map")).Html;
        var own = (await visitor.GetAsync($"/{repo}/population/main/map?family=m-1&by=lr")).Html;
        var bare = (await visitor.GetAsync($"/{repo}/population/main/map?family=m-5")).Html;
        var wrong = (await visitor.GetAsync($"/{repo}/population/main/map?family=%3Cscript%3E")).Html;

        Assert.Contains("<option value=\"m-1\">m-1, 4 members</option>", whole);
        Assert.Contains($"href=\"/{repo}/population/main/map?family=m-5", whole);
        Assert.Contains("direction 1, 90 %", whole);
        // A square varies as much along one direction as along the other.
        Assert.Contains("direction 1, 50 %", own);
        Assert.Contains("within the family of m-1 alone, which explain 50 % and 50 % of its variance", own);
        Assert.Contains("direction 2, 50 %", own);
        Assert.Contains("<option value=\"m-1\" selected", own);
        Assert.Contains("id=\"members\"", own);
        Assert.Equal(4, Regex.Count(own, "<use href=\"#mark"));
        Assert.Contains($"family=m-1\"", own.Replace("&amp;", "&"));
        // Where distances are missing, it says that these are the directions of everybody.
        Assert.Contains("only the family of m-5 at a scale of its own", bare);
        Assert.DoesNotContain("explain", bare);
        Assert.Contains("8 members by directions", wrong);
    }
}

public sealed class PopulationSoupPageTests_Sqlite(SqliteHub hub) : PopulationSoupPageTests(hub), IClassFixture<SqliteHub>;

public sealed class PopulationSoupPageTests_Postgres(PostgresHub hub) : PopulationSoupPageTests(hub), IClassFixture<PostgresHub>;
