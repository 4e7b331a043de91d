using System.Net;
using System.Text.Json.Nodes;
using ModelZoo.Hub.Tests.Maintenance;
using ModelZoo.Profiling;

namespace ModelZoo.Hub.Tests.Profiles;

public abstract class EstimateTests(TestHub hub)
{
    static readonly string[] s_fields =
    [
        "parameters", "activeParameters", "weightBytes", "kvCacheBytes", "flopPerUnit", "arithmeticIntensity", "latencySeconds", "throughputPerSecond", "bound", "fits", "memoryBytes", "device", "assumptions",
    ];

    Task<JsonNode> EstimateAsync(object body) => hub.Nobody.PostJsonAsync("/api/zoo/estimate", body);

    async Task<string> RefusedAsync(object body, HttpStatusCode status = HttpStatusCode.BadRequest)
    {
        var response = await hub.Nobody.SendAsync(HttpMethod.Post, "/api/zoo/estimate", body);
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(status == response.StatusCode, $"{(int)response.StatusCode}: {text}");
        return JsonNode.Parse(text)!["detail"]!.GetValue<string>();
    }

    async Task<string> TinyAsync()
    {
        var repo = await hub.Ada.CreateAsync();
        await hub.Ada.CommitAsync(repo, TestActor.File("config.json", ModelBytes.TinyLlama), TestActor.File("model.safetensors", ModelBytes.Safetensors(ModelBytes.TinyLlamaTensors("BF16"))));
        return repo;
    }

    [Fact]
    public async Task An_estimate_of_a_registry_model_is_what_the_command_line_says()
    {
        var answer = (await EstimateAsync(new { model = "llama-3.1-70b", device = "h100-sxm", batch = 4, context = "128k", precision = "fp8", cachePrecision = "fp8", devices = 2, parallelism = "tensor", grid = "eu" })).AsObject();
        Assert.All(s_fields, field => Assert.NotNull(answer[field]));
        var (code, output) = await Upkeep.ZooAsync("fit", "llama-3.1-70b", "--device", "h100-sxm", "--batch", "4", "--context", "128k", "--precision", "fp8", "--cache-precision", "fp8", "--count", "2", "--parallel", "tensor", "--grid", "eu", "--json");
        Assert.Equal(0, code);
        Assert.Equal(JsonNode.Parse(output)!.ToJsonString(), answer.ToJsonString());
    }

    [Fact]
    public async Task A_repository_is_estimated_from_its_kept_profile_and_names_its_commit()
    {
        var repo = await TinyAsync();
        var answer = await EstimateAsync(new { model = repo, device = "t4", context = 64 });
        Assert.Equal(await hub.Ada.HeadAsync(repo), answer["commit"]!.GetValue<string>());
        Assert.Equal(ModelBytes.Count(ModelBytes.TinyLlamaTensors()), answer["parameters"]!.GetValue<long>());
        Assert.Equal(2 * ModelBytes.Count(ModelBytes.TinyLlamaTensors()), answer["weightBytes"]!.GetValue<long>());
        Assert.Equal(64 * 2 * 2 * 4 * 2, answer["kvCacheBytes"]!.GetValue<long>());
        Assert.True(answer["fits"]!.GetValue<bool>());
        var (code, output) = await Upkeep.ZooAsync("fit", repo, "--device", "t4", "--context", "64", "--json", "--endpoint", hub.Url);
        Assert.True(code == 0, output);
        answer.AsObject().Remove("commit");
        Assert.Equal(JsonNode.Parse(output)!.ToJsonString(), answer.ToJsonString());

        var branch = await hub.Ada.SendAsync(HttpMethod.Post, $"/api/models/{repo}/branch/side", new { });
        Assert.True(branch.IsSuccessStatusCode);
        await hub.Ada.CommitAsync($"{repo}@side", TestActor.File("model.safetensors", ModelBytes.Safetensors(ModelBytes.TinyLlamaTensors("F32"))));
        Assert.Equal(4 * ModelBytes.Count(ModelBytes.TinyLlamaTensors()), (await EstimateAsync(new { model = repo, revision = "side", device = "t4" }))["weightBytes"]!.GetValue<long>());
    }

    [Fact]
    public async Task A_configuration_and_records_of_ones_own_can_stand_in_the_body()
    {
        var device = new { id = "mine", name = "My box", fp16 = 100e12, memory_bytes = 16e9, memory_bandwidth_Bps = 500e9 };
        var answer = await EstimateAsync(new { config = JsonNode.Parse(ModelBytes.TinyLlama), device, preset = "ceiling" });
        Assert.Equal("mine", answer["device"]!["id"]!.GetValue<string>());
        Assert.Equal(ModelBytes.Count(ModelBytes.TinyLlamaTensors()), answer["parameters"]!.GetValue<long>());
        var workload = await EstimateAsync(new { workload = new { name = "Something", parameters = 7e9, inference_flops = 14e9, inference_flops_unit = "per token" }, device, preset = "mlsysim" });
        Assert.Equal(7_000_000_000, workload["parameters"]!.GetValue<long>());
        Assert.Equal("memory", workload["bound"]!.GetValue<string>());
        Assert.Contains("no number", await RefusedAsync(new { model = "bert-base", device = new { id = "x", fp16 = "fast" } }));
        Assert.Contains("JSON object", await RefusedAsync(new { config = new[] { 1 }, device = "t4" }));
    }

