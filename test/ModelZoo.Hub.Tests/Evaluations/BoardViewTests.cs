using System.Net;
using System.Text.Json.Nodes;

namespace ModelZoo.Hub.Tests.Evaluations;

public abstract class BoardViewTests(TestHub hub)
{
    [Fact]
    public async Task Two_scores_are_compared_on_the_samples_that_both_have()
    {
        var data = await hub.Ada.CreateBenchmarkAsync();
        var (one, two) = (await ModelAsync(i => i % 10 != 0), await ModelAsync(i => i % 2 == 0));
        var result = await hub.Nobody.GetJsonAsync($"/api/zoo/leaderboards/{data}/digits/compare?a={one}&b={two}");
        Assert.Equal("mcnemar", (string)result["method"]!);
        Assert.Equal(200, (int)result["sharedSamples"]!);
        Assert.Equal([100, 20], result["discordant"]!.AsArray().Select(count => (int)count!));
        Assert.True((bool)result["significant"]!);
        var board = await hub.Nobody.BoardAsync(data, "digits");
        Assert.Equal([1, 1], board["entries"]![0]!["rankRange"]!.AsArray().Select(rank => (int)rank!));
        var page = await (await hub.Nobody.GetAsync($"/leaderboards/{data}/digits/compare?a={one}&b={two}")).Content.ReadAsStringAsync();
        Assert.Contains("Yes", page);
        Assert.Contains("only the first", page);

        async Task<string> ModelAsync(Func<int, bool> isRight)
        {
            var right = Enumerable.Range(0, 200).Select(i => ($"s{i}", isRight(i) ? 1 : 0)).ToList();
            var value = right.Count(sample => sample.Item2 == 1) / 200.0;
            return await hub.Ada.CreateModelAsync(ScoreBench.Entry(data, "digits", value.ToString(System.Globalization.CultureInfo.InvariantCulture)), false,
                TestActor.File(".eval_results/evidence/results.json", $"[{ScoreBench.Evidence("digits", value, 200, ".eval_results/samples/results.jsonl")}, {ScoreBench.Evidence("digits", 0.4, 50, "", "zeros")}, {ScoreBench.Evidence("digits", 0.9, 60, "", "ones")}]"),
                TestActor.File(".eval_results/samples/results.jsonl", ScoreBench.Samples(right)));
        }
    }

    [Fact]
    public async Task Subgroups_and_their_gap_stand_on_the_models_page()
    {
        var data = await hub.Ada.CreateBenchmarkAsync();
        var model = await hub.Ada.CreateModelAsync(ScoreBench.Entry(data, "digits", "0.7"), false, TestActor.File(".eval_results/evidence/results.json",
            $"[{ScoreBench.Evidence("digits", 0.7, 200, "")}, {ScoreBench.Evidence("digits", 0.4, 50, "", "zeros")}, {ScoreBench.Evidence("digits", 0.9, 60, "", "ones")}, {ScoreBench.Evidence("digits", 0.1, 5, "", "few")}]"));
        var page = await (await hub.Nobody.GetAsync($"/{model}/evaluations")).Content.ReadAsStringAsync();
        Assert.Contains("gap 0.5000", page);
        Assert.Contains("few", page);
        Assert.Equal(1, (int)(await hub.Nobody.BoardAsync(data, "digits"))["total"]!);
    }

