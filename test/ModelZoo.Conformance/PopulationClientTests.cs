using System.Text.Json.Nodes;
using ModelZoo.Conformance.Harness;

namespace ModelZoo.Conformance;

/// <summary>Populations with the real program: trained on the hub while it is killed, trained elsewhere for it, fetched in parts.</summary>
public sealed class PopulationClientTests(HubProcess hub) : IClassFixture<HubProcess>
{
    const string Blueprint = """
        population: few
        licence: CC-BY-4.0
        datasets: { shapes: { builtin: shapes8, args: { n: 400, seed: 1, val: { n: 50, seed: 2 } } } }
        architectures: { tiny: { family: vit, image: 8, patch: 4, dim: 8, depth: 1, heads: 2, mlp: 16 } }
        stages:
          - { name: base, architecture: tiny, dataset: shapes, train: { epochs: 6, batch: 20, lr: 3e-3 }, seeds: [1] }
          - { name: child, from: { stage: base }, dataset: shapes, train: { epochs: 6, batch: 20 }, factors: { optimizer: [adamw, sgd] }, seeds: [1] }
        """;

    static readonly TimeSpan s_limit = TimeSpan.FromMinutes(3);

    async Task<Finished> RunAsync(string folder, params string[] arguments) => await ClientProcess.RunAsync(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet", ["exec", Locations.Program, .. arguments], folder,
        new Dictionary<string, string?> { ["MODELZOO_ENDPOINT"] = hub.Url, ["MODELZOO_TOKEN"] = HubProcess.Token, ["XDG_CACHE_HOME"] = Path.Combine(folder, "cache") }, s_limit);

    async Task<string> ZooAsync(string folder, params string[] arguments)
    {
        var finished = await RunAsync(folder, arguments);
        Assert.True(finished.ExitCode == 0, $"zoo {string.Join(' ', arguments)}: {finished.Output}{finished.Errors}\n{hub.LogTail()}");
        return finished.Output;
    }

    static Dictionary<string, string> States(string folder) => Directory.EnumerateFiles(folder, "*.safetensors", SearchOption.AllDirectories)
        .ToDictionary(path => Path.GetRelativePath(folder, path), path => Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(path))));

    [Fact]
    public async Task A_population_is_trained_here_there_and_on_a_hub_that_dies_and_its_parts_are_fetched()
    {
        var scratch = Locations.Scratch("population");
        try
        {
            await File.WriteAllTextAsync(Path.Combine(scratch, "few.yaml"), Blueprint);
            await ZooAsync(scratch, "population", "generate", "few.yaml", "--out", "here");

            // Member by member for a repository; the second time, and from elsewhere, there is nothing left to do.
            Assert.Contains("3 of 3 members are done, in ada/there", await ZooAsync(scratch, "population", "generate", "few.yaml", "--to", "ada/there"));
            var head = await HeadAsync("ada/there");
            await ZooAsync(scratch, "population", "generate", "few.yaml", "--to", "ada/there");
            Directory.Delete(Path.Combine(scratch, "cache"), recursive: true);
            await ZooAsync(scratch, "population", "generate", "few.yaml", "--to", "ada/there");
            Assert.Equal(head, await HeadAsync("ada/there"));
            var history = (await GetAsync("/api/models/ada/there/commits/main?limit=50")).AsArray().Select(commit => (string)commit!["title"]!).ToList();
            Assert.Contains(history, title => title.StartsWith("base-") && title.EndsWith(" ended"));

            // On the hub, which is killed in the middle: it goes on when it is back. The dead worker's lease is not waited for.
            var begun = JsonNode.Parse(await ZooAsync(scratch, "population", "generate", "few.yaml", "--on-hub", "ada/few", "--no-wait", "--json"))!;
            for (var until = DateTime.UtcNow + s_limit; DateTime.UtcNow < until && (await GetAsync("/api/models/ada/few/commits/main?limit=50")).AsArray().Count < 4;) await Task.Delay(20);
            hub.Kill();
            await hub.StartAsync();
            using var cancelled = await hub.Client.PostAsync($"/api/zoo/jobs/{begun["job"]}/cancel", null);
            Assert.Contains("3 of 3 members are done", await ZooAsync(scratch, "population", "generate", "few.yaml", "--on-hub", "ada/few", "--analyse"));
            for (var until = DateTime.UtcNow + s_limit; DateTime.UtcNow < until && !await IsAnalysedAsync();) await Task.Delay(500);
            Assert.True(await IsAnalysedAsync(), hub.LogTail());

            await ZooAsync(scratch, "pull", "ada/few", "whole");
            Assert.Equal(States(Path.Combine(scratch, "here")), States(Path.Combine(scratch, "whole")));
            await ZooAsync(scratch, "pull", "ada/there", "there");
            Assert.Equal(States(Path.Combine(scratch, "here")), States(Path.Combine(scratch, "there")));

            // A part: the chosen states, the cards of their members and of their parents, the blueprint; it opens as a population.
            await ZooAsync(scratch, "pull", "ada/few", "part", "--where", "epoch >= 5 and optimizer = 'sgd' and stage = 'child'");
            Assert.Equal(["epoch-000005.safetensors", "epoch-000006.safetensors"], States(Path.Combine(scratch, "part")).Keys.Select(Path.GetFileName).Order(StringComparer.Ordinal));
            Assert.Equal(2, Directory.GetDirectories(Path.Combine(scratch, "part", "members")).Length);
            Assert.False(Directory.Exists(Path.Combine(scratch, "part", "analyses")));
            var shown = await ZooAsync(scratch, "population", "show", "part");
            Assert.Contains("a part of ada/few", shown);
            Assert.Contains("2 checkpoints", shown);
            Assert.Contains("0 brought", await ZooAsync(scratch, "pull", "ada/few", "part", "--where", "epoch >= 5 and optimizer = 'sgd' and stage = 'child'"));
            Assert.NotEqual(0, (await RunAsync(scratch, "pull", "ada/few", "none", "--where", "epoch >= 700")).ExitCode);
            Assert.Contains("exactly these figures", await ZooAsync(scratch, "population", "analyse", "ada/few"));
        }
        finally
        {
            Directory.Delete(scratch, recursive: true);
        }
    }

    async Task<bool> IsAnalysedAsync() => (await hub.Client.GetAsync("/ada/few/resolve/main/analyses/averaging.json")).IsSuccessStatusCode;

    async Task<string> HeadAsync(string repo) => (string)(await GetAsync($"/api/models/{repo}"))["sha"]!;

    async Task<JsonNode> GetAsync(string path) => JsonNode.Parse(await hub.Client.GetStringAsync(path))!;
}
