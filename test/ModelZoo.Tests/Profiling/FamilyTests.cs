using System.Text;
using System.Text.Json;
using ModelZoo.Profiling;
using static ModelZoo.Tests.Profiling.SparseFiles;

namespace ModelZoo.Tests.Profiling;

/// <summary>What is particular to a family: pictures from steps, tables, towers, encoders that are read once, prediction layers.</summary>
public sealed class FamilyTests
{
    static Profile Read(string json) => Profiler.OfConfig(ModelConfig.Parse(Encoding.UTF8.GetBytes(json)));

    const string Vae = """{"_class_name":"AutoencoderKL","block_out_channels":[128,256,512,512],"layers_per_block":2,"latent_channels":4,"sample_size":512}""";

    [Fact]
    public void The_autoencoder_of_Stable_Diffusion_has_83_653_863_parameters()
    {
        var profile = Read(Vae);
        Assert.Equal(83_653_863, profile.Parameters!.Value.Value);
        // The decoder at 512 pixels: 2.5 TFLOP, three calls of the UNet.
        Assert.InRange(profile.FlopPerUnit!.Value.Value, 2.3e12, 2.6e12);
    }

    [Fact]
    public async Task A_picture_is_steps_with_guidance_and_the_rest_once()
    {
        using var files = new SparseFiles();
        File.WriteAllText(Path.Combine(files.Folder, "model_index.json"), """{"_class_name":"StableDiffusionPipeline","unet":["diffusers","UNet2DConditionModel"],"text_encoder":["transformers","CLIPTextModel"],"vae":["diffusers","AutoencoderKL"]}""");
        foreach (var (folder, config) in ((string, string)[])[("unet", ConfigOf("stable-diffusion-v1-5")), ("vae", Vae), ("text_encoder", """{"model_type":"clip_text_model","hidden_size":768,"intermediate_size":3072,"num_hidden_layers":12,"num_attention_heads":12,"vocab_size":49408,"max_position_embeddings":77}""")])
        {
            Directory.CreateDirectory(Path.Combine(files.Folder, folder));
            File.WriteAllText(Path.Combine(files.Folder, folder, "config.json"), config);
        }
        var profile = await files.ProfileAsync();
        Assert.Equal(859_520_964 + 123_060_480 + 83_653_863, profile.Parameters!.Value.Value);
        var pure = Zoo.Pure with { Weights = Zoo.Precision("fp16") };
        var estimate = Estimator.Estimate(profile, Zoo.Device("a100-sxm-80gb"), pure);
        var call = Estimator.Estimate(profile, Zoo.Device("a100-sxm-80gb"), pure with { CallsPerResult = 1 });
        Assert.Equal(99 * call.Step.Seconds, estimate.LatencySeconds!.Value - call.LatencySeconds!.Value, 1e-9);
        // A call reads the UNet alone, not the parts that lie beside it.
        Assert.InRange(call.Step.Bytes, 2 * 859_520_964, 2 * 859_520_964 + 4 * profile.Work!.ActivationElements + 1);
        Assert.True(call.LatencySeconds > call.Step.Seconds * 1.5, "text encoder and decoder run once");
        Assert.Equal(30 * call.Step.Seconds, Estimator.Estimate(profile, Zoo.Device("a100-sxm-80gb"), pure with { Steps = 30, CallsPerStep = 1 }).LatencySeconds!.Value - (call.LatencySeconds.Value - call.Step.Seconds), 1e-9);
        Assert.Contains(estimate.Notices, notice => notice.Contains("100 calls", StringComparison.Ordinal));
    }