    [Fact]
    public async Task Marks_are_put_with_a_reason_by_those_who_may_and_taken_back()
    {
        var data = await hub.Ada.CreateBenchmarkAsync();
        var owner = await hub.JoinAsync();
        var model = await owner.CreateModelAsync(ScoreBench.Entry(data, "digits", "0.99"));
        await owner.CreateModelAsync(ScoreBench.Entry(data, "digits", "0.5"));
        var key = (string)(await hub.Nobody.GetJsonAsync($"/api/zoo/models/{model}/scores"))["items"]![0]!["score"]!;
        var critic = await hub.JoinAsync();
        var marks = $"/api/zoo/models/{model}/marks";
        Assert.Equal(HttpStatusCode.Unauthorized, (await hub.Nobody.SendAsync(HttpMethod.Post, marks, new { })).StatusCode);
        Assert.Equal(HttpStatusCode.BadRequest, (await critic.SendAsync(HttpMethod.Post, marks, new { benchmark = data, task = "digits", score = key, reason = "no" })).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await critic.SendAsync(HttpMethod.Post, marks, new { benchmark = data, task = "digits", score = key, kind = "revoked", reason = "I do not like it at all." })).StatusCode);
        var dispute = await critic.PostJsonAsync(marks, new { benchmark = data, task = "digits", score = key, reason = "The test set was in the training data." });
        Assert.Contains("disputed", (await hub.Nobody.BoardAsync(data, "digits"))["entries"]![0]!["marks"]!.ToJsonString());
        Assert.DoesNotContain(model, (await hub.Nobody.GetJsonAsync($"/api/zoo/leaderboards/{data}/digits/frontier")).ToJsonString());

