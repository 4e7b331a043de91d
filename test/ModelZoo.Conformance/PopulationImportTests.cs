using System.Text.Json.Nodes;
using ModelZoo.Conformance.Harness;

namespace ModelZoo.Conformance;

/// <summary>Zoos that go straight into a hub, and populations made of what lies on one, with the real program.</summary>
public sealed class PopulationImportTests(HubProcess hub) : IClassFixture<HubProcess>
{
    const string Blueprint = """
        population: seeds
        datasets: { shapes: { builtin: shapes8, args: { n: 100, seed: 1, val: { n: 20, seed: 2 } } } }
        architectures: { tiny: { family: vit, image: 8, patch: 4, dim: 8, depth: 1, heads: 2, mlp: 16 } }
        stages: [{ name: base, architecture: tiny, dataset: shapes, train: { epochs: 2, batch: 20, lr: 3e-3 }, seeds: [1, 2, 3] }]
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

    [Fact]
    public async Task A_zoo_goes_straight_into_a_hub_is_analysed_there_and_nothing_goes_twice()
    {
        var scratch = Locations.Scratch("import");
        try
        {
            await File.WriteAllTextAsync(Path.Combine(scratch, "seeds.yaml"), Blueprint);
            await ZooAsync(scratch, "population", "generate", "seeds.yaml", "--out", "made");
            await ZooAsync(scratch, "population", "export", "made", "--format", "ray", "--out", "ray");
            Assert.Contains("3 imported, 0 known, 9 checkpoints", await ZooAsync(scratch, "population", "import", "ray", "--to", "ada/zoo", "--name", "zoo", "--analyse"));
            // Weights are the hub's; only cards and metrics stay in the cache.
            Assert.Empty(Directory.GetFiles(Path.Combine(scratch, "cache"), "*.safetensors", SearchOption.AllDirectories));
            Assert.Contains("0 imported, 3 known, 0 checkpoints", await ZooAsync(scratch, "population", "import", "ray", "--to", "ada/zoo"));
            Directory.Delete(Path.Combine(scratch, "cache"), recursive: true);
            Assert.Contains("0 imported, 3 known, 0 checkpoints", await ZooAsync(scratch, "population", "import", "ray", "--to", "ada/zoo"));
            foreach (var analysis in (string[])["weights", "lineage"]) Assert.True((await hub.Client.GetAsync($"/ada/zoo/resolve/main/analyses/{analysis}.json")).IsSuccessStatusCode);
            Assert.Equal(3, (int)(await GetAsync("/api/zoo/populations/ada/zoo"))["members"]!);
            // A slip of the pen is told; a condition of the published kind works.
            Assert.Contains("No member knows 'epohc'", (await RunAsync(scratch, "pull", "ada/zoo", "none", "--where", "epohc >= 1")).Errors);
            await ZooAsync(scratch, "pull", "ada/zoo", "part", "--where", "epoch>=2 and optim='adamw'");
            Assert.Equal(3, Directory.GetFiles(Path.Combine(scratch, "part"), "*.safetensors", SearchOption.AllDirectories).Length);
            // Members share commits.
            Assert.InRange((await GetAsync("/api/models/ada/zoo/commits/main?limit=50")).AsArray().Count(commit => ((string)commit!["title"]!).EndsWith(" ended", StringComparison.Ordinal)), 1, 1);
        }
        finally
        {
            Directory.Delete(scratch, recursive: true);
        }
    }

    [Fact]
    public async Task Branches_and_repositories_become_members_by_their_names()
    {
        var scratch = Locations.Scratch("branches");
        try
        {
            await File.WriteAllTextAsync(Path.Combine(scratch, "seeds.yaml"), Blueprint);
            await ZooAsync(scratch, "population", "generate", "seeds.yaml", "--out", "made");
            var members = Directory.GetDirectories(Path.Combine(scratch, "made", "members")).Order(StringComparer.Ordinal).ToList();
            // Steps as branches of one repository; seeds and steps as repositories of an account.
            foreach (var (epoch, step) in ((int, string)[])[(0, "step0"), (1, "step1000"), (2, "step143000")])
            {
                Directory.CreateDirectory(Path.Combine(scratch, step));
                File.Copy(State(members[0], epoch), Path.Combine(scratch, step, "model.safetensors"));
                if (epoch > 0) await ZooAsync(scratch, "branch", "create", "ada/pythia", step);
                await ZooAsync(scratch, "push", step, epoch == 0 ? "ada/pythia" : $"ada/pythia@{step}");
            }
            foreach (var (seed, epoch, name) in ((int, int, string)[])[(0, 1, "20k"), (0, 2, "40k"), (1, 1, "20k")])
            {
                var folder = Path.Combine(scratch, $"s{seed}-{name}");
                Directory.CreateDirectory(folder);
                File.Copy(State(members[seed], epoch), Path.Combine(folder, "model.safetensors"));
                await ZooAsync(scratch, "push", folder, $"ada/berts-seed_{seed}-step_{name}");
            }
            Assert.Contains("1 members in the source: 1 imported, 0 known, 2 checkpoints", await ZooAsync(scratch, "population", "import", "ada/pythia", "--pattern", "step{step}/model.safetensors", "--out", "pythia"));
            Assert.Equal(["epoch-001000.safetensors", "epoch-143000.safetensors"], Directory.GetFiles(Path.Combine(scratch, "pythia"), "*.safetensors", SearchOption.AllDirectories).Select(Path.GetFileName).Order(StringComparer.Ordinal));
            Assert.Contains("2 members in the source: 2 imported, 0 known, 3 checkpoints", await ZooAsync(scratch, "population", "import", "ada/*", "--pattern", "berts-seed_{seed}-step_{step}/model.safetensors", "--name", "berts", "--to", "ada/berts-population"));
            var seeds = (await GetAsync("/api/zoo/populations/ada/berts-population/members?where=" + Uri.EscapeDataString("seed = 0 and epoch >= 20000")))["members"]!.AsArray();
            Assert.Single(seeds);
            // From one hub into another takes an address of its own; here both are the same.
            Assert.Contains("0 imported, 1 known", await ZooAsync(scratch, "population", "import", "ada/pythia", "--from-hub", hub.Url, "--pattern", "step{step}/model.safetensors", "--out", "pythia"));
        }
        finally
        {
            Directory.Delete(scratch, recursive: true);
        }
    }

    static string State(string member, int epoch) => Path.Combine(member, "checkpoints", $"epoch-{epoch:D6}.safetensors");

    async Task<JsonNode> GetAsync(string path) => JsonNode.Parse(await hub.Client.GetStringAsync(path))!;
}
