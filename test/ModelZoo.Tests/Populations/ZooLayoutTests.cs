using System.Runtime.InteropServices;
using System.Text.Json;
using ModelZoo.Learning.Populations;
using ModelZoo.Tests.Client;
using ModelZoo.Weights;
using static ModelZoo.Tests.Populations.SmallPopulation;

namespace ModelZoo.Tests.Populations;

/// <summary>`zoo population import` of the layouts in which zoos are published, as their own programs leave them.</summary>
public sealed class ZooLayoutTests
{
    static readonly string[] s_dense = ["module_list.0.weight", "module_list.0.bias", "module_list.9.weight", "module_list.9.bias"];

    [Fact]
    public async Task Sparsified_twins_become_children_of_the_dense_models_that_were_imported_before()
    {
        using var folder = new TemporaryFolder();
        const string dense = "NN_tune_trainable_0a1b2_00000_0_seed=1_2022-05-01";
        folder.Write($"zoo/{dense}/params.json", """{"model::type": "CNN", "seed": 1, "optim::lr": 0.0003}""");
        folder.Write($"zoo/{dense}/result.json", "{\"training_iteration\": 50, \"test_acc\": 0.9}\n");
        var (conv, bias, line, last) = (TorchValues.Made(1, 2, 1, 2, 2), TorchValues.Of(0.5f, -0.25f), TorchValues.Made(2, 2, 3), TorchValues.Of(1, 2));
        TorchTree.Save(folder[$"zoo/{dense}/checkpoint_000050/checkpoints"], TorchTree.State([.. s_dense.Zip([conv, bias, line, last])]));

        const string twin = "NN_tune_trainable_from_checkpoint_9f_00000";
        folder.Write($"ard/{twin}/params.json", $$"""{"model::type": "CNN_ARD", "seed": 1, "optim::lr": 0.0003, "training::init_checkpoint_path": "zoos/MNIST/tune_zoo/{{dense}}", "training::sample_epoch": 50}""");
        folder.Write($"ard/{twin}/result.json", "{\"training_iteration\": 3, \"test_acc\": 0.88, \"sparsity_ratio\": 0.5}\n");
        // log α = log σ² − 2 log |w|: −10 everywhere is far below 3; 9 for these is above it.
        var noisy = Enumerable.Repeat(-10f, conv.Values.Length).ToArray();
        noisy[2] = noisy[5] = 9;
        TorchTree.Save(folder[$"ard/{twin}/checkpoint_000003/checkpoints"], TorchTree.State(
            (s_dense[0], conv), (s_dense[1], bias), ("module_list.0.log_sigma2", new(conv.Shape, noisy)), ("module_list.0.log_sigma2_bias", TorchValues.Of(-10, 9)),
            (s_dense[2], line), (s_dense[3], last), ("module_list.9.log_sigma2", new(line.Shape, [-10, 9, -10, -10, -10, -10])),
            // Nothing fills this one: what lay in memory.
            ("module_list.9.log_sigma2_bias", TorchValues.Of(float.NaN, 1e30f))));

        await JsonAsync("population", "import", folder["zoo"], "--out", folder["p"], "--name", "twins", "--licence", "CC-BY-4.0");
        var made = await JsonAsync("population", "import", folder["ard"], "--out", folder["p"]);
        Assert.Equal((1, 1, 1), (Number(made, "members"), Number(made, "edges"), Number(made, "checkpoints")));
        Assert.Contains("masks and variances were left out", made.GetProperty("notes")[0].GetString(), StringComparison.Ordinal);
        var population = await Population.OpenAsync(new FolderFiles(folder["p"]), default);
        Assert.Equal(("twins", "CC-BY-4.0"), (population.Record.Population, population.Record.Licence));
        var (parent, child) = (population.Members.Single(member => member.Card.Stage == "pretrain"), population.Members.Single(member => member.Card.Stage == "prune"));
        Assert.Equal((parent.Id, 50, parent.Id), (child.Card.ParentId, child.Card.ParentEpoch, child.Card.RootId));
        Assert.Empty(child.Card.Flags);
        Assert.Equal(4.0 / 18, child.Find(3)!.Others!["zero_weights"], 12);
        var expected = (float[])[.. conv.Values.Select((value, i) => i is 2 or 5 ? 0 : value), 0.5f, 0, .. line.Values.Select((value, i) => i == 1 ? 0 : value), 1, 2];
        Assert.Equal(expected, await NumbersAsync(population, child, 3, s_dense));
        // Of the same shape as the dense model, so all analyses compare them.
        Assert.Equal((await population.OpenCheckpointAsync(parent, 50, ModelZoo.Learning.Analyses.Scope.All, default)).ShapeGroup, (await population.OpenCheckpointAsync(child, 3, ModelZoo.Learning.Analyses.Scope.All, default)).ShapeGroup);

        made = await JsonAsync("population", "import", folder["ard"], "--out", folder["raw"], "--masks", "keep");
        population = await Population.OpenAsync(new FolderFiles(folder["raw"]), default);
        var alone = Assert.Single(population.Members);
        Assert.Equal(8, (await population.OpenStateAsync(alone, 3, default)).Count);
        Assert.Null(alone.Card.ParentId);
        Assert.Contains(alone.Card.Remarks, remark => remark.Contains(dense, StringComparison.Ordinal));
        Assert.Contains("keep their masks", made.GetProperty("notes")[0].GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Masks_of_pruned_models_are_applied_to_the_bit()
    {
        using var folder = new TemporaryFolder();
        var weight = TorchValues.Made(4, 3, 2);
        TorchTree.Save(folder["zoo/a.pt"], TorchTree.State(("fc.bias", TorchValues.Of(1, 2, 3)), ("fc.weight_orig", weight), ("fc.weight_mask", new([3, 2], [1, 0, 1, 1, 0, 1]))));
        await JsonAsync("population", "import", folder["zoo"], "--pattern", "{member}.pt", "--out", folder["p"]);
        var population = await Population.OpenAsync(new FolderFiles(folder["p"]), default);
        Assert.Equal(["fc.bias", "fc.weight"], (await population.OpenStateAsync(population.Members[0], 0, default)).Select(tensor => tensor.Name));
        Assert.Equal((float[])[1, 2, 3, .. weight.Values.Select((value, i) => i is 1 or 4 ? 0 : value)], await NumbersAsync(population, population.Members[0], 0));
    }

    [Theory]
    [InlineData("leave")]
    [InlineData("keep")]
    public async Task Optimiser_states_and_averages_are_recognised_wherever_they_lie(string how)
    {
        using var folder = new TemporaryFolder();
        var (weight, average) = (TorchValues.Made(1, 2, 2), TorchValues.Made(2, 2, 2));
        Dictionary<string, object?> optimizer = new()
        {
            ["state"] = new Dictionary<int, object?> { [0] = new Dictionary<string, object?> { ["step"] = 12, ["exp_avg"] = TorchValues.Made(3, 2, 2) } },
            ["param_groups"] = new object[] { new Dictionary<string, object?> { ["lr"] = 0.001, ["params"] = new object[] { 0 } } },
        };
        var state = TorchTree.State(("module.w", weight));
        TorchTree.Save(folder["runs/timm.pth"], new Dictionary<string, object?> { ["epoch"] = 3, ["arch"] = "vit", ["state_dict"] = state, ["state_dict_ema"] = TorchTree.State(("module.w", average)), ["optimizer"] = optimizer });
        TorchTree.Save(folder["runs/lightning.pth"], new Dictionary<string, object?> { ["state_dict"] = TorchTree.State(("w", weight)), ["optimizer_states"] = new object[] { optimizer }, ["global_step"] = 7 });
        TorchTree.Save(folder["runs/tutorial.pth"], new Dictionary<string, object?> { ["epoch"] = 1, ["model"] = TorchTree.State(("w", weight)), ["optimizer"] = optimizer });
        // `model.` alone is how names begin, and no wrapper.
        TorchTree.Save(folder["runs/plain.pth"], TorchTree.State(("model.w", weight)));
        TorchTree.Save(folder["runs/only.pth"], new Dictionary<string, object?> { ["optimizer"] = optimizer });
        var made = await JsonAsync("population", "import", folder["runs"], "--pattern", "{member}.pth", "--out", folder["p"], "--optimizer", how);
        Assert.Equal((5, 4), (Number(made, "members"), Number(made, "checkpoints")));
        Assert.Contains("optimiser's state and no model", Assert.Single(made.GetProperty("skipped").EnumerateArray()).GetString(), StringComparison.Ordinal);
        var notes = made.GetProperty("notes").EnumerateArray().Select(line => line.GetString()!).ToList();
        Assert.Contains(notes, line => line.StartsWith("3 optimiser states", StringComparison.Ordinal) && line.Contains(how == "keep" ? "are kept" : "left out", StringComparison.Ordinal));
        Assert.Contains(notes, line => line.StartsWith("1 averaged states", StringComparison.Ordinal));
        var population = await Population.OpenAsync(new FolderFiles(folder["p"]), default);
        foreach (var member in population.Members.Where(member => member.Checkpoints.Count > 0))
        {
            Assert.Equal(weight.Values, await NumbersAsync(population, member, 0));
            Assert.Equal(member.Card.Factor("name") == "plain" ? "model.w" : "w", Assert.Single(await population.OpenStateAsync(member, 0, default)).Name);
        }
        var kept = Directory.GetFiles(folder["p"], "*.safetensors", SearchOption.AllDirectories).Select(path => Path.GetFileName(Path.GetDirectoryName(path)!)).ToList();
        Assert.Equal((how == "keep" ? 3 : 0, 1), (kept.Count(name => name == "optimizer"), kept.Count(name => name == "averages")));
        if (how == "leave") return;
        var timm = population.Members.Single(member => member.Card.Factor("name") == "timm");
        var file = await WeightReader.ReadFileAsync(Path.Combine(folder["p"], PopulationLayout.Moments(timm.Id, 0)), default);
        Assert.Equal("state.0.exp_avg", Assert.Single(file.Tensors).Name);
        Assert.Equal(("0.001", "12"), (file.FindText("param_groups.0.lr"), file.FindText("state.0.step")));
    }

    [Theory]
    [InlineData("matrix")]
    [InlineData("list")]
    [InlineData("states")]
    public async Task A_preprocessed_zoo_of_plain_containers_is_read_with_its_index(string form)
    {
        using var folder = new TemporaryFolder();
        // conv2d 2×1×2×2 with biases, fc 3×2 with biases: 10 + 9 numbers.
        folder.Write("zoo/index_dict.json", """{"layer": [[0, "conv2d"], [3, "fc"]], "idx_start": [0, 10], "idx_length": [10, 9], "kernel_no": [2, 3], "kernel_size": [4, 1], "channels_in": [1, 2]}""");
        var rows = Enumerable.Range(0, 6).Select(i => TorchValues.Made(i, 19).Values).ToList();
        object data = form switch
        {
            "matrix" => new TorchValues([6, 19], [.. rows.SelectMany(row => row)]),
            "list" => rows.Select(row => (object)TorchValues.Of(row)).ToArray(),
            _ => rows.Select(row => (object)TorchTree.State(("module_list.0.weight", new([2, 1, 2, 2], row[..8])), ("module_list.0.bias", new([2], row[8..10])), ("module_list.3.weight", new([3, 2], row[10..16])), ("module_list.3.bias", new([3], row[16..])))).ToArray(),
        };
        TorchTree.Save(folder["zoo/dataset.pt"], new Dictionary<string, object?>
        {
            ["trainset"] = new Dictionary<string, object?>
            {
                ["data_in"] = data, ["paths"] = new object[] { "z/a", "z/a", "z/b", "z/b", "z/c", "z/c" }, ["epochs"] = new object[] { 1, 2, 1, 2, 1, 2 },
                ["properties"] = new Dictionary<string, object?> { ["test_acc"] = new object[] { 0.1, 0.2, 0.3, 0.4, 0.5, 0.6 }, ["optim::optimizer"] = new object[] { "sgd", "sgd", "adam", "adam", "sgd", "sgd" } },
            },
        });
        // The published class is code, and so are the images of an experiment.
        File.WriteAllBytes(folder["zoo/dataset_train.pt"], [0x80, 2, .. "ccheckpoints_to_datasets.dataset_base\nModelDatasetBase\n)R."u8]);
        var made = await JsonAsync("population", "import", folder["zoo"], "--out", folder["p"]);
        Assert.Equal((3, 6), (Number(made, "members"), Number(made, "checkpoints")));
        Assert.Contains("ModelDatasetBase", Assert.Single(made.GetProperty("skipped").EnumerateArray()).GetString(), StringComparison.Ordinal);
        var population = await Population.OpenAsync(new FolderFiles(folder["p"]), default);
        var second = population.Members.Single(member => member.Card.Requested!["name"]!.GetValue<string>() == "z/b");
        Assert.Equal((0.4, "adam", "train"), (second.Accuracy(2, "test"), second.Card.Factor("optim::optimizer"), second.Card.Split));
        Assert.Equal(rows[3], await NumbersAsync(population, second, 2, "module_list.0.weight", "module_list.0.bias", "module_list.3.weight", "module_list.3.bias"));
        Assert.Equal([2L, 1, 2, 2], (await population.OpenStateAsync(second, 2, default)).Single(tensor => tensor.Name == "module_list.0.weight").Shape);
        Assert.Equal(3, Number(await JsonAsync("population", "import", folder["zoo"], "--out", folder["p"]), "known"));
        Assert.Equal(0, (await ZooAsync("population", "analyse", folder["p"], "--only", "weights")).Code);
    }

    [Theory]
    [InlineData("""{"layer": [[0, "fc"]], "idx_start": [0], "idx_length": [5], "kernel_no": [2], "kernel_size": [1], "channels_in": [1]}""", "5 numbers")]
    [InlineData("""{"layer": [0, 1], "idx_start": [0, 1], "kernel_no": [2, 2], "kernel_size": [1, 1], "channels_in": [1, 1]}""", "inside the tensor before")]
    [InlineData("""{"layer": [0], "idx_start": [0], "kernel_no": [2147483648], "kernel_size": [2147483648], "channels_in": [2147483648]}""", "index_dict.json")]
    [InlineData("""{"layer": [0], "idx_start": [-1], "kernel_no": [1], "kernel_size": [1], "channels_in": [1]}""", "-1 is no size")]
    [InlineData("""[{"name": "w", "shape": [3], "offset": 0}]""", "3")]
    [InlineData("[", "index_dict.json")]
    public async Task An_index_that_does_not_describe_the_vectors_is_refused_by_name(string index, string expected)
    {
        using var folder = new TemporaryFolder();
        folder.Write("zoo/index_dict.json", index);
        TorchTree.Save(folder["zoo/vectors.pt"], new Dictionary<string, object?> { ["weights"] = TorchValues.Made(1, 2, 4) });
        var (code, _, error) = await ZooAsync("population", "import", folder["zoo"], "--out", folder["p"]);
        Assert.Equal(1, code);
        Assert.Contains(expected, error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Steps_and_seeds_in_names_are_epochs_and_seeds()
    {
        using var folder = new TemporaryFolder();
        foreach (var seed in (int[])[0, 3])
            foreach (var (step, i) in ((string[])["0k", "20k", "1M"]).Select((step, i) => (step, i)))
                TorchTree.Save(folder[$"zoo/multiberts-seed_{seed}-step_{step}/pytorch_model.bin"], TorchTree.State(("w", TorchValues.Made(seed + i, 4))));
        var made = await JsonAsync("population", "import", folder["zoo"], "--pattern", "multiberts-seed_{seed}-step_{step}/pytorch_model.bin", "--out", folder["p"]);
        Assert.Equal((2, 6, 0), (Number(made, "members"), Number(made, "checkpoints"), made.GetProperty("skipped").GetArrayLength()));
        var population = await Population.OpenAsync(new FolderFiles(folder["p"]), default);
        Assert.Equal([0L, 3], population.Members.Select(member => member.Card.Seed!.Value).Order());
        Assert.All(population.Members, member => Assert.Equal([0, 20_000, 1_000_000], member.Checkpoints));
        Assert.Equal(TorchValues.Made(4, 4).Values, await NumbersAsync(population, population.Members.Single(member => member.Card.Seed == 3), 20_000));
        Assert.Equal(1, (await ZooAsync("population", "import", folder["zoo"], "--pattern", "{epoch}{step}", "--out", folder["x"])).Code);
    }

    static int Number(JsonElement json, string name) => json.GetProperty(name).GetInt32();

    /// <summary>All numbers of a state, in the order of its tensors, or of names.</summary>
    static async Task<float[]> NumbersAsync(Population population, PopulationMember member, int epoch, params string[] names)
    {
        var numbers = new List<float>();
        foreach (var tensor in (await population.OpenStateAsync(member, epoch, default)).OrderBy(tensor => Array.IndexOf(names, tensor.Name)))
        {
            var bytes = new byte[tensor.ByteLength];
            Assert.Equal(bytes.Length, await tensor.Source.ReadAsync(tensor.Offset, bytes, default));
            numbers.AddRange(MemoryMarshal.Cast<byte, float>(bytes));
        }
        return [.. numbers];
    }
}
