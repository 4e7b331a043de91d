using System.Text.Json;
using ModelZoo.Learning.Populations;
using ModelZoo.Tests.Client;
using ModelZoo.Weights;
using static ModelZoo.Tests.Populations.SmallPopulation;

namespace ModelZoo.Tests.Populations;

/// <summary>`zoo population analyse`: its figures, and what it says of damaged members.</summary>
public sealed class AnalyseTests(SmallPopulation small) : IClassFixture<SmallPopulation>
{
    [Fact]
    public async Task Every_analysis_leaves_its_figures_in_the_population()
    {
        using var folder = new TemporaryFolder();
        Copy(small.Folder, folder["p"]);
        var all = await JsonAsync("population", "analyse", folder["p"]);
        Assert.Equal(PopulationAnalysis.Names, all.EnumerateObject().Select(part => part.Name));
        foreach (var name in PopulationAnalysis.Names) Assert.Equal(name, JsonDocument.Parse(File.ReadAllText(Path.Combine(folder["p"], "analyses", $"{name}.json"))).RootElement.GetProperty("analysis").GetString());

        var group = all.GetProperty("weights").GetProperty("groups")[0];
        Assert.Equal(18, group.GetProperty("members").GetInt32());
        Assert.True(group.GetProperty("between_over_within").GetDouble() > 2);
        Assert.True(group.GetProperty("relative_within").GetProperty("mean").GetDouble() < group.GetProperty("relative_across").GetProperty("min").GetDouble());
        Assert.Equal(1 + 18 * 17 / 2, File.ReadLines(Path.Combine(folder["p"], "analyses", "distances.csv")).Count());
        Assert.InRange(all.GetProperty("weights").GetProperty("movement").GetProperty("epoch_order_recovered").GetDouble(), 0.8, 1);
        Assert.Equal((16, 1.0, 1.0), (all.GetProperty("lineage").GetProperty("children").GetInt32(), all.GetProperty("lineage").GetProperty("nearest_base_is_parent").GetDouble(), all.GetProperty("lineage").GetProperty("adjusted_rand").GetDouble()));
        var said = all.GetProperty("behaviour").GetProperty("sets").EnumerateArray().Single(set => set.GetProperty("dataset").GetString()!.Contains("shapes8", StringComparison.Ordinal));
        Assert.Equal((16, 40), (said.GetProperty("members").GetInt32(), said.GetProperty("n").GetInt32()));
        Assert.InRange(said.GetProperty("within").GetProperty("agreement").GetDouble(), 0.05, 1);
        Assert.True(all.GetProperty("averaging").GetProperty("barriers").GetProperty("siblings, other first heads").GetProperty("pairs").GetInt32() > 0);
    }

    [Fact]
    public async Task A_member_of_numbers_that_are_none_is_named_and_left_out()
    {
        using var folder = new TemporaryFolder();
        Copy(small.Folder, folder["p"]);
        var victim = small.Members("ft")[0];
        var state = Path.Combine(folder["p"], "members", victim, "checkpoints", "epoch-000003.safetensors");
        var bytes = File.ReadAllBytes(state);
        var file = await WeightReader.ReadHeaderAsync(new MemoryByteSource(bytes), default);
        BitConverter.TryWriteBytes(bytes.AsSpan((int)file.Tensors.First(tensor => tensor.Name == "norm.weight").Offset), float.NaN);
        File.WriteAllBytes(state, bytes);
        var weights = (await JsonAsync("population", "analyse", folder["p"], "--only", "weights", "--only", "lineage", "--only", "prediction")).GetProperty("weights");
        Assert.Equal(victim, weights.GetProperty("not_finite")[0].GetString());
        Assert.Equal(17, weights.GetProperty("groups")[0].GetProperty("members").GetInt32());
        Assert.Contains("no model", (await ZooAsync("population", "export", folder["p"], "--member", victim, "--format", "hf", "--out", folder["x"])).Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Damaged_files_are_said_by_name()
    {
        using var folder = new TemporaryFolder();
        Copy(small.Folder, folder["p"]);
        var (torn, other, cardless) = (small.Members("ft")[1], small.Members("ft")[2], small.Members("ft")[3]);
        var state = Path.Combine(folder["p"], "members", torn, "checkpoints", "epoch-000003.safetensors");
        File.WriteAllBytes(state, File.ReadAllBytes(state)[..^100]);
        // A state of a model with another head under this member's name.
        File.Copy(Path.Combine(folder["p"], "members", small.Members("base")[0], "checkpoints", "epoch-000002.safetensors"), Path.Combine(folder["p"], "members", other, "checkpoints", "epoch-000003.safetensors"), overwrite: true);
        File.WriteAllText(Path.Combine(folder["p"], "members", cardless, "member.json"), "{ \"id\": ");
        File.AppendAllText(Path.Combine(folder["p"], "members", other, "metrics.jsonl"), "{\"epoch\": 4, \"tra");
        Assert.Contains(torn, (await ZooAsync("population", "export", folder["p"], "--member", torn, "--format", "hf", "--out", folder["x"])).Error, StringComparison.Ordinal);
        Assert.Contains("head.", (await ZooAsync("population", "export", folder["p"], "--member", other, "--format", "onnx", "--out", folder["x"])).Error, StringComparison.Ordinal);
        var shown = await JsonAsync("population", "show", folder["p"]);
        Assert.Contains(cardless, shown.GetProperty("remarks")[0].GetString(), StringComparison.Ordinal);
        Assert.Equal(17, shown.GetProperty("members").GetArrayLength());
        var (code, _, error) = await ZooAsync("population", "analyse", folder["p"], "--only", "weights");
        Assert.Equal(1, code);
        Assert.Contains("damaged", error, StringComparison.Ordinal);
    }

    internal static void Copy(string from, string to)
    {
        foreach (var file in Directory.GetFiles(from, "*", SearchOption.AllDirectories))
        {
            var target = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target);
        }
    }
}