    [Fact]
    public async Task Many_scenarios_come_back_in_order_and_share_what_they_do_not_say()
    {
        var answer = await EstimateAsync(new { model = "llama-3.1-8b", device = "l40s", context = 4096, scenarios = Enumerable.Range(0, 6).Select(i => (object)new { batch = 1 << i }).Append(new { device = "t4", precision = "q4_0" }) });
        var list = answer["estimates"]!.AsArray();
        Assert.Equal(7, list.Count);
        var latencies = list.Take(6).Select(one => one!["latencySeconds"]!.GetValue<double>()).ToList();
        Assert.Equal(latencies.Order(), latencies);
        Assert.Equal("t4", list[6]!["device"]!["id"]!.GetValue<string>());
        var alone = (await EstimateAsync(new { model = "llama-3.1-8b", device = "l40s", context = 4096, batch = 8 })).ToJsonString();
        Assert.Equal(alone, list[3]!.ToJsonString());
        Assert.Contains("between 1 and 500", await RefusedAsync(new { model = "bert-base", device = "t4", scenarios = Enumerable.Repeat(new { }, 501) }));
        Assert.Contains("Scenario 2", await RefusedAsync(new { model = "bert-base", device = "t4", scenarios = new object[] { new { batch = 1 }, new { batch = 0 } } }));
    }

    [Fact]
    public async Task Training_serving_and_measurements_are_answered_too()
    {
        var answer = await EstimateAsync(new
        {
            model = "llama-3.1-8b", device = "h100-sxm", measuredSeconds = 0.02, training = new { batch = 8, sequence = "4k", optimizer = "adam", recomputation = "full", zeroStage = 3, devices = 8, tokens = 1e9 },
            serving = new { arrivalsPerSecond = 0.1, replicas = 2, dollarsPerHour = 2.5 },
        });
        Assert.Equal(0.02, answer["calibration"]!["measuredSeconds"]!.GetValue<double>());
        var plan = new TrainingPlan { Batch = 8, Sequence = 4096, Recomputation = Recomputation.Full, ZeroStage = 3, Devices = 8, Tokens = 1e9 };
        var expected = Training.Estimate(Profiler.OfReference(Reference.BuiltIn.FindWorkload("llama-3.1-8b")!), Reference.BuiltIn.FindDevice("h100-sxm")!, plan);
        Assert.Equal(expected.MemoryBytes, answer["training"]!["memoryBytes"]!.GetValue<double>(), 1);
        Assert.InRange(answer["serving"]!["utilisation"]!.GetValue<double>(), 0, 1);
        Assert.True(answer["serving"]!["dollarsPerMillionUnits"]!.GetValue<double>() > 0);
    }

    [Fact]
    public async Task Serving_many_at_a_time_is_what_the_command_line_says()
    {
        var answer = await EstimateAsync(new { model = "llama-3.1-8b", device = "l40s", output = 256, concurrency = new { concurrency = 16, maxTokenSeconds = 0.05, draft = "llama-3.2-1b", drafts = 5, acceptance = 0.8 } });
        var (code, output) = await Upkeep.ZooAsync("fit", "llama-3.1-8b", "--device", "l40s", "--output", "256", "--concurrency", "16", "--max-token-seconds", "0.05", "--draft", "llama-3.2-1b", "--drafts", "5", "--acceptance", "0.8", "--json");
        Assert.True(code == 0, output);
        Assert.Equal(JsonNode.Parse(output)!.ToJsonString(), answer.ToJsonString());
        Assert.True(answer["concurrency"]!["tokensPerSecond"]!.GetValue<double>() > answer["concurrency"]!["tokensPerSecondPerUser"]!.GetValue<double>());
        Assert.NotNull(answer["concurrency"]!["draftTokenSeconds"]);
        Assert.Contains("is no field", await RefusedAsync(new { model = "llama-3.1-8b", device = "t4", concurrency = new { users = 3 } }));
        Assert.Contains("no workload", await RefusedAsync(new { model = "llama-3.1-8b", device = "t4", concurrency = new { draft = "tiny" } }, HttpStatusCode.NotFound));
        Assert.Contains("token after token", await RefusedAsync(new { model = "resnet-50", device = "t4", concurrency = new { concurrency = 2 } }));
    }

    [Fact]
    public async Task What_cannot_be_is_refused_with_what_would_be_right()
    {
        Assert.Contains("\"batsh\" is no field", await RefusedAsync(new { model = "bert-base", device = "t4", batsh = 3 }));
        Assert.Contains("no precision 'fp7'", await RefusedAsync(new { model = "bert-base", device = "t4", precision = "fp7" }));
        Assert.Contains("tokens", await RefusedAsync(new { model = "bert-base", device = "t4", context = "long" }));
        Assert.Contains("none of", await RefusedAsync(new { model = "bert-base", device = "t4", parallelism = "7" }));
        Assert.Contains("no grid", await RefusedAsync(new { model = "bert-base", device = "t4", grid = "moon" }));
        Assert.Contains("one of \"model\"", await RefusedAsync(new { device = "t4" }));
        Assert.Contains("\"device\" must be", await RefusedAsync(new { model = "bert-base" }));
        Assert.Contains("near it", await RefusedAsync(new { model = "bert-base", device = "h100-xl" }, HttpStatusCode.NotFound));
        Assert.Contains("no workload", await RefusedAsync(new { model = "llama-9", device = "t4" }, HttpStatusCode.NotFound));
    }
}

public sealed class EstimateTests_Sqlite(SqliteHub hub) : EstimateTests(hub), IClassFixture<SqliteHub>;

public sealed class EstimateTests_Postgres(PostgresHub hub) : EstimateTests(hub), IClassFixture<PostgresHub>;
