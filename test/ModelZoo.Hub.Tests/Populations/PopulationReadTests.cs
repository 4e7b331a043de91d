using System.Net;
using static ModelZoo.Hub.Tests.Populations.Grown;

namespace ModelZoo.Hub.Tests.Populations;

/// <summary>What the API tells of a population.</summary>
public abstract class PopulationReadTests(TestHub hub)
{
    static string Where(string condition) => Uri.EscapeDataString(condition);

    [Fact]
    public async Task Members_states_and_lineage_are_told_and_chosen_by_conditions()
    {
        var repo = await hub.Ada.CreateAsync();
        await hub.Ada.GenerateAsync(repo, Blueprint());
        var at = $"/api/zoo/populations/{repo}";

        var whole = await hub.Nobody.GetJsonAsync(at);
        Assert.Equal(("tiny", "CC-BY-4.0", 3, 3, 0, 9), ((string)whole["population"]!, (string)whole["licence"]!, (int)whole["members"]!, (int)whole["done"]!, (int)whole["failed"]!, (int)whole["states"]!));
        Assert.Equal(["lr", "seed"], whole["factors"]!.AsArray().Select(factor => (string)factor!["name"]!).Order(StringComparer.Ordinal));

        var members = await hub.Nobody.GetJsonAsync($"{at}/members?where={Where("stage = 'child' and lr < 5e-3")}");
        var child = Assert.Single(members["members"]!.AsArray())!;
        Assert.Equal((1e-3, "done", 2), ((double)child["factors"]!["lr"]!, (string)child["status"]!, (int)child["epoch"]!));
        Assert.Equal([0, 1, 2], child["checkpoints"]!.AsArray().Select(epoch => (int)epoch!));
        Assert.Equal(32, (int)child["scores"]!["val"]!["n"]!);
        var early = Assert.Single((await hub.Nobody.GetJsonAsync($"{at}/members?where={Where("stage='child' and lr<5e-3 and epoch<=1")}"))["members"]!.AsArray())!;
        Assert.Equal(1, (int)early["epoch"]!);

        var sorted = await hub.Nobody.GetJsonAsync($"{at}/members?where={Where("stage='child'")}&sort=lr&order=asc&limit=5");
        Assert.Equal((2, 2), ((int)sorted["total"]!, sorted["members"]!.AsArray().Count));
        Assert.Equal([1e-3, 1e-2], sorted["members"]!.AsArray().Select(member => (double)member!["factors"]!["lr"]!));

        var one = await hub.Nobody.GetJsonAsync($"{at}/members/{child["id"]}");
        Assert.Equal(3, one["metrics"]!.AsArray().Count);
        Assert.Equal((string)child["id"]!, (string)one["card"]!["id"]!);
        Assert.Contains(one["files"]!.AsArray(), file => ((string)file!["path"]!).EndsWith("/checkpoints/epoch-000002.safetensors") && ((string)file["digest"]!).Length == 64);

        var states = await hub.Nobody.GetJsonAsync($"{at}/states?where={Where("epoch >= 2 and stage = 'child'")}&limit=1");
        Assert.Equal((2, 1), ((int)states["total"]!, states["states"]!.AsArray().Count));
        Assert.Equal(2, states["members"]!.AsArray().Count);
        var file = states["states"]![0]!;
        Assert.Equal((long)file["sizeBytes"]!, (await hub.Nobody.ReadFileAsync(repo, (string)file["path"]!)).Length);

        var lineage = await hub.Nobody.GetJsonAsync($"{at}/lineage");
        Assert.Equal((3, 2), (lineage["members"]!.AsArray().Count, lineage["edges"]!.AsArray().Count));
        Assert.All(lineage["edges"]!.AsArray(), edge => Assert.Equal(2, (int)edge!["parentEpoch"]!));
    }

    [Fact]
    public async Task Conditions_are_bounded_and_hostile_files_are_told_of_and_left_out()
    {
        var repo = await hub.Ada.CreateAsync();
        await hub.Ada.CommitAsync(repo,
            TestActor.File("population.json", "{\"population\": \"odd\", \"origin\": \"imported\"}"),
            TestActor.File("members/a/member.json", "{\"id\": \"a\", \"stage\": \"s\", \"factors\": {\"lr\": 1e999, \"deep\": [1, [2]]}, \"parent\": {\"member\": \"a\"}}"),
            TestActor.File("members/a/metrics.jsonl", "{\"epoch\": 0, \"train_loss\": 1e999, \"splits\": [{\"split\": \"val\", \"n\": 0}, {\"split\": \"val\", \"n\": 4, \"correct\": 2, \"loss\": 1e999}, 7]}\n{\"epoch\": 1, \"tor"),
            TestActor.File("members/a/checkpoints/epoch-000000.safetensors", "no weights"),
            TestActor.File("members/b/member.json", "{\"id\": \"somebody else\"}"),
            TestActor.File("members/c/member.json", "{ torn"));
        var at = $"/api/zoo/populations/{repo}";

        var whole = await hub.Ada.GetJsonAsync(at);
        Assert.Equal((1, 2), ((int)whole["members"]!, whole["remarks"]!.AsArray().Count));
        var only = Assert.Single((await hub.Ada.GetJsonAsync($"{at}/members"))["members"]!.AsArray())!;
        Assert.Null(only["trainLoss"]);
        Assert.Equal("1e999", (string?)only["factors"]!["lr"]);
        Assert.Equal(["a"], (await hub.Ada.GetJsonAsync($"{at}/states"))["members"]!.AsArray().Select(id => (string)id!));
        Assert.Single((await hub.Ada.GetJsonAsync($"{at}/lineage"))["edges"]!.AsArray());
        Assert.Single((await hub.Ada.GetJsonAsync($"{at}/members/a"))["metrics"]!.AsArray());

        foreach (var bad in (string[])["epoch >", new string('(', 100) + "epoch = 1", "a = 1 " + string.Concat(Enumerable.Repeat("and a = 1 ", 300)), "= =", "epoch ~ 1"])
            Assert.Equal(HttpStatusCode.BadRequest, (await hub.Ada.GetAsync($"{at}/members?where={Where(bad)}")).StatusCode);
        Assert.Equal(HttpStatusCode.BadRequest, (await hub.Ada.GetAsync($"{at}/members?order=up")).StatusCode);
        Assert.Equal(HttpStatusCode.BadRequest, (await hub.Ada.GetAsync($"{at}/states?offset=-1")).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await hub.Ada.GetAsync($"{at}/members/nobody")).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await hub.Ada.GetAsync($"/api/zoo/populations/{await hub.Ada.CreateAsync()}")).StatusCode);
    }
}

public sealed class PopulationReadTests_Sqlite(SqliteHub hub) : PopulationReadTests(hub), IClassFixture<SqliteHub>;
public sealed class PopulationReadTests_Postgres(PostgresHub hub) : PopulationReadTests(hub), IClassFixture<PostgresHub>;
