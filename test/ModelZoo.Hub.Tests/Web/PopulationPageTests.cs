using System.Net;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using ModelZoo.Hub.Tests.Populations;

namespace ModelZoo.Hub.Tests.Web;

/// <summary>Pages of a population that the hub trained and analysed itself, and of files that somebody pushed in its place.</summary>
public abstract class PopulationPageTests(TestHub hub)
{
    const int MaxPageBytes = 60_000;

    static readonly string[] s_tabs = ["", "/members", "/curves", "/map", "/matrices", "/lineage", "/soups", "/prediction"];

    async Task<string> TrainAsync(bool analyse = true)
    {
        var repo = await hub.Ada.CreateAsync();
        var job = await hub.Ada.EndAsync(await hub.Ada.BeginAsync(repo, Grown.Blueprint(factors: "lr: [1e-2, 3e-3, 1e-3]"), analyse));
        Assert.True((string?)job["state"] == "done", Grown.Say(job));
        if (analyse) await UntilAsync(repo, "analyses/averaging.json");
        return repo;
    }

    /// <summary>Waits for the last file that a job commits; the machine may be busy.</summary>
    async Task UntilAsync(string repo, string path)
    {
        for (var until = DateTime.UtcNow.AddMinutes(3); DateTime.UtcNow < until; await Task.Delay(100))
            if (await hub.Ada.ResolveAsync(repo, path) is { StatusCode: HttpStatusCode.OK or HttpStatusCode.Found }) return;
        throw new TimeoutException($"{path} was not committed.");
    }

    [Fact]
    public async Task A_trained_population_has_its_pages_and_every_link_on_them_leads_somewhere()
    {
        var repo = await TrainAsync();
        using var visitor = new PageVisitor(hub.Url);
        var card = await visitor.GetAsync($"/{repo}");
        Assert.Contains($"href=\"/{repo}/population\"", card.Html);

        var pages = new Dictionary<string, string>();
        foreach (var tab in s_tabs)
        {
            var page = await visitor.GetAsync($"/{repo}/population{(tab.Length == 0 ? "" : "/main" + tab)}");
            Assert.True(page.Code == 200, $"{tab}: {page.Code}\n{page.Html}");
            Assert.InRange(page.Html.Length, 1_000, MaxPageBytes);
            pages[tab] = page.Html;
        }
        Assert.Contains("4 done", pages[""]);
        Assert.Contains("revision 1", pages[""]);
        Assert.Contains("CC-BY-4.0", pages[""]);
        Assert.Contains("Agreement of predictions", pages[""]);
        Assert.Contains("@misc{", pages[""]);
        Assert.Contains("population: tiny", pages[""]);
        Assert.Contains("val_accuracy by lr", pages["/members"].Replace("val accuracy", "val_accuracy"));
        Assert.Matches("class=\"chart\".*class=\"curves k", pages["/curves"].ReplaceLineEndings(""));
        Assert.Contains("<use href=\"#mark", pages["/map"]);
        Assert.Contains("class=\"heat\"", pages["/matrices"]);
        Assert.Contains("3 children", pages["/lineage"]);
        Assert.Contains("Accuracy barrier", pages["/soups"]);
        Assert.Contains("Lineage from weights", pages["/prediction"]);

        foreach (var link in pages.Values.SelectMany(html => Regex.Matches(html, $"href=\"(/{repo}/(?:population|resolve|blob)[^\"#]*)").Select(match => WebUtility.HtmlDecode(match.Groups[1].Value))).Distinct())
            Assert.True((await visitor.GetAsync(link)).Code is 200 or 302, link);
    }

