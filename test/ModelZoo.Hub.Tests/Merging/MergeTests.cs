using System.Net;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using ModelZoo.Hub.Jobs;
using ModelZoo.Hub.Populations.Merging;
using ModelZoo.Hub.Tests.Community;
using ModelZoo.Hub.Tests.Evaluations;
using ModelZoo.Hub.Tests.Maintenance;
using ModelZoo.Tests.Client;
using ModelZoo.Tests.Conversion;
using ModelZoo.Weights;

namespace ModelZoo.Hub.Tests.Merging;

/// <summary>Soups and merges of repositories, asked for and read over HTTP.</summary>
public abstract class MergeTests(TestHub hub)
{
    internal static float[] Numbers(int seed, int count, float[]? around = null)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(i => around is null ? (float)random.NextDouble() - 0.5f : around[i] + 0.05f * ((float)random.NextDouble() - 0.5f))];
    }

    static readonly float[] s_start = Numbers(0, 40_000);

    internal static byte[] File(params (string Name, float[] Values)[] tensors)
    {
        using var file = new MemoryStream();
        SafetensorsWriter.WriteAsync(file, tensors.Select(tensor =>
        {
            var bytes = MemoryMarshal.AsBytes(tensor.Values.AsSpan()).ToArray();
            return new TensorContent(tensor.Name, DType.F32, [tensor.Values.Length], new MemoryByteSource(bytes), 0, bytes.Length);
        }), new Dictionary<string, string>(), default).GetAwaiter().GetResult();
        return file.ToArray();
    }

    async Task<string> ModelAsync(TestActor owner, byte[] weights, bool isPrivate = false)
    {
        var repo = await owner.CreateAsync(isPrivate: isPrivate);
        await owner.CommitLargeAsync(repo, "model.safetensors", weights);
        await owner.CommitAsync(repo, TestActor.File("config.json", """{ "model_type": "toy" }"""), TestActor.File("tokenizer.json", "{}"));
        return repo;
    }

    /// <summary>A model near all others made so.</summary>
    Task<string> SiblingAsync(TestActor owner, int seed, bool isPrivate = false) => ModelAsync(owner, File(("layers.0.w", Numbers(seed, 40_000, s_start)), ("norm.w", [seed, 1, 2])), isPrivate);

    internal static Task<HttpResponseMessage> AskAsync(TestActor who, object wish) => who.SendAsync(HttpMethod.Post, "/api/zoo/merges", wish);

    /// <summary>Asks, waits for the end, and says what the job became.</summary>
    internal static async Task<string> MergeAsync(TestActor who, object wish)
    {
        var begun = await AskAsync(who, wish);
        var id = (await TestActor.ReadAsync(begun))["id"]!.GetValue<string>();
        Assert.Equal(HttpStatusCode.Accepted, begun.StatusCode);
        for (var i = 0; i < 1200; i++)
        {
            var job = await who.GetJsonAsync($"/api/zoo/jobs/{id}");
            if (job["state"]!.GetValue<string>() is "done" or "failed") return $"{job["state"]} {job["message"]}";
            await Task.Delay(25);
        }
        throw new TimeoutException("The merge did not end.");
    }

    static async Task<Dictionary<string, byte[]>> TensorsAsync(TestActor who, string repo, string revision = "main")
    {
        using var folder = new TemporaryFolder();
        await System.IO.File.WriteAllBytesAsync(folder["x"], await who.ReadFileAsync(repo, "model.safetensors", revision));
        return await Converted.ContentAsync(folder["x"]);
    }

    static async Task<JsonNode> RecipeAsync(TestActor who, string repo) => JsonNode.Parse(await who.ReadFileAsync(repo, "merge.json"))!;

    [Fact]
    public async Task Two_repositories_become_a_soup_with_lineage_and_recipe()
    {
        var eve = await hub.JoinAsync();
        var (one, two) = (await SiblingAsync(hub.Ada, 1), await SiblingAsync(hub.Ada, 2));
        var (first, target) = (await hub.Ada.HeadAsync(one), $"{eve.Handle}/{hub.Fresh("soup")}");
        var said = await MergeAsync(eve, new { sources = new[] { $"{one}@main", two }, target });
        Assert.StartsWith($"done {target} has the merge at commit ", said);
        Assert.EndsWith($"{await eve.HeadAsync(target)}.", said);

        var (a, b) = (Numbers(1, 40_000, s_start), Numbers(2, 40_000, s_start));
        var soup = await TensorsAsync(hub.Nobody, target);
        Assert.Equal(Enumerable.Range(0, 40_000).Select(i => (float)(((double)a[i] + b[i]) / 2)), Converted.Floats(soup["layers.0.w"]));
        Assert.Equal([1.5f, 1, 2], Converted.Floats(soup["norm.w"]));
        var recipe = await RecipeAsync(eve, target);
        Assert.Equal(("soup", "uniform", one, first), (recipe["kind"]!.GetValue<string>(), recipe["method"]!.GetValue<string>(), recipe["inputs"]![0]!["repository"]!.GetValue<string>(), recipe["inputs"]![0]!["commit"]!.GetValue<string>()));
        var file = File(("layers.0.w", a), ("norm.w", [1, 1, 2]));
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(file)), recipe["inputs"]![0]!["files"]![0]!["sha256"]!.GetValue<string>());
        Assert.Equal("can be averaged", recipe["advice"]![0]!["verdict"]!.GetValue<string>());
        var card = Encoding.UTF8.GetString(await eve.ReadFileAsync(target, "README.md"));
        Assert.StartsWith($"---\nbase_model:\n- {one}\n- {two}\nbase_model_relation: merge\n", card);
        Assert.Contains(first, card);
        Assert.Equal("""{ "model_type": "toy" }""", Encoding.UTF8.GetString(await eve.ReadFileAsync(target, "config.json")));
        var card2 = (await eve.GetJsonAsync($"/api/models/{target}"))["cardData"]!;
        Assert.Equal("merge", card2["base_model_relation"]!.GetValue<string>());
        await hub.RequireCleanAsync();
    }

    [Fact]
    public async Task A_job_that_runs_again_finds_what_it_did()
    {
        var (one, two) = (await SiblingAsync(hub.Ada, 3), await SiblingAsync(hub.Ada, 4));
        var target = $"{hub.Ada.Handle}/{hub.Fresh("again")}";
        var begun = await TestActor.ReadAsync(await AskAsync(hub.Ada, new { sources = new[] { one, two }, target }));
        await hub.SettleAsync();
        var head = await hub.Ada.HeadAsync(target);
        Assert.True(Kernel.Ids.TryFromWire(begun["id"]!.GetValue<string>(), out var id));
        var job = (await hub.Get<JobStore>().FindAsync(id, default))!;
        var handler = hub.App.Services.GetServices<IJobHandler>().OfType<MergeJob>().Single();
        Assert.Equal($"{target} has the merge at commit {head}.", await handler.RunAsync(job.Payload, new JobRun(job), default));
        Assert.Equal(head, await hub.Ada.HeadAsync(target));
        // Another job, stopped at once, leaves nothing; and then does all of it.
        var other = job with { Id = job.Id + 1, Payload = job.Payload.Replace(target.Split('/')[1], target.Split('/')[1] + "b") };
        using var stopped = new CancellationTokenSource();
        await stopped.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => handler.RunAsync(other.Payload, new JobRun(other), stopped.Token));
        Assert.Equal(HttpStatusCode.NotFound, (await hub.Ada.GetAsync($"/api/models/{target}b")).StatusCode);
        Assert.StartsWith($"{target}b has the merge", await handler.RunAsync(other.Payload, new JobRun(other), default));
    }

    [Theory]
    [InlineData("weighted", "")]
    [InlineData("ema", "{\"beta\":0.5}")]
    [InlineData("wise-ft", "{\"alpha\":0.25}")]
    [InlineData("task_arithmetic", "{\"lambda\":0.5}")]
    [InlineData("slerp", "{\"t\":0.25}")]
    [InlineData("ties", "{\"density\":0.3}")]
    [InlineData("dare_ties", "{\"density\":0.5}")]
    [InlineData("dare_linear", "{\"density\":0.5,\"l1\":true}")]
    [InlineData("breadcrumbs", "{\"density\":0.6}")]
    [InlineData("della", "{\"density\":0.5}")]
    [InlineData("model_stock", "")]
    [InlineData("karcher", "")]
    public async Task Every_method_merges_and_the_same_wish_gives_the_same_bytes(string method, string parameters)
    {
        var (a, b, origin) = (await SiblingAsync(hub.Ada, 5), await SiblingAsync(hub.Ada, 6), await SiblingAsync(hub.Ada, 7));
        var needsBase = method is not ("weighted" or "ema" or "slerp" or "karcher");
        var results = new List<byte[]>();
        for (var i = 0; i < 2; i++)
        {
            var target = $"{hub.Ada.Handle}/{hub.Fresh("merged")}";
            var wish = new JsonObject { ["sources"] = method == "wise-ft" ? new JsonArray(a) : new JsonArray(a, b), ["method"] = method, ["target"] = target, ["seed"] = 9 };
            if (needsBase) wish["base"] = origin;
            if (parameters.Length > 0) wish["parameters"] = JsonNode.Parse(parameters);
            if (method == "weighted") wish["weights"] = new JsonArray(3, 1);
            Assert.StartsWith("done", await MergeAsync(hub.Ada, wish));
            results.Add(await hub.Ada.ReadFileAsync(target, "model.safetensors"));
            Assert.Equal(needsBase ? origin : null, (await RecipeAsync(hub.Ada, target))["base"]?["repository"]!.GetValue<string>());
        }
        Assert.Equal(results[0], results[1]);
        using var folder = new TemporaryFolder();
        await System.IO.File.WriteAllBytesAsync(folder["x"], results[0]);
        var norm = Converted.Floats((await Converted.ContentAsync(folder["x"]))["norm.w"]).ToArray();
        if (method == "weighted") Assert.Equal((5 * 3 + 6) / 4f, norm[0]);
        if (method == "wise-ft") Assert.Equal(0.75f * 7 + 0.25f * 5, norm[0]);
        if (method == "task_arithmetic") Assert.Equal(7 + 0.5f * (-2 - 1), norm[0]);
        if (method == "ema") Assert.Equal(5.5f, norm[0]);
        Assert.Equal((1f, 2f), method is "slerp" or "karcher" ? (1f, 2f) : (norm[1], norm[2]));
    }

    [Fact]
    public async Task A_configuration_of_mergekit_is_followed_and_kept()
    {
        var (a, b, origin) = (await SiblingAsync(hub.Ada, 8), await SiblingAsync(hub.Ada, 9), await SiblingAsync(hub.Ada, 10));
        var target = $"{hub.Ada.Handle}/{hub.Fresh("kit")}";
        var configuration = $"merge_method: task_arithmetic\nbase_model: {origin}\nmodels:\n- model: {a}\n  parameters: {{ weight: 0.25 }}\n- model: {{ model: {{ path: {b}, revision: main }} }}\n  parameters: {{ weight: 0.5 }}\ndtype: float16\ntokenizer_source: union\n";
        Assert.StartsWith("done", await MergeAsync(hub.Ada, new { configuration, target }));
        var norm = (await TensorsAsync(hub.Ada, target))["norm.w"];
        Assert.Equal((float)(10 + 0.25 * -2 + 0.5 * -1), (float)MemoryMarshal.Cast<byte, Half>(norm)[0]);
        var recipe = await RecipeAsync(hub.Ada, target);
        Assert.Equal((configuration, await hub.Ada.HeadAsync(b)), (recipe["configuration"]!.GetValue<string>(), recipe["inputs"]![1]!["commit"]!.GetValue<string>()));
        await hub.Ada.CommitTextAsync(b, "tokenizer.json", "{ }");
        Assert.Contains("tokenizer_source: union", await MergeAsync(hub.Ada, new { configuration, target = target + "x" }));
        await Talk.RefusedAsync(HttpStatusCode.BadRequest, await AskAsync(hub.Ada, new { configuration = "merge_method: stir\nmodels: [{model: a/b}]", target }), "line 1");
        await Talk.RefusedAsync(HttpStatusCode.BadRequest, await AskAsync(hub.Ada, new { configuration, sources = new[] { a }, target }), "says itself");
    }

    [Fact]
    public async Task It_goes_into_a_branch_or_a_pull_request_and_leaves_what_people_wrote()
    {
        var eve = await hub.JoinAsync();
        var (a, b) = (await SiblingAsync(hub.Ada, 11), await SiblingAsync(hub.Ada, 12));
        await hub.Ada.CommitTextAsync(a, "README.md", "Mine.");
        var head = await hub.Ada.HeadAsync(a);
        Assert.StartsWith("done", await MergeAsync(hub.Ada, new { sources = new[] { a, b }, target = a, branch = "soup" }));
        Assert.Equal(head, await hub.Ada.HeadAsync(a));
        Assert.Equal("Mine.", Encoding.UTF8.GetString(await hub.Ada.ReadFileAsync(a, "README.md", "soup")));
        Assert.Equal(11.5f, Converted.Floats((await TensorsAsync(hub.Ada, a, "soup"))["norm.w"]).First());
        Assert.Equal($"done Pull request 1 of {a} has the merge.", await MergeAsync(eve, new { sources = new[] { a, b }, target = a, pullRequest = true }));
        Assert.Equal(11.5f, Converted.Floats((await TensorsAsync(eve, a, "refs/pr/1"))["norm.w"]).First());
        await Talk.RefusedAsync(HttpStatusCode.Forbidden, await AskAsync(eve, new { sources = new[] { a, b }, target = a }), "write");
    }

    [Fact]
    public async Task Only_what_one_may_read_is_merged_and_private_models_stay_private()
    {
        var eve = await hub.JoinAsync();
        var (open, hidden, own) = (await SiblingAsync(hub.Ada, 13), await SiblingAsync(hub.Ada, 14, isPrivate: true), await SiblingAsync(eve, 15, isPrivate: true));
        var target = $"{eve.Handle}/{hub.Fresh("p")}";
        var refused = await AskAsync(eve, new { sources = new[] { open, hidden }, target });
        var missing = await AskAsync(eve, new { sources = new[] { open, "ada/nothing-here" }, target });
        Assert.Equal((HttpStatusCode.NotFound, await DetailAsync(missing)), (refused.StatusCode, await DetailAsync(refused)));
        Assert.Equal(HttpStatusCode.NotFound, (await eve.SendAsync(HttpMethod.Post, "/api/zoo/merges/check", new { sources = new[] { open, hidden } })).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await AskAsync(hub.Nobody, new { sources = new[] { open, open }, target })).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await AskAsync(await hub.JoinAsync(eve.Handle, Hub.Accounts.CredentialRole.Read), new { sources = new[] { open }, target })).StatusCode);
        Assert.StartsWith("done", await MergeAsync(eve, new { sources = new[] { open, own }, target }));
        Assert.Equal(HttpStatusCode.Unauthorized, (await hub.Nobody.GetAsync($"/api/models/{target}")).StatusCode);
        await Talk.RefusedAsync(HttpStatusCode.NotFound, await AskAsync(eve, new { sources = new[] { open, own }, target = "ada/not-mine" }), "not found");
        // Somebody who was let in to read does not publish.
        await hub.Get<Hub.Repositories.CollaboratorStore>().SetAsync((await FindAsync(hidden)).Id, (await hub.Get<Hub.Accounts.AccountStore>().FindAsync(eve.Handle, default))!, "read", default);
        await Talk.RefusedAsync(HttpStatusCode.Forbidden, await AskAsync(eve, new { sources = new[] { open, hidden }, target = $"{eve.Handle}/{hub.Fresh("q")}", @private = false }), "publish");
    }

    static async Task<string> DetailAsync(HttpResponseMessage answer) => JsonNode.Parse(await answer.Content.ReadAsStringAsync())!["detail"]!.GetValue<string>();

    async Task<Hub.Repositories.Repository> FindAsync(string name) =>
        (await hub.Get<Hub.Repositories.RepositoryStore>().FindAsync(Hub.Repositories.RepositoryKind.Model, name.Split('/')[0], name.Split('/')[1], null, default))!.Value.Item1;

    [Fact]
    public async Task What_cannot_be_merged_is_refused_by_name()
    {
        var a = await SiblingAsync(hub.Ada, 16);
        var stranger = await ModelAsync(hub.Ada, File(("layers.0.w", Numbers(99, 40_000)), ("norm.w", [1f, 1, 2])));
        var short_ = await ModelAsync(hub.Ada, File(("layers.0.w", Numbers(1, 300)), ("norm.w", [1f, 1, 2])));
        var none = await ModelAsync(hub.Ada, File(("layers.0.w", [.. Numbers(1, 39_999, s_start), float.NaN]), ("norm.w", [1f, 1, 2])));
        var infinite = await ModelAsync(hub.Ada, File(("layers.0.w", Numbers(1, 40_000, s_start)), ("norm.w", [1f, float.PositiveInfinity, 2])));
        var (target, empty) = ($"{hub.Ada.Handle}/{hub.Fresh("bad")}", await hub.Ada.CreateAsync());
        foreach (var (other, words) in ((string, string)[])[(stranger, "cannot be averaged"), (short_, "different names or shapes"), (none, "'layers.0.w'"), (infinite, "at 1"), (empty, "no file of weights")])
        {
            var said = await MergeAsync(hub.Ada, new { sources = new[] { a, other }, target });
            Assert.StartsWith("failed", said);
            Assert.Contains(words, said);
        }
        Assert.Contains("[40000] in", await MergeAsync(hub.Ada, new { sources = new[] { a, short_ }, target, force = true }));
        Assert.Equal(HttpStatusCode.NotFound, (await hub.Ada.GetAsync($"/api/models/{target}")).StatusCode);
        Assert.StartsWith("done", await MergeAsync(hub.Ada, new { sources = new[] { a, short_ }, target, force = true, skipMismatch = true }));
        Assert.StartsWith("done", await MergeAsync(hub.Ada, new { sources = new[] { a, stranger }, target, force = true }));
        await Talk.RefusedAsync(HttpStatusCode.BadRequest, await AskAsync(hub.Ada, new { sources = new[] { a, a }, target }), "named twice");
        await Talk.RefusedAsync(HttpStatusCode.BadRequest, await AskAsync(hub.Ada, new { sources = new[] { a }, method = "stir", target }), "is no method");
        await Talk.RefusedAsync(HttpStatusCode.BadRequest, await AskAsync(hub.Ada, new { sources = new[] { a }, method = "ties", target }), "\\u0022base\\u0022");
        await Talk.RefusedAsync(HttpStatusCode.BadRequest, await AskAsync(hub.Ada, new { sources = new[] { a }, parameters = new { density = 0.5 }, target }), "no parameter");
        await Talk.RefusedAsync(HttpStatusCode.BadRequest, await AskAsync(hub.Ada, new { sources = new[] { a }, madeof = 1, target }), "is no field");
        await Talk.RefusedAsync(HttpStatusCode.BadRequest, await AskAsync(hub.Ada, new { sources = new[] { a } }), "target");
        var check = await hub.Ada.PostJsonAsync("/api/zoo/merges/check", new { sources = new[] { a, stranger, await SiblingAsync(hub.Ada, 17) } });
        Assert.Equal("cannot be averaged", check["verdict"]!.GetValue<string>());
        Assert.Equal(["cannot be averaged", "can be averaged", "cannot be averaged"], check["pairs"]!.AsArray().Select(pair => pair!["verdict"]!.GetValue<string>()));
    }

    [Fact]
    public async Task Adapters_are_merged_by_their_products_alone()
    {
        async Task<string> AdapterAsync(int seed)
        {
            var repo = await hub.Ada.CreateAsync();
            using var file = new MemoryStream();
            await SafetensorsWriter.WriteAsync(file, [Content("base_model.model.m.lora_A.weight", [2, 3], Numbers(seed, 6)), Content("base_model.model.m.lora_B.weight", [4, 2], Numbers(seed + 50, 8))], new Dictionary<string, string>(), default);
            await hub.Ada.CommitLargeAsync(repo, "adapter_model.safetensors", file.ToArray());
            await hub.Ada.CommitTextAsync(repo, "adapter_config.json", """{ "peft_type": "LORA", "r": 2, "lora_alpha": 4, "target_modules": ["m"], "bias": "none" }""");
            return repo;
        }

        var (a, b) = (await AdapterAsync(1), await AdapterAsync(2));
        using var weights = new MemoryStream();
        await SafetensorsWriter.WriteAsync(weights, [Content("m.weight", [4, 3], Numbers(3, 12))], new Dictionary<string, string>(), default);
        var origin = await ModelAsync(hub.Ada, weights.ToArray());
        var target = $"{hub.Ada.Handle}/{hub.Fresh("lora")}";
        Assert.Contains("low-rank", await MergeAsync(hub.Ada, new { sources = new[] { a, b }, target, force = true }));
        Assert.StartsWith("done", await MergeAsync(hub.Ada, new { sources = new[] { a, b }, method = "lora", weights = new[] { 0.5, 0.25 }, target }));
        Assert.Equal(4, JsonNode.Parse(await hub.Ada.ReadFileAsync(target, "adapter_config.json"))!["r"]!.GetValue<int>());
        Assert.StartsWith("done", await MergeAsync(hub.Ada, new { sources = new[] { a, b }, method = "lora", @base = origin, weights = new[] { 0.5, 0.25 }, target = target + "b" }));
        var merged = Converted.Floats((await TensorsAsync(hub.Ada, target + "b"))["m.weight"]).ToArray();
        for (var o = 0; o < 4; o++)
            for (var i = 0; i < 3; i++)
            {
                double expected = Numbers(3, 12)[o * 3 + i];
                foreach (var (seed, weight) in new[] { (1, 0.5), (2, 0.25) })
                    for (var k = 0; k < 2; k++) expected += weight * 2 * Numbers(seed + 50, 8)[o * 2 + k] * Numbers(seed, 6)[k * 3 + i];
                Assert.Equal((float)expected, merged[o * 3 + i], 1e-6f);
            }

        static TensorContent Content(string name, long[] shape, float[] values)
        {
            var bytes = MemoryMarshal.AsBytes(values.AsSpan()).ToArray();
            return new(name, DType.F32, shape, new MemoryByteSource(bytes), 0, bytes.Length);
        }
    }

    [Fact]
    public async Task The_program_has_the_hub_do_it()
    {
        var (a, b) = (await SiblingAsync(hub.Ada, 20), await SiblingAsync(hub.Ada, 21));
        string[] hubs = ["--on-hub", "--endpoint", hub.Url, "--token", hub.Ada.Token!];
        var target = $"{hub.Ada.Handle}/{hub.Fresh("cli")}";
        var check = await ModelZoo.Tests.Populations.SmallPopulation.ZooAsync(["soup", a, b, "--check", .. hubs]);
        Assert.True(check.Code == 0, check.Error);
        Assert.EndsWith("can be averaged\n", check.Output.ReplaceLineEndings("\n"));
        var soup = await ModelZoo.Tests.Populations.SmallPopulation.ZooAsync(["soup", a, b, "--method", "weighted", "--weights", "3,1", "--to", target, "--private", .. hubs]);
        Assert.True(soup.Code == 0, soup.Error);
        Assert.StartsWith($"{target} has the merge at commit ", soup.Output);
        Assert.Equal(20.25f, Converted.Floats((await TensorsAsync(hub.Ada, target))["norm.w"]).First());
        Assert.Equal(HttpStatusCode.Unauthorized, (await hub.Nobody.GetAsync($"/api/models/{target}")).StatusCode);
        using var folder = new TemporaryFolder();
        await System.IO.File.WriteAllTextAsync(folder["merge.yaml"], $"merge_method: linear\nmodels:\n- model: {a}\n- model: {b}\n");
        var merge = await ModelZoo.Tests.Populations.SmallPopulation.ZooAsync(["merge", folder["merge.yaml"], "--to", target, "--pull-request", .. hubs]);
        Assert.True(merge.Code == 0, merge.Error);
        Assert.Equal($"Pull request 1 of {target} has the merge.\n", merge.Output.ReplaceLineEndings("\n"));
        var wrong = await ModelZoo.Tests.Populations.SmallPopulation.ZooAsync(["soup", a, b, .. hubs]);
        Assert.Equal(2, wrong.Code);
        Assert.Contains("--to owner/name", wrong.Error);
    }

    [Fact]
    public async Task A_merge_is_measured_on_what_its_sources_share()
    {
        var data = await MeasuredRepositories.QuestionsAsync(hub.Ada, 4);
        var (a, b) = (await SiblingAsync(hub.Ada, 18), await SiblingAsync(hub.Ada, 19));
        foreach (var repo in new[] { a, b }) await hub.Ada.CommitTextAsync(repo, ".eval_results/results.yaml", ScoreBench.Entry(data, "teller_questions", "0.5"));
        var target = $"{hub.Ada.Handle}/{hub.Fresh("measured")}";
        Assert.StartsWith("done", await MergeAsync(hub.Ada, new { sources = new[] { a, b }, target }));
        await hub.SettleAsync();
        var evaluation = Assert.Single((await hub.Ada.GetJsonAsync($"/api/zoo/evaluations?model={target}")).AsArray())!;
        Assert.Equal((data, "teller_questions"), (evaluation["benchmark"]!.GetValue<string>(), evaluation["task"]!.GetValue<string>()));
    }
}

public sealed class MergeTests_Sqlite(SqliteHub hub) : MergeTests(hub), IClassFixture<SqliteHub>;

public sealed class MergeTests_Postgres(PostgresHub hub) : MergeTests(hub), IClassFixture<PostgresHub>;
