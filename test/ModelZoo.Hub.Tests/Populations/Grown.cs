using System.Net;
using System.Text.Json.Nodes;
using ModelZoo.Learning.Blueprints;
using ModelZoo.Learning.Datasets;
using ModelZoo.Learning.Populations;
using ModelZoo.Learning.Training;
using ModelZoo.Tests.Client;
using ModelZoo.Weights;

namespace ModelZoo.Hub.Tests.Populations;

/// <summary>Populations that tests have the hub train, and the same ones trained in a folder to compare with.</summary>
static class Grown
{
    /// <summary>A parent and its children, trained in a moment.</summary>
    public static string Blueprint(string name = "tiny", int images = 64, int epochs = 2, string factors = "lr: [1e-2, 1e-3]", string more = "") => $$"""
        population: {{name}}
        licence: CC-BY-4.0
        datasets:
          glyphs: { builtin: glyphs8, args: { n: {{images}}, seed: 1, val: { n: 32, seed: 2 } } }
        architectures:
          small: { family: vit, image: 8, patch: 4, channels: 1, dim: 8, depth: 1, heads: 2, mlp: 16 }
        stages:
          - name: base
            architecture: small
            dataset: glyphs
            objective: { kind: supervised }
            train: { epochs: {{epochs}}, batch: 16, optimizer: adamw, lr: 2e-3 }
            seeds: [1]
          - name: child
            from: { stage: base, checkpoint: last }
            dataset: glyphs
            objective: { kind: supervised }
            train: { epochs: {{epochs}}, batch: 16, optimizer: adamw }
            factors:
              {{factors}}
            seeds: [1]
        checkpoints: { every: 1 }
        evaluate: { on: [val], every: 1, keep_logits: last }
        {{more}}
        """;

    /// <summary>Long enough to be interrupted in its middle.</summary>
    public static string Slow(string name = "slow") => Blueprint(name, images: 4096, epochs: 12, factors: "lr: [1e-2, 3e-3, 1e-3]");

    public static Task<HttpResponseMessage> AskAsync(this TestActor who, string repo, object body, string what = "generate") => who.SendAsync(HttpMethod.Post, $"/api/zoo/populations/{repo}/{what}", body);

    public static async Task<JsonNode> BeginAsync(this TestActor who, string repo, string blueprint, bool analyse = false, bool extend = false)
    {
        var begun = await who.AskAsync(repo, new { blueprint, analyse, extend });
        Assert.True(begun.StatusCode == HttpStatusCode.Accepted, await begun.Content.ReadAsStringAsync());
        return await TestActor.ReadAsync(begun);
    }

    public static async Task<JsonNode> EndAsync(this TestActor who, JsonNode job)
    {
        for (var until = DateTime.UtcNow.AddMinutes(3); DateTime.UtcNow < until; await Task.Delay(50))
            if (await who.GetJsonAsync($"/api/zoo/jobs/{job["id"]}") is var now && (string?)now["state"] is "done" or "failed") return now;
        throw new TimeoutException($"The job did not end: {await who.GetJsonAsync($"/api/zoo/jobs/{job["id"]}")}");
    }

    public static async Task<JsonNode> GenerateAsync(this TestActor who, string repo, string blueprint, bool extend = false) => await who.EndAsync(await who.BeginAsync(repo, blueprint, extend: extend));

    public static string Say(JsonNode job) => $"{job["state"]} {job["message"]}";

    /// <summary>Waits until the branch holds so many states.</summary>
    public static async Task UnderWayAsync(this TestActor who, string repo, int states)
    {
        for (var until = DateTime.UtcNow.AddMinutes(2); DateTime.UtcNow < until; await Task.Delay(20))
            if ((await who.PathsAsync(repo)).Count(path => path.Contains("/checkpoints/")) >= states) return;
        throw new TimeoutException("The population does not come forward.");
    }

    public static async Task<IReadOnlyList<string>> PathsAsync(this TestActor who, string repo, string revision = "main") =>
        [.. (await who.GetJsonAsync($"{TestActor.Api(repo)}/tree/{revision}?recursive=true")).AsArray().Where(item => (string?)item!["type"] == "file").Select(item => (string)item!["path"]!)];

    /// <summary>States and logits of the branch are those that training in a folder gives, byte for byte.</summary>
    public static async Task RequireSameStatesAsync(this TestActor who, string repo, string blueprint)
    {
        using var folder = new TemporaryFolder();
        var parsed = Learning.Blueprints.Blueprint.Parse(blueprint);
        var place = new FolderPlace(folder.Path);
        await new PopulationTrainer(parsed, set => ImageSplits.Of(set, null), new PopulationStore(parsed, place)).RunAsync(parsed.Expand(), 2, null, default);
        var expected = new FolderFiles(folder.Path).Files.Select(file => file.Path).Where(path => path.EndsWith(".safetensors", StringComparison.Ordinal) || path.EndsWith("member.json", StringComparison.Ordinal)).Order(StringComparer.Ordinal).ToList();
        var there = (await who.PathsAsync(repo)).Where(path => path.EndsWith(".safetensors", StringComparison.Ordinal) || path.EndsWith("member.json", StringComparison.Ordinal)).Order(StringComparer.Ordinal).ToList();
        Assert.Equal(expected, there);
        foreach (var path in expected) Assert.True(Enumerable.SequenceEqual(await File.ReadAllBytesAsync(folder[path]), await who.ReadFileAsync(repo, path)), $"{path} differs.");
    }
}
