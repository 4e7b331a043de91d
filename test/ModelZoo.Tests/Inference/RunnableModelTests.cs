using ModelZoo.Inference;
using ModelZoo.Inference.Adapters;
using ModelZoo.Inference.Runtime;

namespace ModelZoo.Tests.Inference;

public sealed class RunnableModelTests
{
    static readonly CancellationToken s_never = CancellationToken.None;

    [Fact]
    public async Task A_folder_says_what_its_model_can_be_asked_for()
    {
        using var bert = await OpenAsync("banking77-bert-mini/config.json");
        Assert.Equal([Capability.ClassifyText, Capability.EmbedText], bert.Capabilities);
        Assert.Equal("card_arrival", bert.TextClassifier().Classify("How do I locate my card?", 1, s_never)[0].Label);
        Assert.Equal(128, bert.TextEmbedder().Embed(["hello"], s_never)[0].Length);
        Assert.Equal(InferenceFault.Input, Assert.Throws<InferenceException>(bert.LanguageModel).Fault);

        using var gpt = await OpenAsync("shakespeare-gpt2/config.json");
        Assert.Equal([Capability.Generate], gpt.Capabilities);
        var model = gpt.LanguageModel();
        Assert.Equal((128, 1023), (model.MaxLength, model.Start));
        Assert.Equal(8, model.Generate("ROMEO:", new() { MaxNewTokens = 8 }, s_never).Ids.Count);

        using var resnet = await OpenAsync("resnet20-cifar10/model.onnx");
        Assert.Equal([Capability.ClassifyImages], resnet.Capabilities);
    }

    [Fact]
    public async Task A_folder_without_anything_to_run_is_refused()
    {
        Models.RequireRuntime();
        var folder = Directory.CreateTempSubdirectory("modelzoo-empty").FullName;
        var refused = await Assert.ThrowsAsync<InferenceException>(() => RunnableModel.OpenAsync(folder, SessionSettings.Default, s_never));
        Directory.Delete(folder);
        Assert.Contains("neither", refused.Message);
    }

    static Task<RunnableModel> OpenAsync(string path) => RunnableModel.OpenAsync(Path.GetDirectoryName(Models.Require(path))!, SessionSettings.Default, s_never);
}
