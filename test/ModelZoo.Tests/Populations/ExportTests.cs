using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text.Json;
using ModelZoo.Cli.Populations;
using ModelZoo.Inference.Graphs;
using ModelZoo.Inference.Runtime;
using ModelZoo.Learning.Exchange;
using ModelZoo.Learning.Models;
using ModelZoo.Learning.Populations;
using ModelZoo.Learning.Training;
using ModelZoo.Tests.Client;
using ModelZoo.Weights;
using Architecture = ModelZoo.Learning.Models.Architecture;
using static ModelZoo.Tests.Populations.SmallPopulation;

namespace ModelZoo.Tests.Populations;

/// <summary>Members as models of other programs, populations as data.</summary>
public sealed class ExportTests(SmallPopulation small) : IClassFixture<SmallPopulation>
{
    static readonly Architecture s_vit = new() { Family = Family.Vit, Image = 8, Patch = 2, Dim = 32, Depth = 4, Heads = 4, Mlp = 64 };

    public static TheoryData<string> Kinds => ["vit", "vit-mlp-head", "vit-relu", "mlp", "cnn", "cnn-even-kernel"];

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task An_onnx_file_gives_the_logits_of_the_kernels(string kind)
    {
        ModelZoo.Tests.Inference.Models.RequireRuntime();
        var model = kind switch
        {
            "vit-relu" => s_vit with { Activation = Activation.Relu, Patch = 4 },
            "mlp" => new Architecture { Family = Family.Mlp, Image = 8, Hidden = [20, 12], Activation = Activation.Tanh },
            "cnn" => new Architecture { Family = Family.Cnn, Image = 12, Hidden = [6, 8, 5], Kernel = 3, Activation = Activation.Sigmoid },
            "cnn-even-kernel" => new Architecture { Family = Family.Cnn, Image = 8, Hidden = [6, 8], Kernel = 4 },
            _ => s_vit,
        };
        var head = kind == "vit-mlp-head" ? new HeadShape(HeadKind.Mlp, 24, 10) : new HeadShape(HeadKind.Linear, 0, 10);
        var parameters = ModelInitializer.Initialize(ParameterLayout.Of(model, head), Initialization.KaimingNormal, 5, 6);
        // Biases begin at zero; here each must matter.
        for (var i = 0; i < parameters.Length; i++) parameters[i] += 0.05f * MathF.Sin(i);
        var set = ModelZoo.Learning.Datasets.Shapes8.Make(40, 9, model.Image);
        var expected = Evaluator.Run(model, head, parameters, set, default).Logits;
        using var session = await OnnxSession.OpenAsync(MemberGraph.Write(model, head, parameters), SessionSettings.Default, null, null, default);
        RequireEqual(expected, Ask(session, set));
    }

    [Fact]
    public async Task A_member_in_hugging_face_layout_gives_the_logits_of_the_kernels()
    {
        ModelZoo.Tests.Inference.Models.RequireRuntime();
        using var folder = new TemporaryFolder();
        var population = await Population.OpenAsync(new FolderFiles(small.Folder), default);
        foreach (var member in population.Members.Where(member => member.Card is { Stage: "ft", Head.Kind: HeadKind.Linear }).Take(2))
        {
            Assert.Equal(0, (await ZooAsync("population", "export", small.Folder, "--member", member.Id, "--format", "hf", "--out", folder[member.Id])).Code);
            var set = ModelZoo.Learning.Datasets.Shapes8.Make(40, 3);
            var expected = Evaluator.Run(member.Card.Architecture!, member.Card.Head!, await population.ReadParametersAsync(member, 3, default), set, default).Logits;
            using var session = await NetworkGraphs.FindSessionAsync(folder[member.Id], SessionSettings.Default, default);
            RequireEqual(expected, Ask(session!, set));
            // What training wrote down at the time is the same again.
            Assert.Equal(expected, await population.FindLogitsAsync(member, 3, "test", default));
            Assert.Equal(0, (await ZooAsync("population", "export", small.Folder, "--member", member.Id, "--epoch", "1", "--format", "onnx", "--out", folder[member.Id])).Code);
            using var early = await OnnxSession.OpenAsync(Path.Combine(folder[member.Id], "onnx", "model.onnx"), SessionSettings.Default, default);
            RequireEqual((await population.FindLogitsAsync(member, 1, "test", default))!, Ask(early, set));
        }
        Assert.Equal(1, (await ZooAsync("population", "export", small.Folder, "--member", "ft-", "--format", "hf", "--out", folder["x"])).Code);
    }

