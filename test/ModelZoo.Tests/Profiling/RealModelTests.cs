using ModelZoo.Profiling;
using ModelZoo.Weights;
using ModelZoo.Tests.Weights;

namespace ModelZoo.Tests.Profiling;

/// <summary>Real files of others and our own, where they are present.</summary>
public sealed class RealModelTests
{
    static Task<Profile> FolderAsync(string file) => ModelReader.ReadAsync(new FolderFiles(Path.GetDirectoryName(SharedModels.Require(file))!), null, TestContext.Current.CancellationToken);

    static Task<Profile> FileAsync(string file) => ModelReader.ReadAsync(new FolderFiles(SharedModels.Require(file)), null, TestContext.Current.CancellationToken);

    [Fact]
    public async Task A_small_gpt2_agrees_with_its_configuration_in_all_three_formats()
    {
        var profile = await FolderAsync("shakespeare-gpt2/config.json");
        Assert.True(profile.IsVerified, string.Join('\n', profile.Notices));
        Assert.Equal(ModelFamily.DenseTransformer, profile.Family);
        var gguf = await FileAsync("shakespeare-gpt2/model-f32.gguf");
        Assert.Equal(profile.CacheBytesPerToken!.Value.Value, gguf.CacheBytesPerToken!.Value.Value);
        Assert.Equal(profile.FlopPerUnit!.Value.Value, gguf.FlopPerUnit!.Value.Value);
        // The GGUF file stores the tied head a second time, and has no configuration that says so.
        Assert.Equal(profile.Parameters!.Value.Value + profile.Shape.Vocabulary!.Value * profile.Shape.Hidden!.Value, gguf.Parameters!.Value.Value);
    }

    [Fact]
    public async Task A_small_bert_agrees_with_its_configuration_and_its_graph()
    {
        var profile = await FolderAsync("banking77-bert-mini/config.json");
        Assert.True(profile.IsVerified, string.Join('\n', profile.Notices));
        var graph = await FileAsync("banking77-bert-mini/onnx/model.onnx");
        Assert.Equal(profile.Parameters!.Value.Value, graph.Parameters!.Value.Value, profile.Parameters.Value.Value * 0.01);
        Assert.NotNull(graph.FlopPerUnit);
        // 128 tokens; the head and the pooler look at one of them.
        Assert.Equal(profile.Work!.EncoderFlop(128), graph.FlopPerUnit.Value.Value, profile.Work.EncoderFlop(128) * 0.03);
    }

    [Fact]
    public async Task SqueezeNet_has_the_published_weights_and_operations()
    {
        var profile = await FileAsync("squeezenet-fp16/SqueezeNet_fp16.onnx");
        // SqueezeNet 1.1: 1,235,496 parameters and 0.35 GMAC (torchvision).
        Assert.Equal(1_235_496, profile.Parameters!.Value.Value, 20_000.0);
        Assert.Equal(0.70e9, profile.FlopPerUnit!.Value.Value, 0.08e9);
        Assert.Equal(ModelFamily.ConvolutionalNetwork, profile.Family);
    }

    [Theory]
    [InlineData("mnist-cnn-cntk/mnist.onnx")]
    [InlineData("mnist-cnn-torch/model.onnx")]
    [InlineData("ultraface-rfb-320/version-RFB-320.onnx")]
    public async Task Graphs_of_pictures_are_followed_to_the_end(string file)
    {
        var profile = await FileAsync(file);
        Assert.True(profile.FlopPerUnit is { Value: > 1e5 }, string.Join('\n', profile.Notices));
        Assert.True(profile.PeakActivationElements is { Value: > 0 });
    }

    [Fact]
    public async Task An_adapter_counts_its_own_weights()
    {
        var profile = await FolderAsync("shakespeare-gpt2-lora-banking/adapter_config.json");
        Assert.Equal(ModelFamily.Adapter, profile.Family);
        Assert.True(profile.Parameters!.Value.Value > 0);
        Assert.True(profile.NotMeasured.ContainsKey("flopPerUnit"));
    }

    [Theory]
    [InlineData("mlperf-tiny/vww_96_int8.tflite")]
    [InlineData("resnet20-cifar10/resnet20-12fca82f.th")]
    [InlineData("silero-vad/silero_vad_16k_op15.onnx")]
    [InlineData("gguf-vocab/ggml-vocab-gpt-2.gguf")]
    public async Task Every_format_gives_a_profile_that_says_what_it_does_not_know(string file)
    {
        var profile = await FileAsync(file);
        Assert.True(profile.Parameters is not null || profile.NotMeasured.ContainsKey("parameters"), string.Join('\n', profile.Notices));
        Assert.True(profile.FlopPerUnit is not null || profile.NotMeasured.ContainsKey("flopPerUnit"));
        ProfileJson.Of(profile).ToJsonString();
    }
}
