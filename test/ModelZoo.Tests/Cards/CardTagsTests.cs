using System.Text.Json;
using ModelZoo.Hub.Cards;

namespace ModelZoo.Tests.Cards;

public sealed class CardTagsTests
{
    static JsonElement Json(string text) => JsonDocument.Parse(text).RootElement;

    static CardTags Of(string yaml, IReadOnlyCollection<string> files, JsonElement? config = null, string body = "", CardKind kind = CardKind.Model) =>
        CardTags.Of(Card.Parse($"---\n{yaml}\n---\n{body}"), kind, files, config);

    [Fact]
    public void Tags_are_the_union_of_card_files_and_config_in_a_fixed_order()
    {
        var tags = Of("license: mit\nlanguage: [en, no]\ntags: [sentiment, pytorch]\ndatasets: [acme/reviews@main]\nbase_model: acme/tiny-bert",
            ["README.md", "config.json", "model.safetensors", "pytorch_model.bin", "onnx/model.onnx"],
            Json("""{"architectures":["BertForSequenceClassification"],"model_type":"bert"}"""), "See https://arxiv.org/abs/1810.03993 and https://arxiv.org/pdf/1810.03993.pdf");
        Assert.Equal(["transformers", "pytorch", "onnx", "safetensors", "bert", "text-classification", "sentiment", "en", "no", "dataset:acme/reviews",
            "arxiv:1810.03993", "base_model:acme/tiny-bert", "base_model:finetune:acme/tiny-bert", "license:mit", "region:us"], tags.Tags);
        Assert.Equal(("text-classification", "transformers"), (tags.PipelineTag, tags.LibraryName));
    }

    [Theory]
    [InlineData("model_index.json", "diffusers")]
    [InlineData("adapter_config.json", "peft")]
    [InlineData("modules.json", "sentence-transformers")]
    [InlineData("model.Q4_K_M.gguf", "gguf")]
    [InlineData("a/b/model.onnx", "onnx")]
    [InlineData("MLmodel", "mlflow")]
    [InlineData("asr.nemo", "nemo")]
    [InlineData("x.mlmodel", "coreml")]
    [InlineData("weights.bin", null)]
    public void The_library_is_seen_from_the_files(string file, string? library) => Assert.Equal(library, Of("x: y", [file]).LibraryName);

    [Fact]
    public void The_card_then_a_tag_then_the_files_say_the_library()
    {
        Assert.Equal("timm", Of("library_name: timm\ntags: [peft]", ["modules.json"]).LibraryName);
        Assert.Equal("peft", Of("tags: [small, peft]", ["modules.json"]).LibraryName);
    }

    [Theory]
    [InlineData("LlamaForCausalLM", "llama", "text-generation")]
    [InlineData("GPT2LMHeadModel", "gpt2", "text-generation")]
    [InlineData("BertForMaskedLM", "bert", "fill-mask")]
    [InlineData("T5ForConditionalGeneration", "t5", "text-generation")]
    [InlineData("WhisperForConditionalGeneration", "whisper", "automatic-speech-recognition")]
    [InlineData("Qwen2_5_VLForConditionalGeneration", "qwen2_5_vl", "image-text-to-text")]
    [InlineData("ViTForImageClassification", "vit", "image-classification")]
    [InlineData("DetrForObjectDetection", "detr", "object-detection")]
    [InlineData("BertModel", "bert", "feature-extraction")]
    [InlineData("SomethingElse", "odd", null)]
    public void The_task_is_seen_from_the_architecture(string architecture, string type, string? task) =>
        Assert.Equal(task, Of("x: y", ["config.json"], Json($$"""{"architectures":["{{architecture}}"],"model_type":"{{type}}"}""")).PipelineTag);

    [Theory]
    [InlineData("base_model: a/b", "README.md", "{}", "finetune")]
    [InlineData("base_model: a/b", "adapter_config.json", "{}", "adapter")]
    [InlineData("base_model: a/b", "m.gguf", "{}", "quantized")]
    [InlineData("base_model: a/b", "config.json", "{\"quantization_config\":{\"quant_method\":\"gptq\"}}", "quantized")]
    [InlineData("base_model: [a/b, a/c]", "README.md", "{}", "merge")]
    [InlineData("base_model: a/b\nbase_model_relation: merge", "m.gguf", "{}", "merge")]
    [InlineData("base_model: a/b\nbase_model_relation: cousin", "README.md", "{}", "finetune")]
    public void The_relation_is_said_or_inferred(string yaml, string file, string config, string relation) =>
        Assert.All(Of(yaml, [file], Json(config)).Parents, parent => Assert.Equal(relation, parent.Relation));

    [Fact]
    public void Data_sets_tag_their_keys_and_their_formats() =>
        Assert.Equal(["task_categories:text-classification", "size_categories:1K<n<10K", "language:en", "license:mit", "format:parquet", "region:us", "reviews"],
            Of("license: mit\nlanguage: en\ntask_categories: [text-classification]\nsize_categories: 1K<n<10K\ntags: [reviews]", ["data/train.parquet"], kind: CardKind.Dataset).Tags);

    [Fact]
    public void A_config_of_any_shape_and_a_card_of_ten_thousand_tags_do_no_harm()
    {
        foreach (var config in (string[])["[]", "1", "{\"architectures\":1,\"model_type\":[]}", "{\"architectures\":[1,null]}", "null"])
            Assert.Null(Of("x: y", ["config.json"], Json(config)).LibraryName);
        Assert.True(Of($"tags: [{string.Join(',', Enumerable.Range(0, 9_000).Select(i => $"t{i}"))}, \"a\\nb\"]", []).Tags.Count <= 500);
    }

    [Fact]
    public void A_new_card_says_what_is_known_and_nothing_else()
    {
        var bare = CardSkeleton.Write(new("acme/vit"));
        Assert.Equal("---\n---\n\n# vit\n", bare);
        var text = CardSkeleton.Write(new("acme/vit")
        {
            License = "apache-2.0", LicenseFile = "LICENSE", PipelineTag = "image-classification", LibraryName = "transformers", Languages = ["no"], BaseModels = ["acme/base"],
            Datasets = ["acme/reviews@main"], Architecture = "vit", ParameterCount = 5_500_000, TrainingCode = "https://git.example/acme/train@3b18e512dba79e4c8300dd08aeb37f8e728b8dad", EnergyKilowattHours = 1.9,
        });
        var card = Card.Parse(text);
        Assert.Empty(card.Findings);
        Assert.DoesNotContain(CardValidator.Check(card), finding => finding.IsError);
        Assert.Equal(["no"], card.Metadata.Languages);
        Assert.DoesNotContain("not stated", text);
        Assert.Contains("Architecture: vit, 5,500,000 parameters.", text);
        Assert.Equal(2, CardScore.Of(card).Points.First(point => point.Id == "code_commit").Points);
        Assert.Equal(2, CardScore.Of(card).Points.First(point => point.Id == "get_started").Points);
    }
}