    [Fact]
    public async Task A_member_says_what_it_is_and_how_to_get_it()
    {
        var repo = await TrainAsync(analyse: false);
        var member = (await hub.Ada.PathsAsync(repo)).Select(path => Regex.Match(path, "^members/(child-[0-9a-f]+)/member.json$")).First(match => match.Success).Groups[1].Value;
        using var visitor = new PageVisitor(hub.Url);

        var page = await visitor.GetAsync($"/{repo}/population/main/members/{member}");
        var missing = await visitor.GetAsync($"/{repo}/population/main/members/child-nothing");
        var table = await visitor.GetAsync($"/{repo}/population/main/members?where={Uri.EscapeDataString("stage = 'child' and lr >= 0.003")}&sort=-val_accuracy");
        var wrong = await visitor.GetAsync($"/{repo}/population/main/members?where={Uri.EscapeDataString("lr > '<script>")}");
        var soup = await visitor.GetAsync($"/{repo}/population/main/soups?members={member}%400-2");

        Assert.Equal(200, page.Code);
        Assert.Contains("train.batch", page.Html);
        Assert.Matches($"zoo population export population --member {member} --epoch 2 --format onnx", page.Html);
        Assert.Matches($"href=\"/{repo}/resolve/[0-9a-f]{{40}}/members/{member}/checkpoints/epoch-000002.safetensors\"", page.Html);
        Assert.Matches("base-[0-9a-f]{12}@2</a>", page.Html);
        Assert.Equal(404, missing.Code);
        Assert.Contains("<h2>2 members</h2>", table.Html);
        Assert.Contains("aria-sort=\"descending\"", table.Html);
        Assert.Contains("the condition cannot be read", wrong.Html);
        Assert.DoesNotContain("<script>", wrong.Html.Replace("<script src", ""));
        Assert.Contains($"zoo soup &#x27;population#{member}@0-2&#x27; --method uniform --out soup", soup.Html);
        // Nothing was analysed, so nothing is claimed, and the pages say what would compute it.
        foreach (var tab in (string[])["/map", "/matrices", "/soups", "/prediction"])
            Assert.Contains("zoo population analyse population --only", (await visitor.GetAsync($"/{repo}/population/main{tab}")).Html);
    }

    [Fact]
    public async Task Work_is_begun_from_the_pages_by_those_who_may_write()
    {
        var repo = await hub.Ada.CreateAsync();
        var blueprint = Grown.Blueprint();
        using var visitor = new PageVisitor(hub.Url);
        await visitor.SignInAsync("ada", "correct horse battery");

        var plan = await visitor.FillAsync($"/{repo}/generate", $"/{repo}/generate", ("blueprint", blueprint), ("act", "plan"));
        var refused = await visitor.FillAsync($"/{repo}/generate", $"/{repo}/generate", ("blueprint", blueprint.Replace("epochs: 2", "epoks: 2")), ("act", "plan"));
        var begun = await visitor.FillAsync($"/{repo}/generate", $"/{repo}/generate", ("blueprint", blueprint), ("act", "train"));
        await hub.Ada.EndAsync(new JsonObject { ["id"] = Regex.Match(begun.Location!, "/jobs/([^?]+)").Groups[1].Value });
        var analysed = await visitor.FillAsync($"/{repo}/population", $"/{repo}/population/main/analyse", ("only", "weights"));
        await UntilAsync(repo, "analyses/weights.json");
        using var nobody = new PageVisitor(hub.Url);

        Assert.Contains("3 members, 9 states", plan.Html);
        Assert.Equal(400, refused.Code);
        Assert.Contains("epoks", refused.Html);
        Assert.Equal(303, begun.Code);
        Assert.StartsWith("/jobs/", begun.Location);
        var job = await visitor.GetAsync(begun.Location!);
        Assert.Equal(200, job.Code);
        Assert.Contains($"href=\"/{repo}/population/main\">Open the population</a>", job.Html);
        Assert.Equal(303, analysed.Code);
        var parent = (await hub.Ada.PathsAsync(repo)).Select(path => Regex.Match(path, "^members/(base-[0-9a-f]+)/member.json$")).First(match => match.Success).Groups[1].Value;
        var bench = $"/{repo}/population/main/soups?members={parent}%401-2";
        var aimless = await visitor.FillAsync(bench, $"/{repo}/population/main/soups", ("members", $"{parent}@1-2"), ("method", "uniform"), ("target", "nowhere"));
        var apart = await SoupAsync();
        var made = await SoupAsync(("force", "on"));

        Assert.Equal(400, aimless.Code);
        Assert.Contains("must name a repository as owner/name", aimless.Html);
        // The second epoch of so small a member is another model than the first; that is said, and only done when asked for twice.
        Assert.Contains("cannot be averaged", Grown.Say(apart));
        Assert.True((string?)made["state"] == "done", Grown.Say(made));
        Assert.DoesNotContain($"/{repo}/population/main/analyse", (await nobody.GetAsync($"/{repo}/population")).Html);

        async Task<JsonNode> SoupAsync(params (string, string)[] more)
        {
            (string, string)[] fields = [("members", $"{parent}@1-2"), ("method", "uniform"), ("target", $"ada/{hub.Fresh("soup")}"), .. more];
            var soup = await visitor.FillAsync(bench, $"/{repo}/population/main/soups", fields);
            return await hub.Ada.EndAsync(new JsonObject { ["id"] = Regex.Match(soup.Location ?? "", "/jobs/([^?]+)").Groups[1].Value });
        }
    }

    [Fact]
    public async Task Files_that_somebody_pushed_break_no_page_and_run_nowhere()
    {
        var repo = await hub.Ada.CreateAsync();
        const string Bad = "<script>alert(1)";
        static string Json(string text) => text.Replace("BAD", Bad);
        await hub.Ada.CommitAsync(repo, TestActor.File("population.json", Json("""{"population": "BAD", "title": "BAD", "licence": "BAD", "origin": "imported", "revision": 999999, "datasets": {"BAD": {"splits": {"BAD": {"n": "BAD"}}}, "x": 5}}""")),
            TestActor.File($"members/{Bad}/member.json", Json("""{"id": "BAD", "stage": "BAD'\"", "factors": {"BAD": "BAD", "big": 1e999, "deep": {"a": [1]}}, "parent": {"member": "BAD", "epoch": -4}, "requested": {"BAD": ["BAD"]}, "effective": {"a": 7}, "remarks": ["BAD"]}""")),
            TestActor.File("members/m-1/member.json", Json("""{"id": "m-1", "stage": "s", "factors": {"BAD": 1e999}, "root": "BAD", "split": "BAD"}""")), TestActor.File("members/m-1/metrics.jsonl", Json("""{"epoch": 1, "train_loss": 1e999, "train_accuracy": -1e300, "BAD_acc": 1e999, "splits": [{"split": "BAD", "n": 1, "correct": 2147483647, "loss": 1e308}, {"split": "", "n": 0}]}""" + "\n" + """{"epoch": 2147483647, "splits": [{"split": "BAD", "n": 0, "correct": 5}]}""" + "\n{torn")),
            TestActor.File("analyses/weights.json", Json("""{"groups": [{"group": 1, "members": 3, "explained": [1e999, "BAD"], "between_over_within": "BAD"}], "x": "BAD"}""")), TestActor.File("analyses/behaviour.json", Json("""{"effects": {"BAD": [{"factor": "BAD", "explained": 2e308, "levels": [{"value": "BAD"}]}]}, "sets": "BAD"}""")),
            TestActor.File("analyses/components.csv", Json("group,member_id,family,pc1,pc2\nBAD,m-1,BAD,1e308,-1e308\nBAD,m-2,\"BAD,\n\",-1e308,1e308\nBAD,m-3,BAD,1,2\nBAD,m-4,BAD,3,4\nBAD,m-5,other,1,1\nBAD,m-6,other,2,2\n")), TestActor.File("analyses/distances.csv", Json("a,b,relative\nm-1,BAD,1e308\nm-1,m-2,-5\nm-1,m-3,-1\nm-1,m-4,2\nm-3,m-4,1e200\n")), TestActor.File("analyses/agreement.csv", "\"\"\"\"\"\n,,,"),
            TestActor.File("analyses/barriers.csv", Json("kind,a,b,accuracy_barrier\nBAD,BAD,m-1,1e300\n")), TestActor.File("analyses/prediction.json", Json("""{"method": "BAD", "tasks": [{"stage": "BAD", "head": "BAD", "test_accuracy": {"all_epochs": {"r2": -1e300}, "within_epoch": {"BAD": {"r2": 1}}}, "classification": {"BAD": {"accuracy": 1, "classes": 2}}}]}""")),
            TestActor.File("analyses/averaging.json", Json("""{"barriers": {"connected_up_to": -1, "BAD": {"pairs": 1}}, "epochs": [{"members_of": "BAD"}]}""")), TestActor.File("analyses/lineage.json", "not json at all"));
        using var visitor = new PageVisitor(hub.Url);

        foreach (var tab in s_tabs.Append("/members/m-1").Append("/members?where=x&sort=-BAD&rows=%3Cscript%3E").Append("/soups?members=m-1%20m-1&method=%3Cscript%3E").Append("/map?by=%3Cscript%3E&x=99").Append($"/map?family={Uri.EscapeDataString(Bad)}&x=3").Append("/map?family=other&still=%3Cscript%3E").Append("/curves?value=loss&by=big&stage=%3Cscript%3E").Append("/matrices?family=%3Cscript%3E"))
        {
            var page = await visitor.GetAsync($"/{repo}/population/main{tab}");
            Assert.True(page.Code == 200, $"{tab}: {page.Code}");
            Assert.DoesNotContain("<script>", page.Html);
            Assert.DoesNotContain("∞", page.Html);
            Assert.InRange(page.Html.Length, 1_000, MaxPageBytes);
        }
    }

    [Fact]
    public async Task A_damaged_population_says_so_and_without_one_there_is_no_tab()
    {
        var damaged = await hub.Ada.CreateAsync();
        await hub.Ada.CommitAsync(damaged, TestActor.File("population.json", "{\"population\": \"x\""), TestActor.File("README.md", "# x"));
        var bare = await hub.Ada.CreateAsync();
        await hub.Ada.CommitTextAsync(bare, "README.md", "# y");
        using var visitor = new PageVisitor(hub.Url);

        foreach (var tab in s_tabs)
        {
            var page = await visitor.GetAsync($"/{damaged}/population/main{tab}");
            Assert.Equal(422, page.Code);
            Assert.Contains("The population cannot be read.", page.Html);
            Assert.Equal(404, (await visitor.GetAsync($"/{bare}/population/main{tab}")).Code);
        }
        Assert.Equal(404, (await visitor.GetAsync($"/{bare}/population")).Code);
        Assert.DoesNotContain("/population", (await visitor.GetAsync($"/{bare}")).Html);
    }
}

public sealed class PopulationPageTests_Sqlite(SqliteHub hub) : PopulationPageTests(hub), IClassFixture<SqliteHub>;

public sealed class PopulationPageTests_Postgres(PostgresHub hub) : PopulationPageTests(hub), IClassFixture<PostgresHub>;
