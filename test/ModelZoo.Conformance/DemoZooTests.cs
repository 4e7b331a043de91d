using System.Text.Json.Nodes;
using ModelZoo.Conformance.Harness;
using ModelZoo.Inference.Runtime;

namespace ModelZoo.Conformance;

/// <summary>The demo zoo measures itself, and what comes out is what the models' sources state.</summary>
public sealed class DemoZooTests : IAsyncLifetime
{
    static readonly TimeSpan s_limit = TimeSpan.FromMinutes(6);

    /// <summary>Model, task, metric, value, how far off it may be. From PROVENANCE.md of the models and their cards.</summary>
    static readonly (string Model, string Task, string Metric, double Value, double Off)[] s_stated =
    [
        ("mnist-cnn-cntk", "mnist_test", "acc", 0.9891, 1e-9),
        ("mnist-cnn-torch", "mnist_test", "acc", 0.9915, 1e-9),
        ("mnist-cnn-torch", "mnist_test", "nll", 0.030435, 1e-5),
        ("banking77-bert-mini", "banking77", "acc", 0.8948051948, 1e-9),
        ("banking77-bert-mini", "banking77", "nll", 0.471020, 1e-5),
        ("shakespeare-gpt2", "tinyshakespeare", "bits_per_byte", 2.316798, 1e-5),
        ("shakespeare-gpt2", "blimp_anaphor_gender_agreement", "acc", 0.401, 1e-9),
        ("shakespeare-gpt2", "blimp_anaphor_number_agreement", "acc", 0.529, 1e-9),
        ("shakespeare-gpt2", "blimp_determiner_noun_agreement_1", "acc", 0.694, 1e-9),
        ("shakespeare-gpt2", "blimp_passive_1", "acc", 0.567, 1e-9),
        ("shakespeare-gpt2", "blimp_regular_plural_subject_verb_agreement_1", "acc", 0.46, 1e-9),
        ("shakespeare-gpt2", "blimp_wh_island", "acc", 0.475, 1e-9),
    ];

    readonly HubProcess _hub = new() { Settings = { ["MODELZOO_BOOTSTRAP_ADMIN"] = "zoo" } };

    public async ValueTask InitializeAsync() => await _hub.StartAsync();

    [Fact]
    public async Task The_demo_zoo_measures_itself_and_finds_what_its_sources_state()
    {
        if (OnnxRuntime.Missing is { } reason) Assert.Skip($"Models cannot run here: {reason}");
        var pushed = await ClientProcess.RunAsync("bash", [Path.Combine(Locations.Root, "demo", "push"), _hub.Url, HubProcess.Token], Locations.Root,
            new Dictionary<string, string?> { ["ZOO"] = $"dotnet exec {Locations.Program}" }, s_limit);
        Assert.True(pushed.ExitCode == 0, pushed.Output + pushed.Errors);

        await PopulationAsync();
        var runs = await EndAsync();

        Assert.NotEmpty(runs);
        Assert.All(runs, run => Assert.True((string?)run["state"] == "done", $"{run}"));
        Assert.All(runs, run => Assert.NotNull(run["resultCommit"]));
        var scores = new List<JsonNode>();
        foreach (var run in runs) scores.AddRange((await GetAsync($"/api/zoo/evaluations/{run["id"]}"))["scores"]!.AsArray()!);
        var whole = scores.Where(score => score["subgroup"] is null).ToLookup(score => ((string)score["model"]!["repo"]!, (string)score["task"]!["id"]!, (string)score["metric"]!), score => (double)score["value"]!);
        Assert.InRange(whole[("zoo/banking77-bert-mini", "teller_questions", "acc")].Single(), 0.5, 1);
        Assert.InRange(whole[("zoo/shakespeare-gpt2", "grammar_pairs", "acc")].Single(), 0.4, 1);
        Assert.InRange(whole[("zoo/shakespeare-gpt2", "small_scene", "bits_per_byte")].Single(), 1.5, 4);
        if (!pushed.Output.Contains("datasets/zoo/mnist")) Assert.Skip("The files of others do not lie beside this project; only the project's own were measured.");
        foreach (var (model, task, metric, value, off) in s_stated)
            Assert.True(whole[($"zoo/{model}", task, metric)].SingleOrDefault(double.NaN) is var found && Math.Abs(found - value) <= off, $"{model} on {task}: {metric} is {found}, stated is {value}.");
    }

    /// <summary>The demo population trains itself in the background and is compared when it is done.</summary>
    async Task PopulationAsync()
    {
        for (var until = DateTime.UtcNow + s_limit; DateTime.UtcNow < until; await Task.Delay(500))
        {
            using var answer = await _hub.Client.GetAsync("/api/zoo/populations/zoo/shapes-14");
            if (!answer.IsSuccessStatusCode || JsonNode.Parse(await answer.Content.ReadAsStringAsync())! is not { } population || population["analyses"]!.AsArray().Count < 5) continue;
            Assert.Equal((14, 14, 150, 0), ((int)population["members"]!, (int)population["done"]!, (int)population["states"]!, (int)population["planned"]!));
            return;
        }
        throw new TimeoutException($"The demo population did not train itself in time.\n{_hub.Log}");
    }

    async Task<IReadOnlyList<JsonNode>> EndAsync()
    {
        for (var until = DateTime.UtcNow + s_limit; DateTime.UtcNow < until; await Task.Delay(500))
        {
            var runs = (await GetAsync("/api/zoo/evaluations?limit=100")).AsArray();
            if (runs.All(run => (string?)run!["state"] is not ("waiting" or "running"))) return [.. runs!];
        }
        throw new TimeoutException($"The demo zoo did not measure itself in time.\n{_hub.Log}");
    }

    async Task<JsonNode> GetAsync(string path) => JsonNode.Parse(await _hub.Client.GetStringAsync(path))!;

    public async ValueTask DisposeAsync() => await _hub.DisposeAsync();
}
