using System.Text;
using System.Text.Json.Nodes;
using ModelZoo.Cli;
using ModelZoo.Inference.Adapters;
using ModelZoo.Inference.Runtime;
using ModelZoo.Learning.Exchange;
using ModelZoo.Learning.Models;
using ModelZoo.Learning.Training;
using ModelZoo.Tests.Client;
using ModelZoo.Weights;

namespace ModelZoo.Tests.FineTuning;

/// <summary>From `zoo finetune --method lora --new-head` through `zoo merge-lora`: the merged model answers as base and adapter do together.</summary>
public sealed class MergedAdapterTests
{
    static readonly CancellationToken s_never = CancellationToken.None;

    static string Bert
    {
        get
        {
            var folder = new DirectoryInfo(AppContext.BaseDirectory);
            while (!File.Exists(Path.Combine(folder!.FullName, "ModelZoo.slnx"))) folder = folder.Parent;
            return Path.Combine(folder.FullName, "demo/models/banking77-bert-mini");
        }
    }

    static void RequireRuntime()
    {
        if (OnnxRuntime.Missing is { } reason) Assert.Skip($"Models cannot run here: {reason}");
    }

    [Fact]
    public async Task A_merged_bert_with_a_head_of_its_own_answers_as_base_and_adapter_do()
    {
        RequireRuntime();
        using var folder = new TemporaryFolder();
        folder.Write("data.csv", "text,label\n" + string.Concat(Enumerable.Range(0, 60).Select(i => $"{(i % 3) switch { 0 => $"where is my card number {i},arrival", 1 => $"how do I change my pin {i},secret", _ => $"the rate for {i} euro,rate" }}\n")));
        await ZooAsync("finetune", Bert, folder["data.csv"], "--method", "lora", "--new-head", "--epochs", "2", "--batch", "8", "--target-modules", "query", "dense", "--out", folder["one"]);
        await ZooAsync("finetune", Bert, folder["data.csv"], "--method", "lora", "--new-head", "--epochs", "1", "--batch", "8", "--rank", "2", "--seed", "5", "--out", folder["two"]);
        await ZooAsync("merge-lora", folder["one"], "--base", Bert, "--out", folder["merged"]);
        Assert.Equal(["arrival", "rate", "secret"], Json(folder["merged/config.json"])["id2label"]!.AsObject().Select(label => (string)label.Value!));
        Assert.Contains("'classifier.weight'", File.ReadAllText(folder["merged/README.md"]), StringComparison.Ordinal);
        Assert.Equal(["classifier.bias", "classifier.weight"], Json(folder["merged/merge.json"])["saved_modules"]!.AsArray().Select(name => (string)name!));
        Same(await ScoresAsync(Bert, folder["one"]), await ScoresAsync(Plain(folder, "merged")));

        // Two of them: products add up, heads become their weighted mean; as one adapter beside the base, and merged into it.
        await ZooAsync("merge-lora", folder["one"], folder["two"], "--weights", "0.75,0.25", "--base", Bert, "--out", folder["both"]);
        await ZooAsync("merge-lora", folder["one"], folder["two"], "--weights", "0.75,0.25", "--out", folder["joined"]);
        Same(await ScoresAsync(Bert, folder["joined"]), await ScoresAsync(Plain(folder, "both")));
        var (first, second, mean) = (await HeadAsync(folder["one"], "base_model.model.classifier.weight"), await HeadAsync(folder["two"], "base_model.model.classifier.weight"), await HeadAsync(folder["both"], "classifier.weight"));
        for (var i = 0; i < mean.Length; i++) Assert.Equal((float)(0.75 * first[i] + 0.25 * second[i]), mean[i]);

        // Other classes have no mean with these, though their number may be equal.
        File.WriteAllText(folder["two/zoo.yaml"], "labels: [a, b, c]\n");
        var error = new StringWriter();
        Assert.NotEqual(0, await ZooCommand.RunAsync(["merge-lora", folder["one"], folder["two"], "--out", folder["none"]], TextWriter.Null, error));
        Assert.Contains("different classes", error.ToString(), StringComparison.Ordinal);

        async Task<float[][]> ScoresAsync(string model, params string[] adapters)
        {
            using var opened = await RunnableModel.OpenAsync(model, new OpenOptions { Adapters = adapters }, s_never);
            return opened.TextClassifier().Score([("where is my card", null), ("change the pin please", null), ("euro?", null)], s_never);
        }
    }

