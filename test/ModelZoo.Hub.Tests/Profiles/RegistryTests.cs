using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using ModelZoo.Profiling;

namespace ModelZoo.Hub.Tests.Profiles;

public abstract class RegistryTests(TestHub hub)
{
    const string MyDevices = """
        id,name,fp16,memory_bytes,memory_bandwidth_Bps
        box,The box under my desk,100000000000000,17179869184,500000000000
        crumb,A crumb,1000000000,600000000,1000000000
        bad id,Spaces,1,1,1
        """;

    static string Encoded(string id) => Uri.EscapeDataString(id);

    async Task<List<string>> IdsAsync(TestActor actor, string path) => [.. (await actor.GetJsonAsync(path)).AsArray().Select(item => item!["id"]!.GetValue<string>())];

    [Fact]
    public async Task The_registry_is_listed_and_read_by_anybody()
    {
        var devices = await IdsAsync(hub.Nobody, "/api/zoo/devices");
        Assert.Superset(Reference.BuiltIn.Devices.Select(device => device.Id).ToHashSet(), devices.ToHashSet());
        Assert.Equal(["h100-sxm"], (await IdsAsync(hub.Nobody, "/api/zoo/devices?q=h100-sxm")));
        Assert.Equal("NVIDIA H100 SXM 80GB", (await hub.Nobody.GetJsonAsync("/api/zoo/devices/h100-sxm"))["name"]!.GetValue<string>());
        Assert.Contains("llama-3.1-70b", await IdsAsync(hub.Nobody, "/api/zoo/workloads?q=llama"));
        Assert.Equal(70_553_706_496, (await hub.Nobody.GetJsonAsync("/api/zoo/workloads/llama-3.1-70b"))["profile"]!["parameters"]!["value"]!.GetValue<long>());
        Assert.Equal(HttpStatusCode.NotFound, (await hub.Nobody.GetAsync("/api/zoo/devices/h1000")).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await hub.Nobody.GetAsync("/api/zoo/workloads/x")).StatusCode);
    }

    [Fact]
    public async Task A_file_in_a_repository_adds_devices_for_those_who_may_read_it()
    {
        var repo = await hub.Ada.CreateAsync(isPrivate: true);
        await hub.Ada.CommitTextAsync(repo, "modelzoo/devices.csv", MyDevices);
        var id = $"{repo}:box";
        var device = await hub.Ada.GetJsonAsync($"/api/zoo/devices/{Encoded(id)}");
        Assert.Equal(id, device["id"]!.GetValue<string>());
        Assert.Equal("declared", device["confidence"]!.GetValue<string>());
        Assert.Contains(id, await IdsAsync(hub.Ada, "/api/zoo/devices"));
        Assert.Equal(id, (await hub.Ada.PostJsonAsync("/api/zoo/estimate", new { model = "llama-3.1-8b", device = id }))["device"]!["id"]!.GetValue<string>());
        var own = await hub.Ada.GetJsonAsync($"/api/zoo/models/{repo}/devices");
        Assert.Equal(2, own["items"]!.AsArray().Count);
        Assert.Contains("Row 3", own["problem"]!.GetValue<string>());

        var stranger = await hub.JoinAsync();
        Assert.DoesNotContain(id, await IdsAsync(stranger, "/api/zoo/devices"));
        foreach (var path in (string[])[$"/api/zoo/devices/{Encoded(id)}", $"/api/zoo/devices/{Encoded(id)}/models", $"/api/models?fits={Encoded(id)}"])
        {
            var (hidden, missing) = (await stranger.GetAsync(path), await stranger.GetAsync(path.Replace(repo.Split('/')[1], "never-was")));
            Assert.True(hidden.StatusCode is HttpStatusCode.NotFound or HttpStatusCode.BadRequest, $"{path} {hidden.StatusCode}");
            Assert.Equal(missing.StatusCode, hidden.StatusCode);
        }

        var renamed = repo + "-2";
        await hub.Ada.PostJsonAsync("/api/repos/move", new { fromRepo = repo, toRepo = renamed, type = "model" });
        Assert.Equal($"{renamed}:box", (await hub.Ada.GetJsonAsync($"/api/zoo/devices/{Encoded($"{renamed}:box")}"))["id"]!.GetValue<string>());
        await hub.Ada.CommitAsync(renamed, TestActor.Delete("modelzoo/devices.csv"));
        Assert.Equal(HttpStatusCode.NotFound, (await hub.Ada.GetAsync($"/api/zoo/devices/{Encoded($"{renamed}:box")}")).StatusCode);
    }

    [Theory]
    [InlineData("devices.csv", "id,name\nx,a,b\n", "has 3 fields")]
    [InlineData("devices.csv", "id,\"name\nx", "never closed")]
    [InlineData("devices.json", "[{\"id\":", "not valid JSON")]
    [InlineData("devices.json", "[{\"name\":\"no id\"}]", "needs an 'id'")]
    [InlineData("devices.json", "[{\"id\":\"a\"},{\"id\":\"a\"}]", "twice")]
    [InlineData("workloads.json", "{\"id\":\"w\",\"configuration\":\"{\"}", "no JSON")]
    [InlineData("workloads.csv", "id,configuration\nw,\"{\"\"model_type\"\":\"\"\\ud800\"\"}\"\n", "not Unicode")]
    [InlineData("devices.json", "{\"id\":\"d\",\"name\":\"\\ud800\"}", "Unicode")]
    [InlineData("workloads.json", "{\"id\":\"w\",\"configuration\":{\"model_type\":\"llama\",\"num_hidden_layers\":-1}}", "Row 1")]
    public async Task A_bad_file_is_told_and_breaks_no_commit(string file, string content, string words)
    {
        var data = $"datasets/{await hub.Ada.CreateAsync(type: "dataset")}";
        await hub.Ada.CommitTextAsync(data, $"modelzoo/{file}", content);
        var own = await hub.Ada.GetJsonAsync($"/api/zoo/{data}/{file.Split('.')[0]}");
        Assert.Contains(words, own["problem"]!.GetValue<string>());
        Assert.Equal($"modelzoo/{file}", own["path"]!.GetValue<string>());
        Assert.Equal(content, Encoding.UTF8.GetString(await hub.Ada.ReadFileAsync(data, $"modelzoo/{file}")));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("id,name\r\nother,\"Another, with a comma\"\r\n")]
    public async Task By_the_api_a_device_is_a_commit(string? csv)
    {
        var data = $"datasets/{await hub.Ada.CreateAsync(type: "dataset")}";
        if (csv is not null) await hub.Ada.CommitTextAsync(data, "modelzoo/devices.csv", csv);
        var put = await TestActor.ReadAsync(await hub.Ada.SendAsync(HttpMethod.Put, $"/api/zoo/{data}/devices/box", new { name = "The box", fp16 = 1e14, memory_bytes = 17179869184, memory_bandwidth_Bps = 5e11 }));
        Assert.Equal(await hub.Ada.HeadAsync(data), put["commit"]!.GetValue<string>());
        var file = Encoding.UTF8.GetString(await hub.Ada.ReadFileAsync(data, csv is null ? "modelzoo/devices.json" : "modelzoo/devices.csv"));
        Assert.Contains("17179869184", file);
        if (csv is not null) Assert.Contains("\"Another, with a comma\"", file);
        Assert.Equal(17179869184, (await hub.Nobody.GetJsonAsync($"/api/zoo/devices/{Encoded($"{data}:box")}"))["memoryBytes"]!.GetValue<long>());
        await TestActor.ReadAsync(await hub.Ada.SendAsync(HttpMethod.Put, $"/api/zoo/{data}/devices/box", new { name = "A bigger box", memory_bytes = 2e10 }));
        Assert.Equal("A bigger box", (await hub.Nobody.GetJsonAsync($"/api/zoo/devices/{Encoded($"{data}:box")}"))["name"]!.GetValue<string>());
        Assert.Equal(HttpStatusCode.BadRequest, (await hub.Ada.SendAsync(HttpMethod.Put, $"/api/zoo/{data}/devices/box", new { memory_bytes = "plenty" })).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await (await hub.JoinAsync()).SendAsync(HttpMethod.Put, $"/api/zoo/{data}/devices/box", new { name = "Mine now" })).StatusCode);
        await TestActor.ReadAsync(await hub.Ada.SendAsync(HttpMethod.Delete, $"/api/zoo/{data}/devices/box"));
        Assert.Equal(HttpStatusCode.NotFound, (await hub.Nobody.GetAsync($"/api/zoo/devices/{Encoded($"{data}:box")}")).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await hub.Ada.SendAsync(HttpMethod.Delete, $"/api/zoo/{data}/devices/box")).StatusCode);
    }

    [Fact]
    public async Task A_workload_of_a_repository_can_be_estimated()
    {
        var repo = await hub.Ada.CreateAsync();
        await hub.Ada.CommitTextAsync(repo, "modelzoo/workloads.json", $$"""{"id":"tiny","name":"Tiny","configuration":{{ModelBytes.TinyLlama}}}""");
        var answer = await hub.Nobody.PostJsonAsync("/api/zoo/estimate", new { model = $"{repo}:tiny", device = "t4" });
        Assert.Equal(ModelBytes.Count(ModelBytes.TinyLlamaTensors()), answer["parameters"]!.GetValue<long>());
        Assert.Equal("Tiny", (await hub.Nobody.GetJsonAsync($"/api/zoo/workloads/{Encoded($"{repo}:tiny")}"))["name"]!.GetValue<string>());
    }

    [Fact]
    public async Task The_filter_says_fits_where_the_estimate_does()
    {
        var stem = hub.Fresh("fitting");
        var repos = new List<string>();
        foreach (var parameters in (double[])[1e6, 3e8, 8e9, 70e9])
        {
            // A configuration alone is enough to know what a model needs.
            var repo = await hub.Ada.CreateAsync(hub.Fresh(stem));
            var hidden = (long)Math.Sqrt(parameters / 32);
            await hub.Ada.CommitTextAsync(repo, "config.json", JsonNode.Parse(ModelBytes.TinyLlama)!.AsObject() is var config && Set(config, hidden) ? config.ToJsonString() : "");
            repos.Add(repo);
        }
        repos.Add(await hub.Ada.CreateAsync(hub.Fresh(stem)));     // nobody knows what this one needs
        await hub.SettleAsync();
        var shown = new HashSet<int>();
        foreach (var device in Reference.BuiltIn.Devices.Select(device => device.Id))
        {
            var listed = await IdsAsync(hub.Nobody, $"/api/models?search={stem}&fits={device}");
            var estimated = new List<string>();
            foreach (var repo in repos[..4])
                if ((await hub.Nobody.PostJsonAsync("/api/zoo/estimate", new { model = repo, device }))["fits"]?.GetValue<bool>() == true) estimated.Add(repo);
            Assert.True(estimated.Order().SequenceEqual(listed.Order()), $"{device}: estimates say {string.Join(", ", estimated)}, the filter {string.Join(", ", listed)}");
            shown.Add(listed.Count);
        }
        Assert.True(shown.Count >= 3, string.Join(", ", shown));

        var page = await hub.Nobody.GetJsonAsync($"/api/zoo/devices/h100-sxm/models?search={stem}&limit=2");
        Assert.Equal(2, page["items"]!.AsArray().Count);
        var first = page["items"]![0]!;
        var estimate = await hub.Nobody.PostJsonAsync("/api/zoo/estimate", new { model = first["id"]!.GetValue<string>(), device = "h100-sxm" });
        Assert.Equal(estimate["memoryBytes"]!.GetValue<double>(), first["memoryBytes"]!.GetValue<double>(), 1.0);
        Assert.Equal(estimate["verdict"]!["headroomBytes"]!.GetValue<double>(), first["headroomBytes"]!.GetValue<double>(), 1.0);
        var next = await hub.Nobody.GetJsonAsync($"/api/zoo/devices/h100-sxm/models?search={stem}&limit=2&cursor={Encoded(page["nextCursor"]!.GetValue<string>())}");
        Assert.Equal(page["total"]!.GetValue<int>(), 2 + next["items"]!.AsArray().Count);
        Assert.Equal(HttpStatusCode.BadRequest, (await hub.Nobody.GetAsync("/api/models?fits=abacus")).StatusCode);

        static bool Set(JsonObject config, long hidden)
        {
            (config["num_hidden_layers"], config["hidden_size"], config["intermediate_size"], config["vocab_size"]) = (2, hidden, 4 * hidden, 32);
            return true;
        }
    }

    [Fact]
    public async Task Two_models_and_two_revisions_are_compared_tensor_by_tensor()
    {
        var repo = await hub.Ada.CreateAsync();
        var old = await hub.Ada.CommitAsync(repo, TestActor.File("model.safetensors", ModelBytes.Safetensors([("a", "F32", [2, 3]), ("b", "F32", [4]), ("c", "F32", [5])])));
        await hub.Ada.CommitAsync(repo, TestActor.File("model.safetensors", ModelBytes.Safetensors([("a", "F32", [3, 2]), ("b", "F32", [4]), ("d", "F16", [7])])));
        var diff = await hub.Nobody.GetJsonAsync($"/api/zoo/tensor-diff?left={repo}&leftRevision={old}");
        Assert.Equal((1, 1, 1, 1, 2), (diff["same"]!.GetValue<int>(), diff["added"]!["count"]!.GetValue<int>(), diff["removed"]!["count"]!.GetValue<int>(), diff["changed"]!["count"]!.GetValue<int>(), diff["parameterChange"]!.GetValue<int>()));
        Assert.Equal("d", diff["added"]!["items"]![0]!["name"]!.GetValue<string>());
        var other = await hub.Ada.CreateAsync();
        await hub.Ada.CommitAsync(other, TestActor.File("pytorch_model.safetensors", ModelBytes.Safetensors([("b", "F32", [4])])));
        Assert.Equal(2, (await hub.Nobody.GetJsonAsync($"/api/zoo/tensor-diff?left={other}&right={repo}"))["added"]!["count"]!.GetValue<int>());
        var bare = await hub.Ada.CreateAsync();
        await hub.Ada.CommitTextAsync(bare, "config.json", ModelBytes.TinyLlama);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await hub.Nobody.GetAsync($"/api/zoo/tensor-diff?left={bare}&right={repo}")).StatusCode);
        Assert.Equal(HttpStatusCode.BadRequest, (await hub.Nobody.GetAsync("/api/zoo/tensor-diff")).StatusCode);
    }
}

public sealed class RegistryTests_Sqlite(SqliteHub hub) : RegistryTests(hub), IClassFixture<SqliteHub>;

public sealed class RegistryTests_Postgres(PostgresHub hub) : RegistryTests(hub), IClassFixture<PostgresHub>;
