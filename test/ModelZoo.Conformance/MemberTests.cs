using System.Text.Json;
using ModelZoo.Cli;
using ModelZoo.Conformance.Harness;
using ModelZoo.Learning.Datasets;
using ModelZoo.Learning.Populations;
using ModelZoo.Weights;

namespace ModelZoo.Conformance;

/// <summary>A member of a population in programs of others: the logits are those that the trainer wrote down.</summary>
public sealed class MemberTests(HubProcess hub)
{
    const string Blueprint = """
        population: one
        datasets: { shapes: { builtin: shapes8, args: { n: 100, seed: 1, val: { n: 20, seed: 2 }, test: { n: 20, seed: 3 } } } }
        architectures: { tiny: { family: vit, image: 8, patch: 2, dim: 32, depth: 2, heads: 4, mlp: 64 } }
        stages: [ { name: only, architecture: tiny, dataset: shapes, train: { epochs: 2, batch: 20, lr: 3e-3 }, seeds: [1] } ]
        """;

    [Fact]
    public Task A_member_gives_the_same_logits_in_transformers_js() => WithMemberAsync(model => NodeClient.RunAsync(hub, "member.mjs", new() { ["MODEL_FOLDER"] = model }));

    [Fact]
    public Task A_member_gives_the_same_logits_in_onnxruntime_node() => WithMemberAsync(model => NodeClient.RunAsync(hub, "member-onnx.mjs", new() { ["MODEL_FOLDER"] = model }));

    [Fact]
    public async Task A_member_gives_the_same_logits_in_transformers_for_python()
    {
        string?[] names = [Environment.GetEnvironmentVariable("MODELZOO_PYTHON"), "python3", "/usr/bin/python3"];
        string? python = null;
        foreach (var name in names)
            if (python is null && !string.IsNullOrEmpty(name) && await ClientProcess.WorksAsync(name, ["-c", "import numpy, torch, transformers"])) python = name;
        if (python is null) Missing.Skip("Members were NOT loaded by transformers for Python: no python3 can import numpy, torch and transformers. Install them, or name an interpreter in MODELZOO_PYTHON.");
        await WithMemberAsync(model => Scenario.RunAsync(hub, python!, ["-W", "ignore", Path.Combine(Locations.Scripts, "py", "member.py")], Path.Combine(Locations.Scripts, "py"), new() { ["MODEL_FOLDER"] = model, ["PYTHONDONTWRITEBYTECODE"] = "1" }));
    }

    /// <summary>A member trained just now, in both layouts, with what the trainer's kernels said of the test split.</summary>
    static async Task WithMemberAsync(Func<string, Task> ask)
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
            Assert.Equal(0, await ZooCommand.RunAsync(["population", "export", folder, "--member", member.Id, "--format", "hf", "--out", model], TextWriter.Null));
            var set = Shapes8.Make(20, 3);
            var pixels = new float[set.Count * set.PixelsEach];
            for (var i = 0; i < set.Count; i++) set.Read(i, pixels.AsSpan(i * set.PixelsEach));
            var expected = new { pixels, shape = new[] { set.Count, 1, set.Side, set.Side }, logits = await population.FindLogitsAsync(member, 2, "test", default) };
            await File.WriteAllTextAsync(Path.Combine(model, "expected.json"), JsonSerializer.Serialize(expected));
            await ask(model);
        }
        finally
        {
            Directory.Delete(scratch, recursive: true);
        }
    }
}