        var day = DateTimeOffset.UtcNow.AddDays(-1).ToString("yyyy-MM-dd");
        var revoked = await hub.Ada.PostJsonAsync(marks, new { benchmark = data, task = "digits", score = key, kind = "revoked", reason = "The test set was in the training data." });
        var board = await hub.Nobody.BoardAsync(data, "digits");
        Assert.DoesNotContain(model, board["entries"]!.ToJsonString());
        Assert.Contains("Revoked", (string)board["unranked"]![0]!["unranked"]!);
        Assert.Empty((await hub.Nobody.BoardAsync(data, "digits", $"?as_of={day}"))["entries"]!.AsArray());
        Assert.Equal(HttpStatusCode.Forbidden, (await critic.SendAsync(HttpMethod.Post, $"{marks}/{revoked["id"]}/lift", new { })).StatusCode);
        await TestActor.ReadAsync(await hub.Ada.SendAsync(HttpMethod.Post, $"{marks}/{revoked["id"]}/lift", new { reason = "It was not." }));
        await TestActor.ReadAsync(await critic.SendAsync(HttpMethod.Post, $"{marks}/{dispute["id"]}/lift", new { }));
        Assert.Equal(model, (string)(await hub.Nobody.BoardAsync(data, "digits"))["entries"]![0]!["model"]!);
        Assert.Contains("score.revoked", (await hub.Ada.GetJsonAsync("/api/zoo/audit")).ToJsonString());
    }

    [Fact]
    public async Task A_board_as_of_a_day_still_has_what_was_withdrawn_since()
    {
        var data = await hub.Ada.CreateBenchmarkAsync();
        var model = await hub.Ada.CreateModelAsync(ScoreBench.Entry(data, "digits", "0.8", "  date: \"2026-01-01\"\n"));
        await hub.Ada.CommitTextAsync(model, ".eval_results/results.yaml", ScoreBench.Entry(data, "digits", "0.9", "  date: \"2026-02-01\"\n"));
        Assert.Equal(0.9, (double)(await hub.Nobody.BoardAsync(data, "digits"))["entries"]![0]!["value"]!);
        Assert.Equal(0.8, (double)(await hub.Nobody.BoardAsync(data, "digits", "?as_of=2026-01-15"))["entries"]![0]!["value"]!);
        Assert.Empty((await hub.Nobody.BoardAsync(data, "digits", "?as_of=2025-12-31"))["entries"]!.AsArray());
        Assert.Equal(HttpStatusCode.BadRequest, (await hub.Nobody.GetAsync($"/api/zoo/leaderboards/{data}/digits?as_of=yesterday")).StatusCode);
    }

    [Fact]
    public async Task Nobody_is_called_state_of_the_art_by_his_own_word()
    {
        var data = await hub.Ada.CreateBenchmarkAsync();
        foreach (var value in (string[])["0.9", "0.5", "0.4"]) await hub.Ada.CreateModelAsync(ScoreBench.Entry(data, "digits", value, "  notes: no-tools\n"));
        var badge = await (await hub.Nobody.GetAsync($"/leaderboards/{data}/digits/badge.svg")).Content.ReadAsStringAsync();
        Assert.Contains("rank 1 of 3 &#183; claimed", badge);
        Assert.DoesNotContain("state of the art", badge);
    }

    [Fact]
    public async Task A_board_is_read_as_a_table_a_badge_and_by_the_clients_of_Hugging_Face()
    {
        var data = await hub.Ada.CreateBenchmarkAsync();
        var model = await hub.Ada.CreateModelAsync(ScoreBench.Entry(data, "digits", "0.91", "  notes: no-tools\n  source: {url: \"https://example.org\", name: Logs}\n"), false, TestActor.File("README.md", "---\nlicense: mit\n---\n"), TestActor.File("config.json", "{\"model_type\": \"vit\"}"));
        var derived = await hub.Ada.CreateModelAsync(ScoreBench.Entry(data, "digits", "0.95"), false, TestActor.File("README.md", "---\nbase_model: some/base\n---\n"));
        var csv = await (await hub.Nobody.GetAsync($"/api/zoo/leaderboards/{data}/digits?format=csv")).Content.ReadAsStringAsync();
        Assert.StartsWith("rank,", csv);
        Assert.Contains($"2,,,{model},0.91,", csv);
        var badge = await hub.Nobody.GetAsync($"/leaderboards/{data}/digits/badge.svg?model={model}");
        Assert.Equal("image/svg+xml", badge.Content.Headers.ContentType!.MediaType);
        Assert.Contains("rank 2 of 2", await badge.Content.ReadAsStringAsync());
        var listed = (await hub.Nobody.GetJsonAsync($"/api/datasets/{data}/leaderboard")).AsArray();
        var entry = Assert.Single(listed)!;
        Assert.Equal((1, model, 0.91, false, "no-tools", ".eval_results/results.yaml"), ((int)entry["rank"]!, (string)entry["modelId"]!, (double)entry["value"]!, (bool)entry["verified"]!, (string)entry["notes"]!, (string)entry["filename"]!));
        Assert.Equal("Logs", (string)entry["source"]!["name"]!);
        Assert.Equal(2, (await hub.Nobody.GetJsonAsync($"/api/datasets/{data}/leaderboard?base_model=false")).AsArray().Count);
        var results = (await hub.Nobody.GetJsonAsync($"/api/models/{model}?expand[]=evalResults"))["evalResults"]!.AsArray();
        Assert.Equal("digits", (string)Assert.Single(results)!["dataset"]!["task_id"]!);
        Assert.Equal(1, (int)(await hub.Nobody.BoardAsync(data, "digits", "?licence=mit"))["total"]!);
        Assert.Equal(1, (int)(await hub.Nobody.BoardAsync(data, "digits", "?architecture=vit&base=1"))["total"]!);
        Assert.Equal(0, (int)(await hub.Nobody.BoardAsync(data, "digits", "?verified=1"))["total"]!);
        Assert.Equal(derived, (string)(await hub.Nobody.BoardAsync(data, "digits"))["entries"]![0]!["model"]!);
        foreach (var address in (string[])["/leaderboards", $"/datasets/{data}/benchmark", $"/leaderboards/{data}/digits?cost=flop&q=repo", $"/{model}/evaluations", $"/{model}"])
        {
            var page = await hub.Nobody.GetAsync(address);
            Assert.Equal(HttpStatusCode.OK, page.StatusCode);
            Assert.InRange((await page.Content.ReadAsByteArrayAsync()).Length, 1_000, 60_000);
        }
    }
}

public sealed class BoardViewTests_Sqlite(SqliteHub hub) : BoardViewTests(hub), IClassFixture<SqliteHub>;
public sealed class BoardViewTests_Postgres(PostgresHub hub) : BoardViewTests(hub), IClassFixture<PostgresHub>;
