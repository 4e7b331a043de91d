using ModelZoo.Learning.Exchange;
using ModelZoo.Learning.Models;
using ModelZoo.Tests.Client;
using ModelZoo.Weights;

namespace ModelZoo.Tests.Learning;

/// <summary>Members as other programs' files, and other programs' zoos as members.</summary>
public sealed class ExchangeTests
{
    static readonly Architecture s_tiny = new() { Family = Family.Vit, Image = 8, Patch = 2, Dim = 32, Depth = 4, Heads = 4, Mlp = 64 };

    [Theory]
    [InlineData(HeadKind.Linear)]
    [InlineData(HeadKind.Mlp)]
    public async Task A_member_comes_back_from_its_files_to_the_bit(HeadKind kind)
    {
        var head = new HeadShape(kind, kind == HeadKind.Mlp ? 64 : 0, 10);
        var layout = ParameterLayout.Of(s_tiny, head);
        var theta = ModelInitializer.Initialize(layout, Initialization.XavierUniform, 3, 4);
        var exported = HuggingFaceVit.Export(s_tiny, head, theta);
        using var folder = new TemporaryFolder();
        await using (var file = File.Create(folder["model.safetensors"])) await SafetensorsWriter.WriteAsync(file, exported.Tensors, new Dictionary<string, string> { ["format"] = "pt" }, default);
        using var source = new FileByteSource(folder["model.safetensors"]);
        var tensors = TensorContent.Of(await WeightReader.ReadHeaderAsync(source, default), source);
        Assert.Equal(theta, await HuggingFaceVit.ReadAsync(s_tiny, head, tensors, default));
        Assert.Contains(tensors, tensor => tensor.Name == "vit.encoder.layer.3.attention.attention.query.weight" && tensor.Shape.SequenceEqual([32L, 32]));
        Assert.Equal(kind == HeadKind.Linear ? "ViTForImageClassification" : "ViTModel", exported.Config["architectures"]![0]!.GetValue<string>());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(7)]
    [InlineData(288)]
    public void Tokens_become_the_same_tensors_again(int size)
    {
        var layout = ParameterLayout.Of(s_tiny, new(HeadKind.Linear, 0, 10));
        var theta = ModelInitializer.Initialize(layout, Initialization.KaimingNormal, 3, 4);
        var tokens = WeightTokens.Of([.. layout.Tensors.Select(tensor => new TokenTensor(tensor.Name, tensor.Shape, theta[tensor.Offset..(tensor.Offset + tensor.Count)]))], size);
        var back = tokens.ToTensors();
        Assert.All(layout.Tensors, tensor => Assert.Equal(theta[tensor.Offset..(tensor.Offset + tensor.Count)], back[tensor.Name]));
        Assert.Equal(theta.Length, tokens.Mask.Sum(each => each));
        Assert.Equal(Enumerable.Range(0, tokens.Positions.Length / 3), tokens.Positions.Where((_, i) => i % 3 == 0));
    }

    [Fact]
    public async Task A_zoo_of_ray_tune_is_read_with_its_lineage_and_its_scars()
    {
        using var folder = new TemporaryFolder();
        const string parent = "pretraining/sl_vit_seed_42", child = "finetuning/sl_vit_seed_42/ft_lr_0.1";
        folder.Write($"{parent}/params.json", """{"optim::lr": 0.001, "seed": 42, "cuda": true, "model::name": "vit"}""");
        folder.Write($"{parent}/checkpoint_000002/checkpoints", "state");
        folder.Write($"{parent}/result.json", """
            {"training_iteration": 0, "test_acc": 0.1, "train_loss": NaN, "hostname": "here", "config": {"a": "NaN"}}
            {"training_iteration": 2, "test_acc": 0.7, "train_loss": -Infinity}
            {"training_iteration": 3, "test_a
            """);
        folder.Write($"{child}/config.json", """{"optim::lr": "0.1", "seed": 42, "cuda": false, "model::name": "vit", "pretraining::model::path": "/x/pretraining/sl_vit_seed_42/checkpoint_2/checkpoints"}""");
        folder.Write($"{child}/checkpoint_1/checkpoints", "state");
        folder.Write($"{child}/error.txt", "out of memory");
        folder.Write("experiment_state-1.json", "{}");
        var zoo = await RayZoo.ReadAsync(new FolderFiles(folder.Path), default);
        Assert.Equal([child, parent], zoo.Trials.Select(trial => trial.Folder));
        Assert.Equal((parent, 2), (zoo.Trials[0].Parent!.Folder, zoo.Trials[0].Parent!.Epoch));
        Assert.True(zoo.Trials[0].HasFailed);
        var warnings = new List<string>();
        Assert.Empty(await RayResults.ReadAsync(new FolderFiles(folder.Path), zoo.Trials[0], warnings, default));
        var results = await RayResults.ReadAsync(new FolderFiles(folder.Path), zoo.Trials[1], warnings, default);
        // By iteration: there is no line of epoch 1, and none moves up.
        Assert.Equal([0, 2], results.Keys);
        Assert.Equal(0.7, results[2]["test_acc"]);
        Assert.True(double.IsNaN(results[0]["train_loss"]));
        Assert.False(results[0].ContainsKey("hostname"));
        Assert.Contains("torn", Assert.Single(warnings));
        Assert.Equal(["optim::lr"], zoo.Factors);
        Assert.Equal(["model::name", "pretraining::model::path", "seed"], zoo.Constants.Keys.Order());
    }
}
