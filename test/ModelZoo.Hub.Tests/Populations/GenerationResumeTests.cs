using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using ModelZoo.Hub.Database;
using ModelZoo.Hub.Kernel;
using static ModelZoo.Hub.Tests.Populations.Grown;

namespace ModelZoo.Hub.Tests.Populations;

/// <summary>A population outlives the process that began it, and whoever goes on gets the same bytes.</summary>
public abstract class GenerationResumeTests(TestHub hub)
{
    /// <summary>A hub that starts again has another address.</summary>
    TestActor Now => new(hub, TestHub.AdministratorToken, "ada");

    Task<int> SqlAsync(string sql, object? values = null) => hub.Get<HubDatabase>().ExecuteAsync(sql, values, default);

    static long Id(JsonNode job) => Ids.TryFromWire((string)job["id"]!, out var id) ? id : throw new FormatException();

    [Fact]
    public async Task A_worker_that_stops_gives_its_population_to_the_next_who_ends_with_the_same_states()
    {
        var repo = await Now.CreateAsync();
        var begun = await Now.BeginAsync(repo, Slow());
        await Now.UnderWayAsync(repo, 4);
        await hub.StopAsync();
        await hub.StartAsync();

        Assert.Equal("done 4 of 4 members are done.", Say(await Now.EndAsync(begun)));

        await Now.RequireSameStatesAsync(repo, Slow());
        Assert.Contains("Going on: ", string.Concat((await Now.GetJsonAsync($"/api/zoo/jobs/{begun["id"]}"))["log"]!.AsArray().Select(line => (string)line!["text"]!)));
    }

    [Fact]
    public async Task A_worker_whose_lease_was_taken_writes_nothing_more_and_what_it_kept_for_itself_is_not_needed()
    {
        var repo = await Now.CreateAsync();
        var begun = await Now.BeginAsync(repo, Slow("stolen"));
        await Now.UnderWayAsync(repo, 4);
        // As if the worker had been away for long: the job is somebody else's, who waits.
        await SqlAsync("update job set state = 'waiting', lease_id = null, lease_until = null, run_after = @at where id = @id", new { id = Id(begun), at = DateTimeOffset.UtcNow.AddSeconds(4).ToUnixTimeMilliseconds() });
        await Task.Delay(2500);
        var head = await Now.HeadAsync(repo);
        await Task.Delay(500);
        Assert.Equal(head, await Now.HeadAsync(repo));
        // Nor is what training goes on from needed: a member without it begins anew.
        await SqlAsync("delete from population_resume");

        Assert.Equal("done 4 of 4 members are done.", Say(await Now.EndAsync(begun)));
        await Now.RequireSameStatesAsync(repo, Slow("stolen"));
    }

