using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using ModelZoo.Hub.Database;
using ModelZoo.Hub.Jobs;
using ModelZoo.Hub.Tests.Maintenance;

namespace ModelZoo.Hub.Tests.Profiles;

public abstract class ProfileTests(TestHub hub)
{
    Task<JsonNode> ProfileAsync(string repo, string query = "", TestActor? actor = null) => (actor ?? hub.Ada).GetJsonAsync($"/api/models/{repo}/profile{query}");

    async Task<string> TinyAsync(string dtype = "F32", bool large = true, bool isPrivate = false)
    {
        var repo = await hub.Ada.CreateAsync(isPrivate: isPrivate);
        await hub.Ada.CommitTextAsync(repo, "config.json", ModelBytes.TinyLlama);
        var weights = ModelBytes.Safetensors(ModelBytes.TinyLlamaTensors(dtype));
        if (large) await hub.Ada.CommitLargeAsync(repo, "model.safetensors", weights);
        else await hub.Ada.CommitAsync(repo, TestActor.File("model.safetensors", weights));
        return repo;
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_pushed_model_has_a_profile_from_its_headers(bool large)
    {
        var repo = await TinyAsync(large: large);
        var profile = await ProfileAsync(repo);
        Assert.Equal("ready", profile["state"]!.GetValue<string>());
        Assert.Equal(await hub.Ada.HeadAsync(repo), profile["commit"]!.GetValue<string>());
        Assert.Equal(repo, profile["name"]!.GetValue<string>());
        Assert.Equal(ModelBytes.Count(ModelBytes.TinyLlamaTensors()), profile["parameters"]!["value"]!.GetValue<long>());
        Assert.Equal("header", profile["parameters"]!["origin"]!.GetValue<string>());
        Assert.True(profile["verified"]!.GetValue<bool>(), profile.ToJsonString());
        Assert.Equal("llama", profile["modelType"]!.GetValue<string>());
        Assert.Empty(profile["defects"]!.AsArray());

        await hub.SettleAsync();
        var info = await hub.Nobody.GetJsonAsync($"/api/models/{repo}");
        Assert.Equal(ModelBytes.Count(ModelBytes.TinyLlamaTensors()), info["safetensors"]!["total"]!.GetValue<long>());
        Assert.Equal(info["safetensors"]!["total"]!.GetValue<long>(), info["safetensors"]!["parameters"]!["F32"]!.GetValue<long>());
    }

    [Fact]
    public async Task A_model_that_is_stored_in_chunks_only_is_profiled_too()
    {
        var sender = new Xet.XetSender(hub.Ada, await hub.Ada.CreateAsync());
        var (start, size) = ModelBytes.Header([("first", "F32", [300_000]), ("second", "F16", [7, 11])]);
        await sender.UploadAsync("model.safetensors", [.. start, .. Xet.XetSender.Random((int)size - start.Length, 5)]);
        var profile = await ProfileAsync(sender.Repo, "?tensors=1");
        Assert.Equal(300_077, profile["parameters"]!["value"]!.GetValue<long>());
        Assert.Equal(["first", "second"], profile["tensorTable"]!["items"]!.AsArray().Select(item => item!["name"]!.GetValue<string>()));
    }

    [Fact]
    public async Task Our_command_line_says_of_a_repository_what_it_says_of_the_folder()
    {
        var repo = await TinyAsync();
        var folder = Directory.CreateTempSubdirectory("zoo-profile-");
        try
        {
            File.WriteAllText(Path.Combine(folder.FullName, "config.json"), ModelBytes.TinyLlama);
            File.WriteAllBytes(Path.Combine(folder.FullName, "model.safetensors"), ModelBytes.Safetensors(ModelBytes.TinyLlamaTensors()));
            foreach (var line in (string[][])[["profile"], ["fit", "--device", "rtx-4090", "--batch", "3", "--context", "64", "--precision", "q8_0", "--grid", "eu"]])
            {
                var there = await JsonAsync([line[0], repo, .. line[1..], "--json", "--endpoint", hub.Url, "--token", TestHub.AdministratorToken]);
                var here = await JsonAsync([line[0], folder.FullName, .. line[1..], "--json"]);
                foreach (var field in (string[])["name", "model"])
                {
                    there.AsObject().Remove(field);
                    here.AsObject().Remove(field);
                }
                Assert.Equal(here.ToJsonString(), there.ToJsonString());
            }
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    static async Task<JsonNode> JsonAsync(string[] line)
    {
        var (code, output) = await Upkeep.ZooAsync(line);
        Assert.True(code == 0, output);
        return JsonNode.Parse(output)!;
    }

    [Fact]
    public async Task A_commit_that_touches_only_the_card_keeps_the_profile_and_reads_nothing()
    {
        var repo = await TinyAsync();
        await hub.SettleAsync();
        var before = await RowsAsync(repo);
        var head = await hub.Ada.CommitTextAsync(repo, "README.md", "---\nlicense: mit\n---\nanother card");
        Assert.Equal(head, (await hub.Get<HubDatabase>().FindAsync<string>("select commit_id from weight_summary where repository_id = @id", new { id = await IdAsync(repo) }, default)));
        Assert.Equal(head, (await ProfileAsync(repo))["commit"]!.GetValue<string>());
        await hub.SettleAsync();
        Assert.Equal(before, await RowsAsync(repo));
        Assert.NotNull((await hub.Nobody.GetJsonAsync($"/api/models/{repo}"))["safetensors"]);
    }

    async Task<long> IdAsync(string repo) => Convert.ToInt64((await hub.Ada.GetJsonAsync($"/api/models/{repo}"))["_id"]!.GetValue<string>(), 16);

    async Task<string> RowsAsync(string repo) => string.Join('\n', await hub.Get<HubDatabase>().ListAsync<string>(
        "select digest || ' ' || state || ' ' || cast(made_at as text) from model_profile where repository_id = @id order by 1", new { id = await IdAsync(repo) }, default));

    [Fact]
    public async Task Older_revisions_are_profiled_when_somebody_looks()
    {
        var repo = await TinyAsync();
        var old = await hub.Ada.HeadAsync(repo);
        await hub.Ada.CommitAsync(repo, TestActor.File("model.safetensors", ModelBytes.Safetensors([("w", "F16", [3, 5])])), TestActor.Delete("config.json"));
        await hub.SettleAsync();
        await hub.Get<HubDatabase>().ExecuteAsync("delete from model_profile where repository_id = @id", new { id = await IdAsync(repo) }, default);
        Assert.Equal(15, (await ProfileAsync(repo))["parameters"]!["value"]!.GetValue<long>());
        Assert.Equal(ModelBytes.Count(ModelBytes.TinyLlamaTensors()), (await ProfileAsync(repo, $"?revision={old}"))["parameters"]!["value"]!.GetValue<long>());
        Assert.Equal(HttpStatusCode.NotFound, (await hub.Ada.GetAsync($"/api/models/{repo}/profile?revision=nowhere")).StatusCode);
    }

    [Fact]
    public async Task A_broken_file_is_named_with_its_defect_and_the_rest_is_served()
    {
        var repo = await hub.Ada.CreateAsync();
        var lying = ModelBytes.Safetensors([("w", "F32", [4])]);
        Encoding.ASCII.GetBytes("99").CopyTo(lying, lying.AsSpan().IndexOf("16]"u8));
        await hub.Ada.CommitAsync(repo, TestActor.File("model.safetensors", lying), TestActor.File("README.md", "still here"));
        var profile = await ProfileAsync(repo);
        Assert.Equal("failed", profile["state"]!.GetValue<string>());
        Assert.StartsWith("model.safetensors: ", profile["reason"]!.GetValue<string>());
        await hub.SettleAsync();
        Assert.Null((await hub.Nobody.GetJsonAsync($"/api/models/{repo}"))["safetensors"]);
        Assert.Equal("still here", Encoding.UTF8.GetString(await hub.Nobody.ReadFileAsync(repo, "README.md")));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await hub.Ada.SendAsync(HttpMethod.Post, "/api/zoo/estimate", new { model = repo, device = "t4" })).StatusCode);

        // The configuration alone still tells, and the defect is said beside it.
        await hub.Ada.CommitTextAsync(repo, "config.json", ModelBytes.TinyLlama);
        profile = await ProfileAsync(repo);
        Assert.Equal("ready", profile["state"]!.GetValue<string>());
        Assert.Equal("config", profile["parameters"]!["origin"]!.GetValue<string>());
        Assert.StartsWith("model.safetensors: ", profile["defects"]![0]!.GetValue<string>());

        await hub.Ada.CommitAsync(repo, TestActor.File("model.safetensors", ModelBytes.Safetensors(ModelBytes.TinyLlamaTensors())));
        Assert.Equal("header", (await ProfileAsync(repo))["parameters"]!["origin"]!.GetValue<string>());
    }

    [Fact]
    public async Task A_repository_without_weights_says_so()
    {
        var repo = await hub.Ada.CreateAsync();
        await hub.Ada.CommitTextAsync(repo, "README.md", "words");
        var profile = await ProfileAsync(repo);
        Assert.Equal("failed", profile["state"]!.GetValue<string>());
        Assert.Contains("no weight file", profile["reason"]!.GetValue<string>());
        await hub.SettleAsync();
        Assert.Equal("failed", (await ProfileAsync(repo))["state"]!.GetValue<string>());
    }

    [Fact]
    public async Task Tensors_come_in_pages_and_can_be_searched()
    {
        var repo = await TinyAsync();
        var page = (await ProfileAsync(repo, "?tensors=1&limit=5&offset=2"))["tensorTable"]!;
        var all = ModelBytes.TinyLlamaTensors();
        Assert.Equal(all.Count, page["total"]!.GetValue<int>());
        Assert.Equal(5, page["items"]!.AsArray().Count);
        var first = page["items"]![0]!;
        Assert.Equal("F32", first["dtype"]!.GetValue<string>());
        Assert.Equal("model.safetensors", first["file"]!.GetValue<string>());
        var found = (await ProfileAsync(repo, "?tensors=1&search=Q_PROJ"))["tensorTable"]!;
        Assert.Equal(2, found["matched"]!.GetValue<int>());
        Assert.Equal([8, 8], found["items"]![0]!["shape"]!.AsArray().Select(n => n!.GetValue<int>()));
        Assert.Equal(HttpStatusCode.BadRequest, (await hub.Ada.GetAsync($"/api/models/{repo}/profile?tensors=1&offset=-1")).StatusCode);
    }

    [Fact]
    public async Task A_private_model_has_a_profile_for_its_readers_only()
    {
        var repo = await TinyAsync(isPrivate: true);
        Assert.Equal("ready", (await ProfileAsync(repo))["state"]!.GetValue<string>());
        var stranger = await hub.JoinAsync();
        foreach (var (actor, status) in new[] { (hub.Nobody, HttpStatusCode.Unauthorized), (stranger, HttpStatusCode.NotFound) })
        {
            foreach (var path in (string[])["/api/models/{0}/profile", "/api/zoo/tensor-diff?left={0}"])
            {
                var (hidden, missing) = (await actor.GetAsync(string.Format(null, path, repo)), await actor.GetAsync(string.Format(null, path, "ada/never-was")));
                Assert.Equal((status, status), (hidden.StatusCode, missing.StatusCode));
            }
            var (one, other) = (await actor.SendAsync(HttpMethod.Post, "/api/zoo/estimate", new { model = repo, device = "t4" }), await actor.SendAsync(HttpMethod.Post, "/api/zoo/estimate", new { model = "ada/never-was", device = "t4" }));
            Assert.Equal((status, status), (one.StatusCode, other.StatusCode));
            Assert.Equal(Detail(await other.Content.ReadAsStringAsync()), Detail(await one.Content.ReadAsStringAsync()));
        }

        static string? Detail(string problem) => JsonNode.Parse(problem)!["detail"]?.GetValue<string>();
    }

    [Fact]
    public async Task A_fork_has_the_profile_at_once_and_a_deleted_repository_leaves_none()
    {
        var repo = await TinyAsync();
        await hub.SettleAsync();
        var eve = await hub.JoinAsync();
        var fork = $"{eve.Handle}/{hub.Fresh("fork")}";
        await TestActor.ReadAsync(await eve.SendAsync(HttpMethod.Post, $"/api/models/{repo}/duplicate", new { repository = fork }));
        // One row: that of the head.
        Assert.Contains(await RowsAsync(fork), (await RowsAsync(repo)).Split('\n'));
        Assert.Equal(fork, (await ProfileAsync(fork))["name"]!.GetValue<string>());
        var id = await IdAsync(fork);
        await eve.SendAsync(HttpMethod.Delete, "/api/repos/delete", new { name = fork, type = "model" });
        Assert.Equal(0, await hub.Get<HubDatabase>().FindAsync<long>("select count(*) from model_profile where repository_id = @id", new { id }, default));
    }

    [Fact]
    public async Task A_profile_of_older_rules_is_made_anew()
    {
        var repo = await TinyAsync();
        await hub.SettleAsync();
        var id = await IdAsync(repo);
        var database = hub.Get<HubDatabase>();
        await database.ExecuteAsync("update model_profile set version = 0, profile_json = 'old' where repository_id = @id", new { id }, default);
        await database.ExecuteAsync("update weight_summary set version = null, footprint_bytes = null where repository_id = @id", new { id }, default);
        Assert.Equal("ready", (await ProfileAsync(repo))["state"]!.GetValue<string>());
        await hub.App.Services.GetServices<IChore>().OfType<Hub.Profiles.OutdatedProfiles>().Single().RunAsync(default);
        await hub.SettleAsync();
        Assert.NotNull(await database.FindAsync<double?>("select footprint_bytes from weight_summary where repository_id = @id", new { id }, default));
    }

    [Fact]
    public async Task A_kept_profile_that_cannot_be_read_is_made_anew()
    {
        var repo = await TinyAsync();
        await hub.SettleAsync();
        await hub.Get<HubDatabase>().ExecuteAsync("update model_profile set profile_json = '[', made_at = made_at + 1 where repository_id = @id", new { id = await IdAsync(repo) }, default);
        var profile = await ProfileAsync(repo);
        Assert.Equal("ready", profile["state"]!.GetValue<string>());
        Assert.Equal(ModelBytes.Count(ModelBytes.TinyLlamaTensors()), profile["parameters"]!["value"]!.GetValue<long>());
    }

    [Fact]
    public async Task Commits_and_looks_at_the_same_time_end_with_the_newest_profile()
    {
        var repo = await TinyAsync();
        await Task.WhenAll(Enumerable.Range(1, 12).Select(async i =>
        {
            if (i % 3 == 0) await ProfileAsync(repo);
            else await hub.Ada.CommitAsync(repo, TestActor.File("model.safetensors", ModelBytes.Safetensors([("w", "F32", [i, 7])])), TestActor.File($"f{i}.txt", $"{i}"));
        }));
        await hub.SettleAsync();
        var profile = await ProfileAsync(repo);
        Assert.Equal(await hub.Ada.HeadAsync(repo), profile["commit"]!.GetValue<string>());
        var size = (await hub.Ada.ReadFileAsync(repo, "model.safetensors")).Length;
        var count = Enumerable.Range(1, 12).First(i => ModelBytes.Safetensors([("w", "F32", [i, 7])]).Length == size) * 7;
        Assert.Equal(count, profile["tensors"]!.GetValue<int>() * profile["parameters"]!["value"]!.GetValue<long>());
        Assert.Equal(count, (await hub.Nobody.GetJsonAsync($"/api/models/{repo}"))["safetensors"]!["total"]!.GetValue<long>());
    }

    [Fact]
    public async Task Only_models_have_profiles()
    {
        var data = $"{await hub.Ada.CreateAsync(type: "dataset")}";
        Assert.Equal(HttpStatusCode.NotFound, (await hub.Ada.GetAsync($"/api/models/{data}/profile")).StatusCode);
    }
}

public sealed class ProfileTests_Sqlite(SqliteHub hub) : ProfileTests(hub), IClassFixture<SqliteHub>;

public sealed class ProfileTests_Postgres(PostgresHub hub) : ProfileTests(hub), IClassFixture<PostgresHub>;
