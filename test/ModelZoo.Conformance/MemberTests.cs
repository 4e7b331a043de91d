using System.Text.Json;
using ModelZoo.Cli;
using ModelZoo.Conformance.Harness;
using ModelZoo.Learning.Datasets;
using ModelZoo.Learning.Populations;
using ModelZoo.Weights;

namespace ModelZoo.Conformance;

/// <summary>A member of a population in @huggingface/transformers: the logits are those that the trainer wrote down.</summary>
public sealed class MemberTests(HubProcess hub)
{
    const string Blueprint = """
        population: one
        datasets: { shapes: { builtin: shapes8, args: { n: 100, seed: 1, val: { n: 20, seed: 2 }, test: { n: 20, seed: 3 } } } }
        architectures: { tiny: { family: vit, image: 8, patch: 2, dim: 32, depth: 2, heads: 4, mlp: 64 } }
        stages: [ { name: only, architecture: tiny, dataset: shapes, train: { epochs: 2, batch: 20, lr: 3e-3 }, seeds: [1] } ]
        """;

    [Fact]
    public async Task A_member_gives_the_same_logits_in_transformers_js()
    {
        var scratch = Locations.Scratch("member");
        try
        {
            var (blueprint, folder, model) = (Path.Combine(scratch, "b.yaml"), Path.Combine(scratch, "one"), Path.Combine(scratch, "member"));
            await File.WriteAllTextAsync(blueprint, Blueprint);
            Assert.Equal(0, await ZooCommand.RunAsync(["population", "generate", blueprint, "--out", folder], TextWriter.Null));
            var population = await Population.OpenAsync(new FolderFiles(folder), default);
            var member = population.Members[0];
            Assert.Equal(0, await ZooCommand.RunAsync(["population", "export", folder, "--member", member.Id, "--format", "onnx", "--out", model], TextWriter.Null));
            var set = Shapes8.Make(20, 3);
            var pixels = new float[set.Count * set.PixelsEach];
            for (var i = 0; i < set.Count; i++) set.Read(i, pixels.AsSpan(i * set.PixelsEach));
            var expected = new { pixels, shape = new[] { set.Count, 1, set.Side, set.Side }, logits = await population.FindLogitsAsync(member, 2, "test", default) };
            await File.WriteAllTextAsync(Path.Combine(model, "expected.json"), JsonSerializer.Serialize(expected));
            await NodeClient.RunAsync(hub, "member.mjs", new() { ["MODEL_FOLDER"] = model });
        }
        finally
        {
            Directory.Delete(scratch, recursive: true);
        }
    }
}