    [Fact]
    public async Task Somebody_else_may_move_the_branch_and_torn_metrics_are_mended()
    {
        var repo = await Now.CreateAsync();
        var begun = await Now.BeginAsync(repo, Slow("shared"));
        await Now.UnderWayAsync(repo, 3);
        await Now.CommitTextAsync(repo, "README.md", "# Mine\n");
        var metrics = (await Now.PathsAsync(repo)).First(path => path.EndsWith("metrics.jsonl"));
        await Now.CommitTextAsync(repo, metrics, "{\"epoch\": 0, \"spl");
        await hub.StopAsync();
        await hub.StartAsync();

        Assert.Equal("done 4 of 4 members are done.", Say(await Now.EndAsync(begun)));

        await Now.RequireSameStatesAsync(repo, Slow("shared"));
        Assert.Equal("# Mine\n", Encoding.UTF8.GetString(await Now.ReadFileAsync(repo, "README.md")));
        Assert.Equal(13, Encoding.UTF8.GetString(await Now.ReadFileAsync(repo, metrics)).Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
    }

    [Fact]
    public async Task One_generation_at_a_time_on_a_branch_and_a_cancelled_one_can_go_on()
    {
        var eve = await hub.JoinAsync();
        var repo = await Now.CreateAsync();
        var begun = await Now.BeginAsync(repo, Slow("cancelled"));
        Assert.Equal((string)begun["id"]!, (string)(await Now.BeginAsync(repo, Slow("cancelled")))["id"]!);
        var other = await Now.AskAsync(repo, new { blueprint = Slow("cancelled"), analyse = true });
        Assert.Equal(HttpStatusCode.Conflict, other.StatusCode);
        await Now.UnderWayAsync(repo, 3);

        Assert.Equal(HttpStatusCode.NotFound, (await eve.SendAsync(HttpMethod.Post, $"/api/zoo/jobs/{begun["id"]}/cancel")).StatusCode);
        var cancelled = await Now.PostJsonAsync($"/api/zoo/jobs/{begun["id"]}/cancel", new { });
        Assert.Equal("failed Cancelled by ada.", Say(cancelled));
        Assert.Equal(HttpStatusCode.Conflict, (await Now.SendAsync(HttpMethod.Post, $"/api/zoo/jobs/{begun["id"]}/cancel")).StatusCode);
        await Task.Delay(2000);
        var head = await Now.HeadAsync(repo);
        var states = (await Now.PathsAsync(repo)).Count(path => path.Contains("/checkpoints/"));
        await Task.Delay(300);
        Assert.Equal(head, await Now.HeadAsync(repo));
        Assert.InRange(states, 3, 51);

        Assert.Equal("done 4 of 4 members are done.", Say(await Now.GenerateAsync(repo, Slow("cancelled"))));
        await Now.RequireSameStatesAsync(repo, Slow("cancelled"));
    }

    [Fact]
    public async Task A_damaged_population_is_refused_and_not_trained_over()
    {
        var repo = await Now.CreateAsync();
        await Now.CommitTextAsync(repo, "population.json", "{ torn");
        Assert.Equal(HttpStatusCode.Conflict, (await Now.AskAsync(repo, new { blueprint = Blueprint() })).StatusCode);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await Now.GetAsync($"/api/zoo/populations/{repo}")).StatusCode);
        await Now.CommitAsync(repo, TestActor.File("population.json", "{\"population\": \"tiny\", \"origin\": \"imported\"}"));
        Assert.Contains("imported", await (await Now.AskAsync(repo, new { blueprint = Blueprint() })).Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task A_budget_that_is_spent_ends_a_generation_and_what_is_done_is_kept()
    {
        var repo = await Now.CreateAsync();
        var text = Blueprint("spent", images: 4096, epochs: 60, factors: "lr: [1e-2, 3e-3, 1e-3]").Replace("evaluate:", "budget: { max_seconds: 1 }\nevaluate:");
        var ended = await Now.GenerateAsync(repo, text);
        if ((string)ended["state"]! == "done") Assert.Skip("SKIPPED: this machine trains the population within a second.");
        Assert.Equal("failed The budget of 1 s is spent. Everything up to the last committed epoch of each member is kept; ask again to go on.", Say(ended));
        Assert.NotEmpty(await Now.ReadFileAsync(repo, "members.csv"));
        for (var i = 0; i < 60 && (string)ended["state"]! != "done"; i++) ended = await Now.GenerateAsync(repo, text);
        await Now.RequireSameStatesAsync(repo, text);
        Assert.Equal(0, await hub.Get<HubDatabase>().FindAsync<long>("select count(*) from population_resume where repository_id = (select id from repository where name = @name)", new { name = repo.Split('/')[1] }, default));
    }
}

public sealed class GenerationResumeTests_Sqlite(SqliteHub hub) : GenerationResumeTests(hub), IClassFixture<SqliteHub>;
public sealed class GenerationResumeTests_Postgres(PostgresHub hub) : GenerationResumeTests(hub), IClassFixture<PostgresHub>;
