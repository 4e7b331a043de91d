using System.Net;
using System.Text.Json.Nodes;

namespace ModelZoo.Hub.Tests.Evaluations;

public abstract class LeaderboardTests(TestHub hub)
{
    [Fact]
    public async Task Scores_rank_with_ties_and_the_best_of_each_model_counts()
    {
        var data = await hub.Ada.CreateBenchmarkAsync();
        var (one, two, three, four) = (await Model("0.9"), await Model("0.95"), await Model("0.9"), await Model("0.5\n" + ScoreBench.Entry(data, "digits", "0.7")));
        var board = await hub.Nobody.BoardAsync(data, "digits");
        Assert.Equal("acc", (string)board["metric"]!);
        var ranks = board["entries"]!.AsArray().Select(entry => ((int)entry!["rank"]!, (string)entry["model"]!)).ToList();
        Assert.Equal([1, 2, 2, 4], ranks.Select(rank => rank.Item1));
        Assert.Equal(two, ranks[0].Item2);
        Assert.Equal(((string[])[one, three]).Order(), ranks.Skip(1).Take(2).Select(rank => rank.Item2).Order());
        Assert.Equal(four, ranks[3].Item2);
        Assert.Equal(0.7, (double)board["entries"]![3]!["value"]!);
        Assert.Equal("claimed", (string)board["entries"]![0]!["standing"]!);

        await hub.Ada.CommitAsync(two, TestActor.Delete(".eval_results/results.yaml"));
        Assert.DoesNotContain(two, (await hub.Nobody.BoardAsync(data, "digits")).ToJsonString());
        Assert.Equal(3, (int)(await hub.Nobody.BoardAsync(data, "digits"))["total"]!);

        Task<string> Model(string value) => hub.Ada.CreateModelAsync(ScoreBench.Entry(data, "digits", value));
    }

    [Fact]
    public async Task A_private_model_appears_only_to_those_who_may_read_it_and_a_private_benchmark_is_like_none()
    {
        var data = await hub.Ada.CreateBenchmarkAsync();
        var stranger = await hub.JoinAsync();
        var secret = await stranger.CreateModelAsync(ScoreBench.Entry(data, "digits", "0.99"), isPrivate: true);
        var open = await hub.Ada.CreateModelAsync(ScoreBench.Entry(data, "digits", "0.5"));
        Assert.Equal(secret, (string)(await stranger.BoardAsync(data, "digits"))["entries"]![0]!["model"]!);
        var seen = await hub.Nobody.BoardAsync(data, "digits");
        Assert.Equal(open, (string)Assert.Single(seen["entries"]!.AsArray())!["model"]!);
        Assert.Equal(1, (int)seen["entries"]![0]!["rank"]!);
        var page = await (await hub.Nobody.GetAsync($"/leaderboards/{data}/digits")).Content.ReadAsStringAsync();
        Assert.Contains(open, page);
        Assert.DoesNotContain(secret, page);
        Assert.DoesNotContain(secret, await (await hub.Nobody.GetAsync($"/api/datasets/{data}/leaderboard")).Content.ReadAsStringAsync());

        var hidden = await stranger.CreateBenchmarkAsync(isPrivate: true);
        await stranger.CreateModelAsync(ScoreBench.Entry(hidden, "digits", "0.9"));
        var other = await hub.JoinAsync();
        foreach (var address in (string[])[$"/api/zoo/leaderboards/{hidden}/digits", $"/api/zoo/leaderboards/{hidden}", $"/leaderboards/{hidden}/digits", $"/datasets/{hidden}/benchmark", $"/api/datasets/{hidden}/leaderboard"])
        {
            var missing = await other.GetAsync(address.Replace(hidden, "nobody/nothing", StringComparison.Ordinal));
            var refused = await other.GetAsync(address);
            Assert.Equal(HttpStatusCode.NotFound, refused.StatusCode);
            Assert.Equal(missing.StatusCode, refused.StatusCode);
        }
        Assert.DoesNotContain(hidden, (await other.GetJsonAsync("/api/zoo/leaderboards")).ToJsonString());
        Assert.Contains(hidden, (await stranger.GetJsonAsync("/api/zoo/leaderboards")).ToJsonString());
    }