    /// <summary>Published with so many digits: cards of Bamba-9B, Command R+ and Nemotron-H-8B, the public counts of StarCoder2-3B, Granite 3.0 8B and Granite 4.0 H Tiny.</summary>
    [Theory]
    [InlineData(9.78e9, 0.005e9, """{"model_type":"bamba","hidden_size":4096,"intermediate_size":14336,"num_hidden_layers":32,"num_attention_heads":32,"num_key_value_heads":8,"attn_layer_indices":[9,18,27],"mamba_n_heads":128,"mamba_d_head":64,"mamba_n_groups":1,"mamba_d_state":128,"mamba_d_conv":4,"mamba_expand":2,"vocab_size":128256,"tie_word_embeddings":false}""")]
    [InlineData(8.1e9, 0.05e9, """{"model_type":"nemotron_h","hidden_size":4096,"intermediate_size":21504,"num_hidden_layers":52,"num_attention_heads":32,"num_key_value_heads":8,"head_dim":128,"mamba_num_heads":128,"mamba_head_dim":64,"n_groups":8,"ssm_state_size":128,"conv_kernel":4,"vocab_size":131072,"tie_word_embeddings":false,"hybrid_override_pattern":"M-M-M-M*-M-M-M-M-M*-M-M-M-M-M*-M-M-M-M-M*-M-M-M-M-M-"}""")]
    [InlineData(3.03e9, 0.005e9, """{"model_type":"starcoder2","hidden_size":3072,"num_hidden_layers":30,"num_attention_heads":24,"num_key_value_heads":2,"intermediate_size":12288,"vocab_size":49152,"use_bias":true}""")]
    [InlineData(104e9, 0.5e9, """{"model_type":"cohere","hidden_size":12288,"num_hidden_layers":64,"num_attention_heads":96,"num_key_value_heads":8,"intermediate_size":33792,"vocab_size":256000,"use_qk_norm":true}""")]
    [InlineData(8.17e9, 0.005e9, """{"model_type":"granite","hidden_size":4096,"num_hidden_layers":40,"num_attention_heads":32,"num_key_value_heads":8,"intermediate_size":12800,"vocab_size":49155,"tie_word_embeddings":true}""")]
    [InlineData(6.94e9, 0.005e9, """{"model_type":"granitemoehybrid","hidden_size":1536,"num_hidden_layers":40,"num_attention_heads":12,"num_key_value_heads":4,"intermediate_size":512,"shared_intermediate_size":1024,"num_local_experts":64,"num_experts_per_tok":6,"mamba_n_heads":48,"mamba_d_head":64,"mamba_d_state":128,"mamba_d_conv":4,"mamba_n_groups":1,"mamba_expand":2,"vocab_size":100352,"tie_word_embeddings":true,"layer_types":["mamba","mamba","mamba","mamba","mamba","attention","mamba","mamba","mamba","mamba","mamba","mamba","mamba","mamba","mamba","attention","mamba","mamba","mamba","mamba","mamba","mamba","mamba","mamba","mamba","attention","mamba","mamba","mamba","mamba","mamba","mamba","mamba","mamba","mamba","attention","mamba","mamba","mamba","mamba"]}""")]
    public void Families_with_rounded_totals_come_to_them(double published, double allowed, string json) => Assert.Equal(published, Read(json).Parameters!.Value.Value, allowed);

    [Theory]
    [InlineData("stable-diffusion-v1-5", 100)]
    [InlineData("sdxl-base-1.0", 60)]
    [InlineData("flux.1-dev", 28)]
    [InlineData("dit-xl-2-256", 500)]
    [InlineData("resnet-50", 1)]
    public void Steps_and_guidance_have_the_defaults_of_their_family(string id, double calls) => Assert.Equal(calls, Zoo.Model(id).Work!.CallsPerResult);

    [Fact]
    public void A_larger_picture_costs_its_area_and_attention_the_square_of_it()
    {
        // ViT-B/16 at 384 pixels: 55.5 GMAC (timm), 3.16 times those of 224; the area alone would give 2.94.
        var vit = Estimator.Estimate(Zoo.Model("vit-base-patch16-224"), Zoo.Device("h100-sxm"), new() { ImageSize = 384 });
        Assert.Equal(2 * 55.5e9, vit.FlopPerUnit!.Value, 2e9);
        var resnet = Estimator.Estimate(Zoo.Model("resnet-50"), Zoo.Device("h100-sxm"), new() { ImageSize = 448 });
        Assert.Equal(4 * 8_178_368_512.0, resnet.FlopPerUnit);
    }

    /// <summary>The Kaggle display advertising set: 33,762,577 rows in 26 tables; "approximately 540M parameters" (arXiv:1906.00091 § 5).</summary>
    const string Dlrm = """
        {"model_type":"dlrm","arch_sparse_feature_size":16,"arch_mlp_bot":"13-512-256-64-16","arch_mlp_top":"512-256-1","arch_interaction_op":"dot",
         "arch_embedding_size":"1460-583-10131227-2202608-305-24-12517-633-3-93145-5683-8351593-3194-27-14992-5461306-10-5652-2173-4-7046547-18-15-286181-105-142572"}
        """;