    [Theory]
    [InlineData("none")]
    [InlineData("layer")]
    [InlineData("minmax")]
    public async Task Tokens_flat_vectors_and_features_come_back_with_their_index(string standardize)
    {
        using var folder = new TemporaryFolder();
        string[] states = ["--where", "stage = ft and head.kind != mlp and epoch >= 2", "--standardize", standardize];
        foreach (var form in (string[])["tokens", "flat", "features"])
            Assert.Equal(0, (await ZooAsync(["population", "export", small.Folder, "--format", form, "--out", folder[form], .. states])).Code);
        var index = File.ReadAllLines(Path.Combine(folder["flat"], "index.csv"));
        Assert.Equal(1 + 8 * 2, index.Length);
        var manifest = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder["flat"], "manifest.json"))).RootElement;
        foreach (var file in manifest.GetProperty("sha256").EnumerateObject())
            Assert.Equal(file.Value.GetString(), Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(Path.Combine(folder["flat"], file.Name)))));
        var population = await Population.OpenAsync(new FolderFiles(small.Folder), default);
        var seen = 0;
        foreach (var path in Directory.GetFiles(folder["flat"], "flat-*.safetensors"))
        {
            var flat = Read(path);
            var tokens = Read(path.Replace("flat", "tokens", StringComparison.Ordinal));
            var rows = MemoryMarshal.Cast<byte, long>(flat["sample"].Bytes).ToArray();
            Assert.Equal(flat["sample"].Bytes, tokens["sample"].Bytes);
            var (theta, width) = (MemoryMarshal.Cast<byte, float>(flat["theta"].Bytes).ToArray(), (int)flat["theta"].Shape[1]);
            for (var i = 0; i < rows.Length; i++, seen++)
            {
                var cells = index[1 + rows[i]].Split(',');
                Assert.Contains($"-{cells[2]}-", path, StringComparison.Ordinal);
                var checkpoint = await population.OpenCheckpointAsync(population.Get(cells[0]), int.Parse(cells[1]), ModelZoo.Learning.Analyses.Scope.All, default);
                var numbers = new double[checkpoint.Count];
                await checkpoint.ReadAsync(0, numbers, new(), default);
                if (standardize == "none") Assert.Equal(numbers.Select(value => (float)value), theta.AsSpan(i * width, width).ToArray());
                else Assert.Equal(numbers, Restore(manifest, theta.AsSpan(i * width, width).ToArray()), (a, b) => Math.Abs(a - b) < 1e-5);
            }
            Assert.Equal(width, tokens["mask"].Bytes.Sum(each => each));
            Assert.Equal(theta.Sum(value => (double)value), MemoryMarshal.Cast<byte, float>(tokens["tokens"].Bytes).ToArray().Sum(value => (double)value), 1e-3);
        }
        Assert.Equal(16, seen);
        Assert.Equal([16L, 7 * 32], Read(Path.Combine(folder["features"], "features.safetensors"))["features"].Shape);
        Assert.Equal("gelu", manifest.GetProperty("groups")[0].GetProperty("architecture").GetProperty("activation").GetString());
        Assert.Contains("population: small", manifest.GetProperty("blueprint").GetString(), StringComparison.Ordinal);
        Assert.Equal(index[0].Split(','), manifest.GetProperty("columns").EnumerateObject().Select(column => column.Name).Intersect(index[0].Split(',')).OrderBy(name => Array.IndexOf(index[0].Split(','), name)));
        Assert.Equal(8, manifest.GetProperty("splits").EnumerateObject().Sum(split => split.Value.GetProperty("members").GetInt32()));
        // The same again, to the byte.
        Assert.Equal(0, (await ZooAsync(["population", "export", small.Folder, "--format", "tokens", "--out", folder["again"], .. states])).Code);
        Assert.All(Directory.GetFiles(folder["tokens"]), path => Assert.Equal(File.ReadAllBytes(path), File.ReadAllBytes(Path.Combine(folder["again"], Path.GetFileName(path)))));
    }

    [Fact]
    public async Task Samples_of_unit_length_carry_the_length_they_had()
    {
        using var folder = new TemporaryFolder();
        string[] states = ["--where", "stage = base"];
        Assert.Equal(0, (await ZooAsync(["population", "export", small.Folder, "--format", "flat", "--out", folder["raw"], .. states])).Code);
        Assert.Equal(0, (await ZooAsync(["population", "export", small.Folder, "--format", "flat", "--standardize", "l2", "--out", folder["l2"], .. states])).Code);
        foreach (var path in Directory.GetFiles(folder["raw"], "flat-*"))
        {
            var (raw, unit) = (Read(path), Read(path.Replace("/raw/", "/l2/", StringComparison.Ordinal)));
            var (values, scaled, norms) = (MemoryMarshal.Cast<byte, float>(raw["theta"].Bytes).ToArray(), MemoryMarshal.Cast<byte, float>(unit["theta"].Bytes).ToArray(), MemoryMarshal.Cast<byte, double>(unit["norm"].Bytes).ToArray());
            var width = (int)raw["theta"].Shape[1];
            Assert.Equal(values.Select(value => (double)value), scaled.Select((value, i) => value * norms[i / width]), (a, b) => Math.Abs(a - b) < 1e-5);
            Assert.All(norms, norm => Assert.InRange(norm, 1, 1000));
        }
    }

    [Fact]
    public async Task Aligned_states_hold_the_same_numbers_nearer_to_the_first()
    {
        using var folder = new TemporaryFolder();
        string[] states = ["--where", "stage = base and epoch = 2"];
        Assert.Equal(0, (await ZooAsync(["population", "export", small.Folder, "--format", "flat", "--out", folder["raw"], .. states])).Code);
        Assert.Equal(0, (await ZooAsync(["population", "export", small.Folder, "--format", "flat", "--align", "--out", folder["aligned"], .. states])).Code);
        var (raw, aligned) = (Rows(folder["raw"]), Rows(folder["aligned"]));
        Assert.Equal(raw[0], aligned[0]);
        Assert.NotEqual(raw[1], aligned[1]);
        Assert.Equal(raw[1].Order(), aligned[1].Order());
        Assert.True(Distance(aligned) < Distance(raw));
        var group = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder["aligned"], "manifest.json"))).RootElement.GetProperty("groups")[0];
        Assert.EndsWith("@2", group.GetProperty("aligned_to").GetString(), StringComparison.Ordinal);

        static Dictionary<long, float[]> Rows(string folder) => Directory.GetFiles(folder, "flat-*").Select(Read).SelectMany(file => MemoryMarshal.Cast<byte, long>(file["sample"].Bytes).ToArray().Select((row, i) => (row, Values: MemoryMarshal.Cast<byte, float>(file["theta"].Bytes).Slice(i * (int)file["theta"].Shape[1], (int)file["theta"].Shape[1]).ToArray()))).ToDictionary(pair => pair.row, pair => pair.Values);

        static double Distance(Dictionary<long, float[]> rows) => rows[0].Zip(rows[1], (a, b) => Math.Pow((double)a - b, 2)).Sum();
    }

    [Fact]
    public async Task An_export_in_the_layout_of_published_zoos_comes_back_as_the_very_same_members()
    {
        using var folder = new TemporaryFolder();
        Assert.Equal(0, (await ZooAsync("population", "export", small.Folder, "--format", "ray", "--out", folder["ray"])).Code);
        Assert.Equal(0, (await JsonAsync("population", "import", folder["ray"], "--out", folder["in"], "--name", "back")).GetProperty("skipped").GetArrayLength());
        var (original, back) = (await Population.OpenAsync(new FolderFiles(small.Folder), default), await Population.OpenAsync(new FolderFiles(folder["in"]), default));
        Assert.Equal(original.Members.Select(member => member.Id).Order(), back.Members.Select(member => member.Id).Order());
        foreach (var member in original.Members)
        {
            var same = back.Get(member.Id);
            Assert.Equal(member.Card.ToJson(), same.Card.ToJson());
            Assert.Equal(member.Checkpoints, same.Checkpoints);
            Assert.Equal(member.Records.Select(record => (record.Epoch, record.TrainLoss, record.TrainAccuracy, record.Find("test") is { } test ? (test.Count, test.Correct, test.Loss) : default)), same.Records.Select(record => (record.Epoch, record.TrainLoss, record.TrainAccuracy, record.Find("test") is { } test ? (test.Count, test.Correct, test.Loss) : default)));
            foreach (var epoch in member.Checkpoints)
                Assert.Equal(await StateDigest.OfAsync(await original.OpenStateAsync(member, epoch, default), default), await StateDigest.OfAsync(await back.OpenStateAsync(same, epoch, default), default));
        }
        // Once more out: not a byte differs.
        Assert.Equal(0, (await ZooAsync("population", "export", folder["in"], "--format", "ray", "--out", folder["again"])).Code);
        foreach (var path in Directory.GetFiles(folder["ray"], "checkpoints", SearchOption.AllDirectories)) Assert.Equal(File.ReadAllBytes(path), File.ReadAllBytes(path.Replace("/ray/", "/again/", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task The_layout_of_published_zoos_goes_out_and_comes_in_and_hostile_pickles_do_not()
    {
        using var folder = new TemporaryFolder();
        Assert.Equal(0, (await ZooAsync("population", "export", small.Folder, "--format", "ray", "--out", folder["ray"])).Code);
        var zoo = await RayZoo.ReadAsync(new FolderFiles(folder["ray"]), default);
        Assert.Equal(18, zoo.Trials.Count);
        Assert.Equal(16, zoo.Trials.Count(trial => trial.Parent is { Epoch: 2 }));
        Assert.Contains("optim::optimizer", zoo.Factors);

        // A pickle that would run a command, and one that is torn.
        var victims = zoo.Trials.Where(trial => trial.Parent is not null).Take(2).Select(trial => Path.Combine(folder["ray"], trial.Checkpoints[1])).ToList();
        File.WriteAllBytes(victims[0], [0x80, 2, .. "cposix\nsystem\nX"u8, 4, 0, 0, 0, .. "echo"u8, 0x85, (byte)'R', (byte)'.']);
        File.WriteAllBytes(victims[1], File.ReadAllBytes(victims[1])[..500]);
        var outcome = await JsonAsync("population", "import", folder["ray"], "--out", folder["in"], "--name", "back");
        Assert.Equal((18, 16, 68), (outcome.GetProperty("members").GetInt32(), outcome.GetProperty("edges").GetInt32(), outcome.GetProperty("checkpoints").GetInt32()));
        Assert.Equal(2, outcome.GetProperty("skipped").GetArrayLength());
        Assert.Equal(18, (await JsonAsync("population", "import", folder["ray"], "--out", folder["in"], "--name", "back")).GetProperty("known").GetInt32());

        var (original, back) = (await Population.OpenAsync(new FolderFiles(small.Folder), default), await Population.OpenAsync(new FolderFiles(folder["in"]), default));
        foreach (var member in back.Members)
        {
            var source = original.Get(member.Id);
            Assert.Equal(source.Accuracy(source.LastEpoch!.Value, "test"), member.Accuracy(member.LastEpoch!.Value, "test"));
            Assert.Equal(States(small.Folder)[$"members/{source.Id}/checkpoints/epoch-{source.LastEpoch:D6}.safetensors"][^1000..], States(folder["in"])[$"members/{member.Id}/checkpoints/epoch-{source.LastEpoch:D6}.safetensors"][^1000..]);
        }
        Assert.Equal(0, (await ZooAsync("population", "analyse", folder["in"], "--only", "weights", "--only", "lineage")).Code);
    }

    static float[] Ask(OnnxSession session, ModelZoo.Learning.Datasets.ImageSet set)
    {
        var images = new float[set.Count * set.PixelsEach];
        for (var i = 0; i < set.Count; i++) set.Read(i, images.AsSpan(i * set.PixelsEach));
        using var input = Tensor.Of<float>(images, set.Count, 1, set.Side, set.Side);
        using var outputs = session.Run([("pixel_values", input)], ["logits"], default);
        return outputs["logits"].ToFloats();
    }

    /// <summary>Two implementations sum in another order: equal to float32 rounding of numbers of this size.</summary>
    static void RequireEqual(float[] expected, float[] actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        var scale = expected.Max(MathF.Abs);
        Assert.True(scale > 0.1f);
        Assert.InRange(expected.Zip(actual, (a, b) => MathF.Abs(a - b)).Max() / scale, 0, 2e-5f);
    }

    static Dictionary<string, (IReadOnlyList<long> Shape, byte[] Bytes)> Read(string path)
    {
        var content = File.ReadAllBytes(path);
        var file = WeightReader.ReadHeaderAsync(new MemoryByteSource(content), default).GetAwaiter().GetResult();
        return file.Tensors.ToDictionary(tensor => tensor.Name, tensor => (tensor.Shape, content[(int)tensor.Offset..(int)(tensor.Offset + tensor.ByteLength)]));
    }

    /// <summary>Undoes a standardisation with the constants of the manifest.</summary>
    static IEnumerable<double> Restore(JsonElement manifest, float[] theta)
    {
        var group = manifest.GetProperty("groups")[0];
        var (constants, at) = (group.GetProperty("constants"), 0);
        foreach (var tensor in group.GetProperty("tensors").EnumerateArray())
        {
            var name = tensor.GetProperty("name").GetString()!;
            var weight = name.EndsWith(".bias", StringComparison.Ordinal) && constants.TryGetProperty(name[..^5] + ".weight", out _) ? name[..^5] + ".weight" : name;
            var count = tensor.GetProperty("shape").EnumerateArray().Aggregate(1, (product, axis) => product * axis.GetInt32());
            for (var i = 0; i < count; i++) yield return theta[at++] * constants.GetProperty(weight).GetProperty("scale").GetDouble() + constants.GetProperty(weight).GetProperty("offset").GetDouble();
        }
    }
}
