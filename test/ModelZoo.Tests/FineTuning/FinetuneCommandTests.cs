using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using ModelZoo.Cli;
using ModelZoo.Inference.Adapters;
using ModelZoo.Inference.Runtime;
using ModelZoo.Learning.Merging;
using ModelZoo.Tests.Client;
using ModelZoo.Weights;

namespace ModelZoo.Tests.FineTuning;

/// <summary>`zoo finetune` from the command line to files that other programs load. Every run checks its own files with ONNX Runtime and says so.</summary>
public sealed class FinetuneCommandTests
{
    static readonly CancellationToken s_never = CancellationToken.None;

    static string Demo(string path)
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder!.FullName, "ModelZoo.slnx"))) folder = folder.Parent;
        return Path.Combine(folder.FullName, "demo", path);
    }

    static readonly string s_bert = Demo("models/banking77-bert-mini"), s_questions = Demo("datasets/teller-questions/test.jsonl");

    static void RequireRuntime()
    {
        if (OnnxRuntime.Missing is { } reason) Assert.Skip($"Models cannot run here: {reason}");
    }

    [Fact]
    public async Task All_weights_become_a_model_with_its_card_its_record_and_an_onnx_file()
    {
        RequireRuntime();
        using var folder = new TemporaryFolder();
        var output = await RunAsync(s_bert, s_questions, "--method", "full", "--epochs", "2", "--batch", "16", "--out", folder["tuned"], "--base-name", "zoo/banking77-bert-mini", "--threads", "2");
        Assert.Contains("Checked: ONNX Runtime gives the same outputs", output);
        Assert.Contains("rows are held out", output);
        Assert.Equal(["README.md", "config.json", "model.safetensors", "onnx/model.onnx", "tokenizer.json", "tokenizer_config.json", "training.json", "vocab.txt"], Files(folder["tuned"]));
        var card = File.ReadAllText(folder["tuned/README.md"]);
        Assert.Contains("base_model: zoo/banking77-bert-mini\nbase_model_relation: finetune\nlicense: cc-by-4.0\n", card);
        var record = Json(folder["tuned/training.json"]);
        Assert.True((bool)record["base_model"]!["kept_head"]!);
        Assert.Equal((3, 636_493), (record["curve"]!.AsArray().Count, (int)record["parameters"]!["learning"]!));
        var config = Json(folder["tuned/config.json"]);
        Assert.Equal(("BertForSequenceClassification", 77, "card_arrival"), ((string)config["architectures"]![0]!, config["id2label"]!.AsObject().Count, (string)config["id2label"]!["12"]!));

        // The safetensors themselves, by the graph that is written from them, and the ONNX file.
        File.WriteAllText(folder.Write("plain/zoo.yaml", "adapter: safetensors\n"), "adapter: safetensors\n");
        foreach (var name in (string[])["config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json"]) File.Copy(folder[$"tuned/{name}"], folder[$"plain/{name}"]);
        using var stored = await RunnableModel.OpenAsync(folder["plain"], SessionSettings.Default, s_never);
        using var exported = await RunnableModel.OpenAsync(folder["tuned"], SessionSettings.Default, s_never);
        var (a, b) = (stored.TextClassifier().Score([("Where is my card?", null)], s_never)[0], exported.TextClassifier().Score([("Where is my card?", null)], s_never)[0]);
        for (var i = 0; i < a.Length; i++) Assert.Equal(a[i], b[i], 1e-4f);
    }

    [Fact]
    public async Task An_adapter_is_read_by_its_own_loader_and_merges_to_the_model_that_merge_writes()
    {
        RequireRuntime();
        using var folder = new TemporaryFolder();
        string[] how = ["--method", "lora", "--epochs", "2", "--rank", "3", "--target-modules", "query", "dense", "--new-head"];
        Assert.Contains("Checked: ONNX Runtime", await RunAsync([s_bert, s_questions, .. how, "--out", folder["adapter"]]));
        await RunAsync([s_bert, s_questions, .. how, "--out", folder["merged"], "--merge", "--threads", "3"]);
        Assert.Equal(["README.md", "adapter_config.json", "adapter_model.safetensors", "tokenizer.json", "tokenizer_config.json", "training.json", "vocab.txt", "zoo.yaml"], Files(folder["adapter"]));
        Assert.Contains("base_model_relation: adapter\n", File.ReadAllText(folder["adapter/README.md"]));
        var config = Json(folder["adapter/adapter_config.json"]);
        Assert.Equal(("LORA", "SEQ_CLS", 3, "classifier", "banking77-bert-mini"), ((string)config["peft_type"]!, (string)config["task_type"]!, (int)config["r"]!, (string)config["modules_to_save"]![0]!, (string)config["base_model_name_or_path"]!));

        using var content = await ModelContent.OpenAsync(new FolderFiles(folder["adapter"]), "adapter_model.safetensors", s_never);
        var names = content.Tensors.Select(tensor => tensor.Name).ToList();
        Assert.Contains("base_model.model.bert.encoder.layer.0.attention.self.query.lora_A.weight", names);
        Assert.Contains("base_model.model.bert.encoder.layer.1.output.dense.lora_B.weight", names);
        Assert.Contains("base_model.model.classifier.weight", names);
        Assert.DoesNotContain(names, name => name.Contains("default", StringComparison.Ordinal));

        // The merger of adapters, which knows nothing of fine-tuning, comes to the same matrices.
        using var bases = await ModelContent.OpenAsync(new FolderFiles(s_bert), "model.safetensors", s_never);
        using var merged = await ModelContent.OpenAsync(new FolderFiles(folder["merged"]), "model.safetensors", s_never);
        var adapter = await LoraAdapter.ReadAsync("a", JsonDocument.Parse(config.ToJsonString()).RootElement, content.Tensors, s_never);
        const string name = "bert.encoder.layer.0.attention.self.query.weight";
        var (expected, found) = (await Values(LoraMerger.IntoBase(bases.Tensors, adapter).Tensors.Single(tensor => tensor.Name == name)), await Values(merged.Tensors.Single(tensor => tensor.Name == name)));
        for (var i = 0; i < expected.Length; i++) Assert.Equal(expected[i], found[i], 1e-6);
        var (one, two) = (Json(folder["adapter/training.json"]), Json(folder["merged/training.json"]));
        Assert.Equal(one["curve"]!.ToJsonString(), two["curve"]!.ToJsonString());
        Assert.Equal(one["test"]!.ToJsonString(), two["test"]!.ToJsonString());

        static async Task<double[]> Values(TensorContent tensor)
        {
            var values = new double[tensor.Shape.Aggregate(1L, (product, axis) => product * axis)];
            await new WideReader().ReadAsync(tensor, 0, values, s_never);
            return values;
        }
    }

    [Fact]
    public async Task A_probe_moves_the_head_alone_and_learns_classes_of_its_own()
    {
        RequireRuntime();
        using var folder = new TemporaryFolder();
        var rows = string.Concat(Enumerable.Range(0, 60).Select(i => $"{(i % 2 == 0 ? $"where is my card number {i}" : $"how do I change my pin {i}")},{(i % 2 == 0 ? "arrival" : "secret")}\n"));
        folder.Write("data/train.csv", "sentence,label\n" + rows);
        folder.Write("data/test.csv", "sentence,label\nwhere is my card number 0,arrival\nplease change my pin,secret\nI still wait for my card,arrival\n");
        var output = await RunAsync(s_bert, folder["data"], "--method", "probe", "--out", folder["tuned"], "--epochs", "10");
        Assert.Contains("1 rows that the test split holds, too, were left out.", output);
        Assert.Equal(["arrival", "secret"], Json(folder["tuned/config.json"])["id2label"]!.AsObject().Select(label => (string)label.Value!));
        Assert.Equal(1.0, (double)Json(folder["tuned/training.json"])["validation"]!["accuracy"]!);
        using var before = await ModelContent.OpenAsync(new FolderFiles(s_bert), "model.safetensors", s_never);
        using var after = await ModelContent.OpenAsync(new FolderFiles(folder["tuned"]), "model.safetensors", s_never);
        foreach (var tensor in after.Tensors.Where(tensor => !tensor.Name.StartsWith("classifier", StringComparison.Ordinal)))
            Assert.Equal(await Bytes(before.Tensors.Single(other => other.Name == tensor.Name)), await Bytes(tensor));

        static async Task<byte[]> Bytes(TensorContent tensor)
        {
            var bytes = new byte[tensor.ByteLength];
            for (var filled = 0; filled < bytes.Length;) filled += await tensor.Source.ReadAsync(tensor.Offset + filled, bytes.AsMemory(filled), s_never);
            return bytes;
        }
    }

    [Fact]
    public async Task A_number_is_predicted_where_that_is_asked_for()
    {
        RequireRuntime();
        using var folder = new TemporaryFolder();
        folder.Write("data.csv", "text,score\n" + string.Concat(Enumerable.Range(0, 50).Select(i => $"my card {(i % 2 == 0 ? "arrived" : "is lost")} {i},{(i % 2 == 0 ? 1.5 : -0.5).ToString(System.Globalization.CultureInfo.InvariantCulture)}\n")));
        var output = await RunAsync(s_bert, folder["data.csv"], "--method", "full", "--regression", "--epochs", "8", "--batch", "8", "--out", folder["tuned"]);
        Assert.Contains("mean squared error", output);
        Assert.Contains("Checked: ONNX Runtime", output);
        Assert.Equal("regression", (string)Json(folder["tuned/config.json"])["problem_type"]!);
        Assert.True((double)Json(folder["tuned/training.json"])["validation"]!["loss"]! < 0.3);
    }

    [Fact]
    public async Task Pictures_in_folders_train_a_vit_of_one_channel()
    {
        RequireRuntime();
        using var folder = new TemporaryFolder();
        folder.Write("vit/preprocessor_config.json", """{"image_processor_type":"ViTImageProcessor","do_resize":true,"size":{"height":8,"width":8},"do_normalize":true,"image_mean":[0.5],"image_std":[0.5]}""");
        var model = new ModelZoo.Learning.Models.Architecture { Family = ModelZoo.Learning.Models.Family.Vit, Image = 8, Patch = 4, Dim = 16, Depth = 1, Heads = 2, Mlp = 24 };
        var head = new ModelZoo.Learning.Models.HeadShape(ModelZoo.Learning.Models.HeadKind.Linear, 0, 3);
        var exported = ModelZoo.Learning.Exchange.HuggingFaceVit.Export(model, head, ModelZoo.Learning.Training.StartingPoint.Of(model, head, ModelZoo.Learning.Models.Initialization.XavierUniform, 1, 1));
        folder.Write("vit/config.json", exported.Config.ToJsonString());
        await SafetensorsModel.WriteAsync(folder["vit/model.safetensors"], exported.Tensors, new Dictionary<string, string>(), null, null, s_never);
        for (var i = 0; i < 40; i++)
        {
            var name = folder[$"data/train/{(i % 2 == 0 ? "dark" : "light")}/{i}.pgm"];
            Directory.CreateDirectory(Path.GetDirectoryName(name)!);
            File.WriteAllBytes(name, [.. Encoding.ASCII.GetBytes("P5\n8 8\n255\n"), .. Enumerable.Range(0, 64).Select(p => (byte)((i % 2 == 0 ? 20 : 200) + (p * 7 + i) % 40))]);
        }
        var output = await RunAsync(folder["vit"], folder["data"], "--task", "image-classification", "--method", "full", "--epochs", "12", "--batch", "8", "--lr", "3e-3", "--label-column", "label_name", "--out", folder["tuned"]);
        Assert.Contains("Checked: ONNX Runtime", output);
        Assert.Equal(1.0, (double)Json(folder["tuned/training.json"])["validation"]!["accuracy"]!);
        Assert.Equal(["dark", "light"], Json(folder["tuned/config.json"])["id2label"]!.AsObject().Select(label => (string)label.Value!));
    }

    [Theory]
    [InlineData("is 'gradient'", "--method", "gradient")]
    [InlineData("it cannot do image-classification", "--task", "image-classification")]
    [InlineData("The data has no column 'words'", "--text-column", "words")]
    [InlineData("Training would take", "--memory", "1")]
    [InlineData("The model has no matrix 'q_proj'", "--target-modules", "q_proj")]
    [InlineData("learning rate must be positive", "--lr", "-1")]
    [InlineData("Epochs must be", "--epochs", "0")]
    public async Task What_cannot_be_done_is_refused_in_a_sentence(string words, params string[] how)
    {
        using var folder = new TemporaryFolder();
        var (output, error) = (new StringWriter(), new StringWriter());
        Assert.NotEqual(0, await ZooCommand.RunAsync(["finetune", s_bert, s_questions, "--out", folder["tuned"], .. how], output, error));
        Assert.Contains(words, error.ToString());
        Assert.False(File.Exists(folder["tuned/model.safetensors"]));
    }

    [Fact]
    public async Task A_folder_with_something_in_it_is_left_alone_and_a_result_must_go_somewhere()
    {
        using var folder = new TemporaryFolder();
        folder.Write("mine/thesis.txt", "x");
        var error = new StringWriter();
        Assert.NotEqual(0, await ZooCommand.RunAsync(["finetune", s_bert, s_questions, "--out", folder["mine"]], new StringWriter(), error));
        Assert.Contains("is not empty", error.ToString());
        Assert.Equal(2, await ZooCommand.RunAsync(["finetune", s_bert, s_questions], new StringWriter(), new StringWriter()));
    }

    static async Task<string> RunAsync(params string[] arguments)
    {
        var (output, error) = (new StringWriter(), new StringWriter());
        Assert.True(await ZooCommand.RunAsync(["finetune", .. arguments], output, error) == 0, error.ToString());
        return output.ToString();
    }

    static JsonNode Json(string path) => JsonNode.Parse(File.ReadAllText(path))!;

    static IEnumerable<string> Files(string folder) => Directory.GetFiles(folder, "*", SearchOption.AllDirectories).Select(path => Path.GetRelativePath(folder, path)).Order(StringComparer.Ordinal);
}