    [Fact]
    public void A_recommendation_model_is_its_tables_and_works_little()
    {
        var profile = Read(Dlrm);
        Assert.Equal(540e6, profile.Parameters!.Value.Value, 5.4e6);
        Assert.Equal(33_762_577 * 16 + 13 * 512 + 512 + 512 * 256 + 256 + 256 * 64 + 64 + 64 * 16 + 16 + (351 + 16 + 0) * 512 + 512 + 512 * 256 + 256 + 256 + 1, profile.Parameters.Value.Value);
        Assert.Equal(ModelFamily.Recommendation, profile.Family);
        var estimate = Estimator.Estimate(profile, Zoo.Device("h100-sxm"), Zoo.Pure with { Weights = Zoo.Precision("fp32"), Batch = 2048 });
        Assert.InRange(estimate.FlopPerUnit!.Value, 0.9e6, 1.1e6);
        // The networks once, and 26 rows of 16 numbers for each sample: far less than the tables hold.
        Assert.True(estimate.Step.Bytes < profile.Parameters.Value.Value * 4 / 10);
        Assert.True(estimate.Memory.Weights > 2.1e9);
        Assert.NotNull(estimate.LatencySeconds);
        Assert.Contains("arch_mlp_bot", Assert.Throws<ProfileException>(() => Read("""{"model_type":"dlrm","arch_sparse_feature_size":16,"arch_embedding_size":"10-10"}""")).Message, StringComparison.Ordinal);
        Assert.Contains("multiplied", Assert.Throws<ProfileException>(() => Read(Dlrm.Replace("64-16\"", "64-15\"", StringComparison.Ordinal))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Encoder_decoders_keep_the_input_once_and_the_answer_as_it_grows()
    {
        var work = Zoo.Model("t5-base").Work!;
        // 12 decoder layers of 2 × 12 heads × 64 numbers, for itself and for the input.
        Assert.Equal(12 * 2 * 768 * (100 + 512), work.CacheElements(100, 512));
        // The encoder's pass: 2 × weights × tokens, every pair of tokens, and keys and values of the cross-attention.
        Assert.Equal(2 * work.EncoderWeights * 512 + 4.0 * 12 * 768 * 512 * 512 + 2 * work.CrossWeights * 512, work.EncoderFlop(512));
        Assert.Equal(12 * 2 * 768.0 * 768, work.CrossWeights);
        var whisper = Estimator.Estimate(Zoo.Model("whisper-large-v3"), Zoo.Device("rtx-4090"), Zoo.Pure with { Context = 100 });
        Assert.Equal(2 * 32 * 2 * 1280.0 * (100 + 1500), whisper.Memory.Cache);
        Assert.True(whisper.FirstTokenSeconds > whisper.LatencySeconds, "the first token waits for the encoder");
    }

    [Fact]
    public void Prediction_layers_count_apart_and_come_to_what_DeepSeek_says()
    {
        // About 11.5 billion of its own (DeepSeek-V3, README_WEIGHTS); with copies of embedding and head the files hold 684,489,845,504, "685B".
        var json = ConfigOf("deepseek-v3").Replace("{\"model_type\"", "{\"num_nextn_predict_layers\": 1, \"model_type\"", StringComparison.Ordinal);
        var profile = Read(json);
        Assert.Equal(671_026_419_200, profile.Parameters!.Value.Value);
        Assert.Equal(684_489_845_504 - 671_026_419_200 - 2 * 129_280L * 7168, profile.DraftParameters!.Value.Value);
    }

    [Fact]
    public void Pictures_in_a_prompt_are_tokens_and_passes_of_the_tower()
    {
        var profile = Read("""
            {"model_type":"gemma3","mm_tokens_per_image":256,"text_config":{"model_type":"gemma3_text","hidden_size":2560,"intermediate_size":10240,"num_hidden_layers":34,"sliding_window":1024},
             "vision_config":{"model_type":"siglip_vision_model","hidden_size":1152,"image_size":896,"intermediate_size":4304,"num_attention_heads":16,"num_hidden_layers":27,"patch_size":14,"vision_use_head":false}}
            """);
        Assert.Equal(256, profile.Shape.TokensPerImage);
        var scenario = new Scenario { Context = 500, Prompt = 500, Weights = Zoo.Precision("bf16") };
        var text = Estimator.Estimate(profile, Zoo.Device("rtx-4090"), scenario);
        var seen = Estimator.Estimate(profile, Zoo.Device("rtx-4090"), scenario with { Images = 2 });
        Assert.Equal(500 + 512, seen.Scenario.Context);
        Assert.True(seen.Memory.Cache > text.Memory.Cache);
        Assert.True(seen.Prefill!.Value.Flop > profile.Work!.PromptFlop(1012) + 2 * profile.Parts.Single(part => part.Name == "vision").Profile.FlopPerUnit!.Value.Value * 0.999);
        Assert.Throws<ProfileException>(() => Estimator.Estimate(Zoo.Model("gpt2"), Zoo.Device("t4"), new() { Images = 1 }));
    }

    [Fact]
    public void Micro_controllers_read_from_flash_unless_everything_lies_in_SRAM()
    {
        var device = Zoo.Device("esp32-s3") with { SramBandwidth = 9.6e8, FlashBandwidth = 8e7, SramBytes = 512_000, FlashBytes = 8e6 };
        var scenario = Zoo.Pure with { Weights = Zoo.Precision("int8"), ActivationBytes = 1 };
        var small = Estimator.Estimate(Zoo.Model("ds-cnn-kws"), device, scenario);
        Assert.Equal(24_908 / 9.6e8, small.Step.MemorySeconds, 1e-9);
        var large = Estimator.Estimate(Zoo.Model("mobilenet-v2-0.5"), device with { SramBytes = 4e6, SramBandwidth = 9.6e8 }, scenario);
        Assert.True(large.Step.MemorySeconds > 1_968_680 / 9.6e8);
        Assert.Equal("flash", large.Verdict.Fits ? "flash" : large.Verdict.Sentence);
    }

    [Theory]
    [InlineData("ds-cnn-kws", 24_908)]
    [InlineData("vww-mobilenet-v1-0.25", 221_794)]
    public void References_of_MLPerf_Tiny_have_their_published_sizes(string id, double parameters) => Assert.Equal(parameters, Zoo.Model(id).Parameters!.Value.Value);

    [Fact]
    public async Task Files_that_are_loaded_beside_a_model_are_listed_and_added_when_asked_for()
    {
        using var files = new SparseFiles().Config(ConfigOf("llama-3.2-1b")).Safetensors(Llama(Zoo.Model("llama-3.2-1b").Shape, storesHead: false));
        File.WriteAllBytes(Path.Combine(files.Folder, "mmproj-f16.gguf"), new byte[1000]);
        File.WriteAllBytes(Path.Combine(files.Folder, "llama-draft.gguf"), new byte[500]);
        var profile = await files.ProfileAsync();
        Assert.Equal(["draft model", "projector"], profile.Companions.Select(c => c.Kind));
        Assert.Equal(1_235_814_400, profile.Parameters!.Value.Value);
        var with = Estimator.Estimate(profile, Zoo.Device("rtx-4090"), new() { CompanionBytes = profile.Companions.Sum(c => c.Bytes) });
        Assert.Equal(1500, with.Memory.Companions);
        Assert.Contains("mmproj-f16.gguf", ProfileJson.Of(profile)["companions"]!.ToJsonString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_adapter_names_its_base_model_and_rank()
    {
        using var files = new SparseFiles();
        File.WriteAllText(Path.Combine(files.Folder, "adapter_config.json"), """{"peft_type":"LORA","r":8,"target_modules":["q_proj","v_proj"],"base_model_name_or_path":"meta-llama/Llama-3.1-8B"}""");
        var profile = await files.Safetensors([new("base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight", "F32", 8, 4096)]).ProfileAsync();
        Assert.Equal(ModelFamily.Adapter, profile.Family);
        Assert.Equal(8 * 4096, profile.Parameters!.Value.Value);
        Assert.Contains(profile.Notices, notice => notice.Contains("LORA, rank 8", StringComparison.Ordinal) && notice.Contains("meta-llama/Llama-3.1-8B", StringComparison.Ordinal));
    }

    [Fact]
    public void Every_figure_says_its_formula_with_the_numbers_in_it()
    {
        foreach (var workload in Zoo.Reference.Workloads)
        {
            var profile = Profiler.OfReference(workload);
            foreach (var figure in (Figure?[])[profile.Parameters, profile.ActiveParameters, profile.MatrixWeights, profile.FlopPerUnit, profile.CacheBytesPerToken, profile.StateBytes, profile.ActivationElements])
                if (figure is { } known) Assert.False(string.IsNullOrWhiteSpace(known.How), workload.Id);
            if (profile.Parameters is null) continue;
            var how = Explanation.Of(Estimator.Estimate(profile, Zoo.Device("h100-sxm")));
            Assert.Contains("weights", how["memoryBytes"], StringComparison.Ordinal);
            Assert.All(how.Values, text => Assert.True(text.Length > 5 && !text.Contains("NaN", StringComparison.Ordinal), text));
        }
        var gemma = Explanation.Of(Estimator.Estimate(Zoo.Model("gemma-2-9b"), Zoo.Device("h100-sxm"), new() { Context = 8192, Batch = 4 }));
        Assert.Equal("2 B × 4 sequences × (21 layers × 4,096 × 4,096 tokens + 21 layers × 4,096 × 8,192 tokens)", gemma["kvCacheBytes"]);
        Assert.Contains("max(", gemma["latencySeconds"], StringComparison.Ordinal);
        Assert.Equal("2 B × (32 layers × 2,048)", Zoo.Model("llama-3.1-8b").CacheBytesPerToken!.Value.How);
        Assert.Contains("embedding 525,336,576 + attention 1,342,177,280", Zoo.Model("llama-3.1-8b").Parameters!.Value.How, StringComparison.Ordinal);
        Assert.Contains("of experts that a token does not choose (2 of 8 per layer)", Zoo.Model("mixtral-8x7b").ActiveParameters!.Value.How, StringComparison.Ordinal);
        Assert.Equal(JsonValueKind.Object, JsonDocument.Parse(ProfileJson.Of(Estimator.Estimate(Zoo.Model("gpt2"), Zoo.Device("t4"))).ToJsonString()).RootElement.GetProperty("how").ValueKind);
    }
}