    [Fact]
    public async Task A_merged_vit_with_a_head_of_its_own_answers_as_base_and_adapter_do()
    {
        RequireRuntime();
        using var folder = new TemporaryFolder();
        folder.Write("vit/preprocessor_config.json", """{"image_processor_type":"ViTImageProcessor","do_resize":true,"size":{"height":8,"width":8},"do_normalize":true,"image_mean":[0.5],"image_std":[0.5]}""");
        var (model, head) = (new Architecture { Family = Family.Vit, Image = 8, Patch = 4, Dim = 16, Depth = 2, Heads = 2, Mlp = 24 }, new HeadShape(HeadKind.Linear, 0, 5));
        var exported = HuggingFaceVit.Export(model, head, StartingPoint.Of(model, head, Initialization.XavierUniform, 1, 1));
        folder.Write("vit/config.json", exported.Config.ToJsonString());
        await SafetensorsModel.WriteAsync(folder["vit/model.safetensors"], exported.Tensors, new Dictionary<string, string>(), null, null, s_never);
        for (var i = 0; i < 40; i++)
        {
            var name = folder[$"data/train/{(i % 2 == 0 ? "dark" : "light")}/{i}.pgm"];
            Directory.CreateDirectory(Path.GetDirectoryName(name)!);
            File.WriteAllBytes(name, [.. Encoding.ASCII.GetBytes("P5\n8 8\n255\n"), .. Enumerable.Range(0, 64).Select(p => (byte)((i % 2 == 0 ? 20 : 200) + (p * 7 + i) % 40))]);
        }
        await ZooAsync("finetune", folder["vit"], folder["data"], "--task", "image-classification", "--method", "lora", "--new-head", "--target-modules", "all-linear", "--rank", "4", "--epochs", "3", "--batch", "8", "--lr", "3e-3", "--label-column", "label_name", "--out", folder["adapter"]);
        await ZooAsync("merge-lora", folder["adapter"], "--base", folder["vit"], "--out", folder["merged"]);
        Assert.Equal(["dark", "light"], Json(folder["merged/config.json"])["id2label"]!.AsObject().Select(label => (string)label.Value!));
        Assert.True(File.Exists(folder["merged/preprocessor_config.json"]));
        Same(await LogitsAsync(folder["vit"], folder["adapter"]), await LogitsAsync(Plain(folder, "merged")));

        async Task<float[][]> LogitsAsync(string path, params string[] adapters)
        {
            using var opened = await RunnableModel.OpenAsync(path, new OpenOptions { Adapters = adapters }, s_never);
            var all = new List<float[]>();
            for (var i = 0; i < 4; i++)
            {
                using var pixels = ModelZoo.Inference.Runtime.Tensor.Of<float>(Enumerable.Range(0, 64).Select(p => MathF.Sin(p * (i + 1))).ToArray(), 1, 1, 8, 8);
                using var outputs = opened.Session.Run([(opened.Session.Inputs[0].Name, pixels)], ["logits"], s_never);
                all.Add(outputs[0].ToFloats().ToArray());
            }
            return [.. all];
        }
    }

    /// <summary>The stored weights themselves are run, by the graph that is written from them.</summary>
    static string Plain(TemporaryFolder folder, string name)
    {
        File.WriteAllText(folder[$"{name}/zoo.yaml"], "adapter: safetensors\n");
        return folder[name];
    }

    static void Same(float[][] expected, float[][] found)
    {
        Assert.True(expected.Length > 0 && expected.All(row => row.Length > 1) && expected[0].Distinct().Count() > 1);
        for (var i = 0; i < expected.Length; i++)
        {
            Assert.Equal(expected[i].Length, found[i].Length);
            for (var c = 0; c < expected[i].Length; c++) Assert.Equal(expected[i][c], found[i][c], 2e-5f);
        }
    }

    static async Task<double[]> HeadAsync(string path, string name)
    {
        using var content = await ModelContent.OpenAsync(new FolderFiles(path), File.Exists(Path.Combine(path, "adapter_model.safetensors")) ? "adapter_model.safetensors" : null, s_never);
        var tensor = content.Tensors.Single(each => each.Name == name);
        var values = new double[tensor.Shape.Aggregate(1L, (product, axis) => product * axis)];
        await new ModelZoo.Learning.Merging.WideReader().ReadAsync(tensor, 0, values, s_never);
        return values;
    }

    static async Task ZooAsync(params string[] arguments)
    {
        var error = new StringWriter();
        Assert.True(await ZooCommand.RunAsync(arguments, TextWriter.Null, error) == 0, error.ToString());
    }

    static JsonNode Json(string path) => JsonNode.Parse(File.ReadAllText(path))!;
}
