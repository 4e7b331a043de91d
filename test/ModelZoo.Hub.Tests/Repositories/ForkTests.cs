using System.Net;
using System.Text.Json.Nodes;
using ModelZoo.Git;
using ModelZoo.Hub.Database;
using ModelZoo.Hub.Storage;
using ModelZoo.Hub.Tests.Maintenance;

namespace ModelZoo.Hub.Tests.Repositories;

public abstract class ForkTests(TestHub hub)
{
    [Fact]
    public async Task A_fork_has_everything_its_origin_had_and_goes_its_own_way()
    {
        var origin = await FillAsync();
        var eve = await hub.JoinAsync();

        var fork = await ForkAsync(eve, origin, $"{eve.Handle}/{hub.Fresh("fork")}");

        Assert.Equal(await hub.Ada.HeadAsync(origin), await eve.HeadAsync(fork));
        Assert.Equal(await hub.Ada.ReadFileAsync(origin, "model.safetensors"), await eve.ReadFileAsync(fork, "model.safetensors"));
        var (ours, theirs) = (await RefsAsync(eve, fork), await RefsAsync(hub.Ada, origin));
        Assert.Equal(theirs, ours);
        Assert.Contains("v1", ours);
        var (a, b) = (await eve.GetJsonAsync($"{TestActor.Api(fork)}/tree/main?expand=true&recursive=true"), await hub.Ada.GetJsonAsync($"{TestActor.Api(origin)}/tree/main?expand=true&recursive=true"));
        Assert.Equal(b.ToJsonString(), a.ToJsonString());
        var facts = await eve.GetJsonAsync(TestActor.Api(fork));
        Assert.Equal("mit", facts["cardData"]!["license"]!.GetValue<string>());
        Assert.Equal(1000, facts["safetensors"]!["total"]!.GetValue<long>());

        await eve.CommitTextAsync(fork, "mine.txt", "mine");
        await hub.Ada.CommitTextAsync(origin, "theirs.txt", "theirs");
        Assert.Equal(HttpStatusCode.NotFound, (await eve.ResolveAsync(fork, "theirs.txt")).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await hub.Ada.ResolveAsync(origin, "mine.txt")).StatusCode);
        // Neither answers for the other's commits, though both read one space of objects.
        Assert.Equal(HttpStatusCode.NotFound, (await eve.ResolveAsync(fork, "theirs.txt", await hub.Ada.HeadAsync(origin))).StatusCode);
        await hub.SettleAsync();
        await hub.RequireCleanAsync();
    }

    [Fact]
    public async Task A_fork_stores_no_content()
    {
        var origin = await FillAsync();
        var before = await CountAsync();

        await ForkAsync(hub.Ada, origin, $"ada/{hub.Fresh("fork")}");

        Assert.Equal(before, await CountAsync());
    }

    [Fact]
    public async Task What_a_fork_needs_outlives_its_origin_and_goes_with_the_last_reader()
    {
        var origin = await FillAsync();
        var weights = Upkeep.RandomBytes(4_000);
        await hub.Ada.CommitLargeAsync(origin, "own.bin", weights);
        var fork = await ForkAsync(hub.Ada, origin, $"ada/{hub.Fresh("fork")}");
        await hub.Ada.CommitTextAsync(fork, "mine.txt", "mine");

        await DeleteAsync(origin);
        await AgeAsync();
        await hub.SweepAsync(TimeSpan.Zero);
        Assert.Equal(weights, await hub.Ada.ReadFileAsync(fork, "own.bin"));
        await hub.RequireCleanAsync();

        await DeleteAsync(fork);
        await AgeAsync();
        await hub.SweepAsync(TimeSpan.Zero);
        Assert.Null(await hub.Get<IBlobStore>().FindSizeAsync(Digest.Parse(Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(weights))), default));
        await hub.RequireCleanAsync();
    }

    [Fact]
    public async Task Sweeping_keeps_what_only_one_of_the_readers_leads_to()
    {
        var origin = await FillAsync();
        var fork = await ForkAsync(hub.Ada, origin, $"ada/{hub.Fresh("fork")}");
        await hub.Ada.SendAsync(HttpMethod.Post, $"{TestActor.Api(origin)}/super-squash/main", new { message = "one" });
        await AgeAsync();

        await hub.SweepAsync(TimeSpan.Zero);

        Assert.Equal(4, (await hub.Ada.GetJsonAsync($"{TestActor.Api(fork)}/commits/main")).AsArray().Count);
        await hub.RequireCleanAsync();
    }

    [Fact]
    public async Task Deriving_one_anew_leaves_the_others_as_they_are()
    {
        var origin = await FillAsync();
        var fork = await ForkAsync(hub.Ada, origin, $"ada/{hub.Fresh("fork")}");
        await hub.Ada.CommitTextAsync(fork, "mine.txt", "mine");
        await hub.Ada.CommitTextAsync(origin, "theirs.txt", "theirs");
        await hub.SettleAsync();
        var before = await hub.DumpDerivedAsync();

        await hub.ReindexAsync();

        Assert.Equal(before, await hub.DumpDerivedAsync());
        await hub.RequireCleanAsync();
    }

    [Fact]
    public async Task Dropped_history_of_the_origin_is_not_answered_for()
    {
        var origin = await FillAsync();
        var secret = await hub.Ada.CommitTextAsync(origin, "secret.txt", $"secret {origin}");
        await hub.Ada.CommitAsync(origin, TestActor.Delete("secret.txt"));
        await hub.Ada.SendAsync(HttpMethod.Post, $"{TestActor.Api(origin)}/super-squash/main", new { message = "one" });

        var fork = await ForkAsync(hub.Ada, origin, $"ada/{hub.Fresh("fork")}");

        Assert.Equal(HttpStatusCode.OK, (await hub.Ada.ResolveAsync(origin, "secret.txt", secret)).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await hub.Ada.ResolveAsync(fork, "secret.txt", secret)).StatusCode);
    }

    [Fact]
    public async Task A_private_repository_is_forked_by_its_readers_only_and_stays_private()
    {
        var origin = await FillAsync(isPrivate: true);
        var eve = await hub.JoinAsync();
        Assert.Equal(HttpStatusCode.NotFound, (await TryForkAsync(eve, origin, $"{eve.Handle}/a")).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await TryForkAsync(hub.Nobody, origin, "nobody/a")).StatusCode);
        await hub.Ada.SendAsync(HttpMethod.Put, $"/api/zoo/models/{origin}/collaborators/{eve.Handle}", new { access = "read" });

        Assert.Equal(HttpStatusCode.Forbidden, (await TryForkAsync(eve, origin, $"{eve.Handle}/a", isPrivate: false)).StatusCode);
        var fork = await ForkAsync(eve, origin, $"{eve.Handle}/{hub.Fresh("fork")}");

        Assert.True((await eve.GetJsonAsync(TestActor.Api(fork)))["private"]!.GetValue<bool>());
        Assert.Equal(HttpStatusCode.Unauthorized, (await hub.Nobody.GetAsync(TestActor.Api(fork))).StatusCode);
    }

    [Fact]
    public async Task A_name_that_is_taken_is_refused_with_its_url()
    {
        var origin = await FillAsync();

        var refused = await TryForkAsync(hub.Ada, origin, origin);

        Assert.Equal(HttpStatusCode.Conflict, refused.StatusCode);
        Assert.Equal($"{hub.Url}/{origin}", JsonNode.Parse(await refused.Content.ReadAsStringAsync())!["url"]!.GetValue<string>());
        Assert.Equal(HttpStatusCode.Forbidden, (await TryForkAsync(await hub.JoinAsync(), origin, "ada/x")).StatusCode);
        Assert.Equal(HttpStatusCode.BadRequest, (await TryForkAsync(hub.Ada, origin, "ada/a--b")).StatusCode);
    }

    [Fact]
    public async Task Forks_and_commits_and_sweeps_may_come_at_once()
    {
        var origin = await FillAsync();
        var work = Enumerable.Range(0, 6).Select(async i =>
        {
            for (var n = 0; n < 4; n++)
            {
                await hub.Ada.CommitTextAsync(origin, $"f{i}.txt", $"{n}");
                await ForkAsync(hub.Ada, origin, $"ada/{hub.Fresh("many")}");
            }
        }).ToList();
        while (work.Any(task => !task.IsCompleted)) await hub.SweepAsync(TimeSpan.FromMinutes(1));
        await Task.WhenAll(work);
        await hub.SettleAsync();
        await hub.RequireCleanAsync();
    }

    async Task<string> FillAsync(bool isPrivate = false)
    {
        var repo = await hub.Ada.CreateAsync(isPrivate: isPrivate);
        await hub.Ada.CommitTextAsync(repo, "README.md", "---\nlicense: mit\n---\nWords.\n");
        await hub.Ada.CommitLargeAsync(repo, "model.safetensors", Upkeep.Safetensors(1000));
        await hub.Ada.SendAsync(HttpMethod.Post, $"{TestActor.Api(repo)}/tag/main", new { tag = "v1", message = "first" });
        await hub.Ada.CommitTextAsync(repo, "a/b.txt", $"of {repo}");
        await hub.SettleAsync();
        return repo;
    }

    static async Task<string> ForkAsync(TestActor actor, string origin, string to)
    {
        var made = await TestActor.ReadAsync(await TryForkAsync(actor, origin, to));
        Assert.EndsWith("/" + to, made["url"]!.GetValue<string>());
        return to;
    }

    static Task<HttpResponseMessage> TryForkAsync(TestActor actor, string origin, string to, bool? isPrivate = null) =>
        actor.SendAsync(HttpMethod.Post, $"{TestActor.Api(origin)}/duplicate", isPrivate is null ? new { repository = to } : new { repository = to, @private = isPrivate });

    async Task DeleteAsync(string repo) =>
        await TestActor.ReadAsync(await hub.Ada.SendAsync(HttpMethod.Delete, "/api/repos/delete", new { name = repo.Split('/')[1], organization = "ada" }));

    static async Task<string> RefsAsync(TestActor actor, string repo) => (await actor.GetJsonAsync($"{TestActor.Api(repo)}/refs")).ToJsonString();

    async Task<(long Objects, long Commits, long Blobs)> CountAsync()
    {
        var database = hub.Get<HubDatabase>();
        return (await database.FindAsync<long>("select count(*) from git_object", null, default),
            await database.FindAsync<long>("select count(*) from git_commit", null, default),
            await database.FindAsync<long>("select count(*) from blob", null, default));
    }

    /// <summary>Makes everything old enough to be swept.</summary>
    Task<int> AgeAsync() => hub.Get<HubDatabase>().WriteAsync(async transaction =>
    {
        await transaction.ExecuteAsync("update blob set touched_at = 0, stored_at = 0", null, default);
        await transaction.ExecuteAsync("update blob_grant set granted_at = 0", null, default);
        await transaction.ExecuteAsync("update blob_link set linked_at = 0", null, default);
        return await transaction.ExecuteAsync("update git_object set stored_at = 0", null, default);
    }, default);
}

public sealed class ForkTests_Sqlite(SqliteHub hub) : ForkTests(hub), IClassFixture<SqliteHub>;

public sealed class ForkTests_Postgres(PostgresHub hub) : ForkTests(hub), IClassFixture<PostgresHub>;