    [Fact]
    public async Task What_the_hub_signed_is_verified_until_the_weights_change_and_goes_with_a_fork()
    {
        var data = await hub.Ada.CreateBenchmarkAsync();
        var model = await hub.Ada.CreateAsync();
        var commit = await hub.Ada.CommitAsync(model, TestActor.File("weights.onnx", "one"), TestActor.File("README.md", "# A model\n"));
        var signed = await hub.SignedEntryAsync(model, commit, data, "digits", 0.9891);
        await hub.Ada.CommitTextAsync(model, ".eval_results/run.yaml", signed);
        Assert.Equal("verified", await StandingAsync(model));

        await hub.Ada.CommitTextAsync(model, "README.md", "# The same model\n");
        Assert.Equal("verified", await StandingAsync(model));
        var fork = (await hub.JoinAsync()) is var friend ? $"{friend.Handle}/copy" : "";
        await TestActor.ReadAsync(await friend.SendAsync(HttpMethod.Post, $"/api/models/{model}/duplicate", new { repository = fork }));
        Assert.Equal("verified", await StandingAsync(fork));
        Assert.Equal(2, (int)(await hub.Nobody.BoardAsync(data, "digits", "?verified=1"))["total"]!);

        await hub.Ada.CommitTextAsync(model, "weights.onnx", "two");
        Assert.Equal("stale", await StandingAsync(model));
        Assert.Equal(1, (int)(await hub.Nobody.BoardAsync(data, "digits", "?verified=1"))["total"]!);

        await hub.Ada.CommitTextAsync(model, "weights.onnx", "one");
        Assert.Equal("verified", await StandingAsync(model));

        // The same token beside another value, or in another repository, is somebody's word.
        var thief = await hub.Ada.CreateModelAsync(signed);
        Assert.Equal("claimed", await StandingAsync(thief));
        await hub.Ada.CommitTextAsync(model, ".eval_results/run.yaml", signed.Replace("0.9891", "0.9999", StringComparison.Ordinal));
        Assert.Equal("claimed", await StandingAsync(model));

        async Task<string> StandingAsync(string repo) => (string)(await hub.Nobody.GetJsonAsync($"/api/zoo/models/{repo}/scores"))["items"]![0]!["standing"]!;
    }

