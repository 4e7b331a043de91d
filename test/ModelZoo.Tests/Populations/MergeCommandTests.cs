using System.Runtime.InteropServices;
using ModelZoo.Tests.Client;
using ModelZoo.Weights;
using static ModelZoo.Tests.Populations.SmallPopulation;

namespace ModelZoo.Tests.Populations;

/// <summary>`zoo soup`, `zoo merge` and `zoo align`, through the program.</summary>
public sealed class MergeCommandTests(SmallPopulation small) : IClassFixture<SmallPopulation>
{
    [Fact]
    public async Task Folders_and_repositories_are_averaged_in_float64_and_sharded_as_asked()
    {
        await using var hub = await StandInHub.StartAsync();
        using var folder = new TemporaryFolder();
        var models = Enumerable.Range(0, 3).Select(i => Numbers(i, 1000)).ToList();
        for (var i = 0; i < 2; i++) Write(folder[$"m{i}/model.safetensors"], ("a.weight", models[i][..600]), ("b.weight", models[i][600..]));
        Write(folder["m2/model.safetensors"], ("a.weight", models[2][..600]), ("b.weight", models[2][600..]));
        hub.Files["model.safetensors"] = File.ReadAllBytes(folder["m2/model.safetensors"]);
        File.WriteAllText(folder["m0/config.json"], "{}");
        Environment.SetEnvironmentVariable("XDG_CACHE_HOME", folder["cache"]);
        var (code, output, error) = await ZooAsync("soup", folder["m0"], folder["m1/model.safetensors"], "ada/vit@main", "--out", folder["out"], "--force", "--max-shard-size", "2500B", "--endpoint", new Uri(hub.Address, "prefix").AbsoluteUri, "--token", "hf_x");
        Assert.True(code == 0, error + output);
        Assert.True(File.Exists(folder["out/model.safetensors.index.json"]) && File.Exists(folder["out/config.json"]) && File.Exists(folder["out/merge.json"]));
        using var content = await ModelContent.OpenAsync(new FolderFiles(folder["out"]), null, default);
        Assert.Equal(Enumerable.Range(0, 1000).Select(k => (float)(((double)models[0][k] + models[1][k] + models[2][k]) / 3)), [.. Values(content, "a.weight"), .. Values(content, "b.weight")]);
        Assert.Contains("base_model:\n- ada/vit", File.ReadAllText(folder["out/README.md"]), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_cannot_be_averaged_is_refused_before_anything_is_written()
    {
        using var folder = new TemporaryFolder();
        Write(folder["a.safetensors"], ("w.weight", Numbers(1, 500)));
        Write(folder["b.safetensors"], ("w.weight", Numbers(2, 500)));
        Write(folder["short.safetensors"], ("w.weight", Numbers(1, 400)));
        Write(folder["nan.safetensors"], ("w.weight", [.. Numbers(1, 499), float.NaN]));
        File.WriteAllBytes(folder["torn.safetensors"], File.ReadAllBytes(folder["a.safetensors"])[..900]);
        foreach (var (other, expected) in ((string, string)[])[("b", "cannot be averaged"), ("short", "different names or shapes"), ("nan", "NaN"), ("torn", "truncated"), ("none", "is no folder")])
        {
            var (code, _, error) = await ZooAsync("soup", folder["a.safetensors"], folder[$"{other}.safetensors"], "--out", folder["out"]);
            Assert.NotEqual(0, code);
            Assert.Contains(expected, error, StringComparison.Ordinal);
        }
        Assert.False(Directory.Exists(folder["out"]));
    }

    [Fact]
    public async Task Soups_of_members_are_scored_and_greedy_ones_never_lose()
    {
        using var folder = new TemporaryFolder();
        var linear = (await JsonAsync("population", "show", small.Folder, "--where", "stage = ft and head.kind != mlp and epoch = 3")).GetProperty("members").EnumerateArray().Select(member => $"{small.Folder}#{member.GetProperty("id").GetString()}").ToArray();
        var epochs = await JsonAsync("soup", $"{linear[0]}@1-3", "--out", folder["epochs"], "--force");
        Assert.Equal(3, epochs.GetProperty("inputs").GetArrayLength());
        Assert.Contains("its validation loss", epochs.GetProperty("verdict").GetString(), StringComparison.Ordinal);
        Assert.True(File.Exists(folder["epochs/onnx/model.onnx"]) && File.Exists(folder["epochs/config.json"]));
        var greedy = await JsonAsync(["soup", .. linear[..4], "--method", "greedy", "--out", folder["greedy"]]);
        var val = greedy.GetProperty("scores").GetProperty("val");
        Assert.True(val.GetProperty("soup").GetProperty("accuracy").GetDouble() >= val.GetProperty("best").GetProperty("accuracy").GetDouble());
        Assert.Equal(2, (await ZooAsync("soup", folder["epochs"], folder["greedy"], "--method", "greedy", "--out", folder["x"])).Code);
        var aligned = await JsonAsync("align", linear[0], linear[^1], "--out", folder["aligned"]);
        Assert.True(aligned.GetProperty("product_after").GetDouble() >= aligned.GetProperty("product_before").GetDouble());
        Assert.True(aligned.GetProperty("distance_after").GetDouble() <= aligned.GetProperty("distance_before").GetDouble());
    }

    [Theory]
    [InlineData("linear", "parameters: { normalize: true }")]
    [InlineData("task_arithmetic", "parameters: { lambda: 0.5 }")]
    [InlineData("dare_ties", "parameters: { density: 0.5 }")]
    public async Task Configurations_of_mergekit_are_followed(string method, string parameters)
    {
        using var folder = new TemporaryFolder();
        var models = Enumerable.Range(0, 3).Select(i => Numbers(i, 300)).ToList();
        for (var i = 0; i < 3; i++) Write(folder[$"m{i}/model.safetensors"], ("layers.0.weight", models[i]));
        var yaml = $"merge_method: {method}\nbase_model: {folder["m0"]}\nmodels:\n- model: {folder["m1"]}\n  parameters: {{ weight: 0.25 }}\n- model: {folder["m2"]}\n  parameters: {{ weight: 0.75 }}\n{parameters}\ndtype: float32\n";
        for (var run = 0; run < 2; run++)
        {
            var (code, _, error) = await ZooAsync("merge", folder.Write("merge.yaml", yaml), "--out", folder[$"out{run}"], "--seed", "7");
            Assert.True(code == 0, error);
        }
        Assert.Equal(File.ReadAllBytes(folder["out0/model.safetensors"]), File.ReadAllBytes(folder["out1/model.safetensors"]));
        using var content = await ModelContent.OpenAsync(new FolderFiles(folder["out0"]), null, default);
        var merged = Values(content, "layers.0.weight");
        for (var k = 0; k < 300; k++)
        {
            var (b, x, y) = ((double)models[0][k], (double)models[1][k], (double)models[2][k]);
            if (method == "linear") Assert.Equal((float)((0.25 * x + 0.75 * y) / 1), merged[k], 1e-7f);
            if (method == "task_arithmetic") Assert.Equal((float)(b + 0.5 * (0.25 * (x - b) + 0.75 * (y - b))), merged[k], 1e-7f);
        }
        Assert.Contains("merge_method", File.ReadAllText(folder["out0/README.md"]), StringComparison.Ordinal);
        var (wrong, _, why) = await ZooAsync("merge", folder.Write("wrong.yaml", yaml.Replace(method, "stir", StringComparison.Ordinal)), "--out", folder["x"]);
        Assert.Equal(2, wrong);
        Assert.Contains("line 1", why, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Members_are_learned_swept_and_aligned_by_the_dozen()
    {
        using var folder = new TemporaryFolder();
        var members = (await JsonAsync("population", "show", small.Folder, "--where", "stage = ft and head.kind != mlp and epoch = 3")).GetProperty("members").EnumerateArray().Select(member => $"{small.Folder}#{member.GetProperty("id").GetString()}").ToArray();
        var learned = await JsonAsync(["soup", .. members[..3], "--method", "learned", "--out", folder["learned"], "--force"]);
        Assert.Equal(1, learned.GetProperty("learned").GetProperty("weights")[0].EnumerateArray().Sum(weight => weight.GetDouble()), 9);
        Assert.True(learned.GetProperty("learned").GetProperty("last_loss").GetDouble() <= learned.GetProperty("learned").GetProperty("first_loss").GetDouble());
        var perTensor = await JsonAsync(["soup", .. members[..3], "--method", "learned", "--per-tensor", "--out", folder["tensors"], "--force"]);
        Assert.True(perTensor.GetProperty("learned").GetProperty("weights").GetArrayLength() > 10);

        var swept = await JsonAsync("soup", $"{members[0]}@3", "--base", $"{members[0]}@1", "--method", "wise-ft", "--alpha", "0:1:0.25", "--out", folder["wise"], "--force");
        var sweep = swept.GetProperty("sweep").EnumerateArray().ToList();
        Assert.Equal([0, 0.25, 0.5, 0.75, 1], sweep.Select(row => row.GetProperty("alpha").GetDouble()));
        var best = sweep.MaxBy(row => row.GetProperty("val").GetProperty("accuracy").GetDouble());
        Assert.Equal(best.GetProperty("alpha").GetDouble(), swept.GetProperty("parameters").GetProperty("alpha").GetDouble());
        Assert.Equal(best.GetProperty("val").GetProperty("accuracy").GetDouble(), swept.GetProperty("scores").GetProperty("val").GetProperty("soup").GetProperty("accuracy").GetDouble());

        foreach (var (epochs, expected) in ((string, int[])[])[("last2", [2, 3]), ("all/2", [2]), ("1-3/2", [1, 3]), ("0", [0])])
            Assert.Equal(expected, (await JsonAsync("soup", $"{members[0]}@{epochs}", "--out", folder["e"], "--force")).GetProperty("inputs").EnumerateArray().Select(input => int.Parse(input.GetProperty("model").GetString()!.Split('@')[1])));
        Assert.Contains("chooses no epochs", (await ZooAsync("soup", $"{members[0]}@sometimes", "--out", folder["e"])).Error, StringComparison.Ordinal);
        Assert.Equal(0, (await ZooAsync(["soup", .. members[..2], "--check"])).Code);

        var many = await JsonAsync(["align", .. members[..3], "--rounds", "1", "--out", folder["many"]]);
        Assert.True(many.GetProperty("distance_after").GetDouble() <= many.GetProperty("distance_before").GetDouble());
        Assert.True(many.GetProperty("scores").TryGetProperty("val", out _));
    }

    [Fact]
    public async Task Adapters_are_merged_by_their_products()
    {
        using var folder = new TemporaryFolder();
        for (var i = 0; i < 2; i++)
        {
            Directory.CreateDirectory(folder[$"a{i}"]);
            WriteShaped(folder[$"a{i}/adapter_model.safetensors"], ("base_model.model.m.lora_A.weight", [2, 3], Numbers(i, 6)), ("base_model.model.m.lora_B.weight", [4, 2], Numbers(i + 9, 8)));
            File.WriteAllText(folder[$"a{i}/adapter_config.json"], """{ "peft_type": "LORA", "r": 2, "lora_alpha": 6, "target_modules": ["m"] }""");
        }
        Directory.CreateDirectory(folder["base"]);
        WriteShaped(folder["base/model.safetensors"], ("m.weight", [4, 3], Numbers(20, 12)));
        var merged = await JsonAsync("merge-lora", folder["a0"], folder["a1"], "--base", folder["base"], "--weights", "0.5,-0.25", "--out", folder["into"]);
        Assert.Equal(4, merged.GetProperty("rank").GetInt32());
        using var content = await ModelContent.OpenAsync(new FolderFiles(folder["into"]), null, default);
        var found = Values(content, "m.weight");
        for (var o = 0; o < 4; o++)
            for (var c = 0; c < 3; c++)
            {
                double expected = Numbers(20, 12)[o * 3 + c];
                foreach (var (i, weight) in new[] { (0, 0.5), (1, -0.25) })
                    for (var k = 0; k < 2; k++) expected += weight * 3 * Numbers(i + 9, 8)[o * 2 + k] * Numbers(i, 6)[k * 3 + c];
                Assert.Equal((float)expected, found[o * 3 + c], 1e-6f);
            }
        // As an adapter of its own, of the whole rank and cut; put into the base, the whole one gives the same.
        await JsonAsync("merge-lora", folder["a0"], folder["a1"], "--weights", "0.5,-0.25", "--out", folder["joined"]);
        await JsonAsync("merge-lora", folder["joined"], "--base", folder["base"], "--out", folder["again"]);
        using var again = await ModelContent.OpenAsync(new FolderFiles(folder["again"]), null, default);
        foreach (var (x, y) in found.Zip(Values(again, "m.weight"))) Assert.Equal(x, y, 1e-5f);
        Assert.Equal(1, (await JsonAsync("merge-lora", folder["a0"], folder["a1"], "--rank", "1", "--out", folder["cut"])).GetProperty("rank").GetInt32());
        var (code, _, error) = await ZooAsync("soup", folder["a0/adapter_model.safetensors"], folder["a1/adapter_model.safetensors"], "--force", "--out", folder["x"]);
        Assert.NotEqual(0, code);
        Assert.Contains("low-rank", error, StringComparison.Ordinal);
    }

    static void WriteShaped(string path, params (string Name, long[] Shape, float[] Values)[] tensors)
    {
        using var file = File.Create(path);
        SafetensorsWriter.WriteAsync(file, tensors.Select(tensor =>
        {
            var bytes = MemoryMarshal.AsBytes(tensor.Values.AsSpan()).ToArray();
            return new TensorContent(tensor.Name, DType.F32, tensor.Shape, new MemoryByteSource(bytes), 0, bytes.Length);
        }), new Dictionary<string, string>(), default).GetAwaiter().GetResult();
    }

    static float[] Numbers(int seed, int count)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => (float)random.NextDouble() - 0.5f)];
    }

    static void Write(string path, params (string Name, float[] Values)[] tensors)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        using var file = File.Create(path);
        SafetensorsWriter.WriteAsync(file, tensors.Select(tensor =>
        {
            var bytes = MemoryMarshal.AsBytes(tensor.Values.AsSpan()).ToArray();
            return new TensorContent(tensor.Name, DType.F32, [tensor.Values.Length], new MemoryByteSource(bytes), 0, bytes.Length);
        }), new Dictionary<string, string>(), default).GetAwaiter().GetResult();
    }

    static float[] Values(ModelContent content, string name)
    {
        var tensor = content.Tensors.Single(tensor => tensor.Name == name);
        var bytes = new byte[tensor.ByteLength];
        Assert.Equal(bytes.Length, tensor.Source.ReadAsync(tensor.Offset, bytes, default).AsTask().GetAwaiter().GetResult());
        return MemoryMarshal.Cast<byte, float>(bytes).ToArray();
    }
}