    [Fact]
    public async Task Broken_and_impossible_results_are_said_on_the_page_and_never_stop_a_commit()
    {
        var data = await hub.Ada.CreateBenchmarkAsync();
        var bomb = "a: &a [x, x, x, x, x, x, x, x, x]\n" + string.Concat(Enumerable.Range(1, 9).Select(i => $"{(char)('a' + i)}: &{(char)('a' + i)} [{string.Join(", ", Enumerable.Repeat($"*{(char)('a' + i - 1)}", 9))}]\n"));
        var model = await hub.Ada.CreateModelAsync(
            ScoreBench.Entry(data, "digits", ".nan") + ScoreBench.Entry(data, "digits", ".inf") + ScoreBench.Entry(data, "digits", "many") + ScoreBench.Entry(data, "digits", "87.3") + ScoreBench.Entry(data, "digits", "0.5")
            + "- value: 1\n- 7\n" + ScoreBench.Entry(data, "digits", "0.6", "  date: \"2999-01-01\"\n"), false,
            TestActor.File(".eval_results/bomb.yaml", bomb), TestActor.File(".eval_results/tag.yaml", "- !!python/object:os.system {}\n"), TestActor.File(".eval_results/deep.yaml", new string('[', 500)),
            TestActor.File(".eval_results/evidence/results.json", "{\"nothing\": true}"));
        var scores = await hub.Nobody.GetJsonAsync($"/api/zoo/models/{model}/scores");
        Assert.Equal(["0.5", "87.3"], scores["items"]!.AsArray().Select(item => (string)item!["valueText"]!).Order());
        var problems = scores["problems"]!.ToJsonString();
        foreach (var words in (string[])["bomb.yaml", "tag.yaml", "deep.yaml", "future", "finite", "missing"]) Assert.Contains(words, problems);
        var board = await hub.Nobody.BoardAsync(data, "digits");
        Assert.Equal(0.5, (double)Assert.Single(board["entries"]!.AsArray())!["value"]!);
        Assert.Contains("percentage", (string)Assert.Single(board["unranked"]!.AsArray())!["unranked"]!);
        var page = await hub.Nobody.GetAsync($"/{model}/evaluations");
        Assert.Equal(HttpStatusCode.OK, page.StatusCode);
        Assert.Contains("bomb.yaml", await page.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Ten_thousand_entries_in_a_file_are_read_and_no_page_grows_with_them()
    {
        var data = await hub.Ada.CreateBenchmarkAsync();
        var model = await hub.Ada.CreateModelAsync(string.Concat(Enumerable.Range(0, 10_000).Select(i => ScoreBench.Entry(data, "digits", $"0.{i:00000}"))));
        Assert.Equal(10_000, (await hub.Nobody.GetJsonAsync($"/api/zoo/models/{model}/scores"))["items"]!.AsArray().Count);
        var board = await hub.Nobody.BoardAsync(data, "digits");
        Assert.Equal(0.09999, (double)Assert.Single(board["entries"]!.AsArray())!["value"]!);
        Assert.InRange((await (await hub.Nobody.GetAsync($"/{model}/evaluations")).Content.ReadAsByteArrayAsync()).Length, 1_000, 60_000);
    }

    [Fact]
    public async Task Cards_too_state_scores_and_a_benchmark_may_be_renamed()
    {
        var data = await hub.Ada.CreateBenchmarkAsync();
        var model = await hub.Ada.CreateAsync();
        await hub.Ada.CommitTextAsync(model, "README.md", $"""
            ---
            model-index:
            - name: mine
              results:
              - task: {"{type: image-classification}"}
                dataset: {"{"}type: {data}, name: Digits, split: test{"}"}
                metrics:
                - {"{type: acc, value: 0.91}"}
                source: {"{url: \"https://example.org/paper\", name: A paper}"}
            ---
            """);
        var entry = Assert.Single((await hub.Nobody.BoardAsync(data, "digits"))["entries"]!.AsArray())!;
        Assert.Equal("reported", (string)entry["standing"]!);
        var renamed = $"ada/{hub.Fresh("renamed")}";
        await TestActor.ReadAsync(await hub.Ada.SendAsync(HttpMethod.Post, "/api/repos/move", new { fromRepo = data, toRepo = renamed, type = "dataset" }));
        Assert.Equal(model, (string)Assert.Single((await hub.Nobody.BoardAsync(renamed, "digits"))["entries"]!.AsArray())!["model"]!);
    }

    [Fact]
    public async Task Suites_put_tasks_together_and_never_make_up_what_is_missing()
    {
        var data = await hub.Ada.CreateBenchmarkAsync("""
            name: Suite
            tasks:
              - {id: a, zoo: {metric: acc, chance: 0.5}}
              - {id: b, zoo: {metric: acc, chance: 0.25}}
              - {id: c, zoo: {metric: word_perplexity}}
            zoo:
              suites:
                - {id: ab, title: Both, tasks: [a, b]}
                - {id: above, tasks: [a, b], aggregate: normalised}
                - {id: broken, tasks: [a, nothing]}
                - {id: all, tasks: [ab, c]}
            """);
        var one = await hub.Ada.CreateModelAsync(ScoreBench.Entry(data, "a", "0.8") + ScoreBench.Entry(data, "b", "0.6") + ScoreBench.Entry(data, "c", "12.5"));
        var two = await hub.Ada.CreateModelAsync(ScoreBench.Entry(data, "a", "0.9"));
        var three = await hub.Ada.CreateModelAsync(ScoreBench.Entry(data, "a", "0.7") + ScoreBench.Entry(data, "b", "0.6") + ScoreBench.Entry(data, "c", "11"));
        var suite = await hub.Nobody.BoardAsync(data, "ab");
        var rows = suite["entries"]!.AsArray().ToDictionary(row => (string)row!["model"]!, row => row!);
        Assert.Equal(0.7, (double)rows[one]["value"]!, 12);
        Assert.Equal(1, (int)rows[one]["rank"]!);
        Assert.Null(rows[two]["value"]);
        Assert.Null(rows[two]["rank"]);
        Assert.Equal(1, (int)rows[two]["missing"]!);
        Assert.Equal((0.5 + 0.5) / 2, (double)rows[one]["meanWinRate"]!, 12);
        Assert.Equal(((0.8 - 0.5) / 0.5 + (0.6 - 0.25) / 0.75) / 2, (double)(await hub.Nobody.BoardAsync(data, "above"))["entries"]![0]!["value"]!, 12);
        Assert.Equal(three, (string)(await hub.Nobody.BoardAsync(data, "c"))["entries"]![0]!["model"]!);
        Assert.Contains("nothing", (await hub.Nobody.GetJsonAsync($"/api/zoo/leaderboards/{data}"))["problems"]!.ToJsonString());
        Assert.Equal(HttpStatusCode.OK, (await hub.Nobody.GetAsync($"/leaderboards/{data}/all")).StatusCode);
    }
}

public sealed class LeaderboardTests_Sqlite(SqliteHub hub) : LeaderboardTests(hub), IClassFixture<SqliteHub>;
public sealed class LeaderboardTests_Postgres(PostgresHub hub) : LeaderboardTests(hub), IClassFixture<PostgresHub>;
