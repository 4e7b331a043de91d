using ModelZoo.Profiling;
using static ModelZoo.Tests.Profiling.SparseFiles;

namespace ModelZoo.Tests.Profiling;

/// <summary>Profiles of true-size headers: what counts, what does not, and whether headers and configuration agree.</summary>
public sealed class HeaderProfileTests
{
    [Fact]
    public async Task Seventy_billion_parameters_in_30_shards_are_counted_to_the_last_one()
    {
        using var files = new SparseFiles().Config(ConfigOf("llama-3.1-70b")).Safetensors(Llama(Zoo.Model("llama-3.1-70b").Shape), shards: 30);
        var profile = await files.ProfileAsync();
        Assert.Equal(70_553_706_496, profile.Parameters!.Value.Value);
        Assert.Equal(Origin.Header, profile.Parameters.Value.Origin);
        Assert.Equal(141_107_412_992, profile.WeightBytes!.Value.Value);
        Assert.Equal(16, profile.BitsPerParameter);
        Assert.True(profile.IsVerified);
        Assert.Equal(723, profile.TensorCount);
        Assert.Equal(profile.Parameters.Value.Value, profile.Components.Sum(share => (double)share.Parameters));
        Assert.Equal("BF16", Assert.Single(profile.DTypes).DType);
    }

    [Fact]
    public async Task A_tied_head_that_is_stored_twice_counts_once()
    {
        using var files = new SparseFiles().Config(ConfigOf("qwen3-1.7b")).Safetensors(Llama(Zoo.Model("qwen3-1.7b").Shape, queryKeyNorm: true), shards: 2);
        var profile = await files.ProfileAsync();
        Assert.Equal(1_720_574_976, profile.Parameters!.Value.Value);
        Assert.Equal(2 * 2_031_739_904L, profile.WeightBytes!.Value.Value);
        Assert.True(profile.IsVerified);
        Assert.Contains(profile.Notices, notice => notice.Contains("tied", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Masks_of_gpt2_are_buffers()
    {
        List<Entry> tensors = [new("wte.weight", "F32", 50257, 768), new("wpe.weight", "F32", 1024, 768), new("ln_f.weight", "F32", 768), new("ln_f.bias", "F32", 768)];
        for (var l = 0; l < 12; l++)
            tensors.AddRange(
            [
                new($"h.{l}.attn.bias", "F32", 1, 1, 1024, 1024), new($"h.{l}.attn.c_attn.weight", "F32", 768, 2304), new($"h.{l}.attn.c_attn.bias", "F32", 2304),
                new($"h.{l}.attn.c_proj.weight", "F32", 768, 768), new($"h.{l}.attn.c_proj.bias", "F32", 768), new($"h.{l}.ln_1.weight", "F32", 768), new($"h.{l}.ln_1.bias", "F32", 768),
                new($"h.{l}.ln_2.weight", "F32", 768), new($"h.{l}.ln_2.bias", "F32", 768), new($"h.{l}.mlp.c_fc.weight", "F32", 768, 3072), new($"h.{l}.mlp.c_fc.bias", "F32", 3072),
                new($"h.{l}.mlp.c_proj.weight", "F32", 3072, 768), new($"h.{l}.mlp.c_proj.bias", "F32", 768),
            ]);
        using var files = new SparseFiles().Config(ConfigOf("gpt2")).Safetensors(tensors);
        var profile = await files.ProfileAsync();
        Assert.Equal(124_439_808, profile.Parameters!.Value.Value);
        Assert.Equal(4 * (124_439_808 + 12 * 1024 * 1024L), profile.WeightBytes!.Value.Value);
        Assert.True(profile.IsVerified);
    }

    [Fact]
    public async Task Scales_of_fp8_do_not_count_and_a_prediction_layer_counts_apart()
    {
        var shape = Zoo.Model("llama-3.2-1b").Shape;
        var tensors = Llama(shape, "F8_E4M3", storesHead: false);
        tensors.AddRange(tensors.Where(t => t.Name.EndsWith("proj.weight", StringComparison.Ordinal)).Select(t => new Entry(t.Name + "_scale_inv", "F32", t.Shape[0] / 128, t.Shape[1] / 128)).ToList());
        tensors.Add(new("model.layers.16.mlp.up_proj.weight", "F8_E4M3", 1000, 1000));
        using var files = new SparseFiles().Config(ConfigOf("llama-3.2-1b").Replace("{\"model_type\"", "{\"num_nextn_predict_layers\": 1, \"model_type\"", StringComparison.Ordinal)).Safetensors(tensors);
        var profile = await files.ProfileAsync();
        Assert.Equal(1_235_814_400, profile.Parameters!.Value.Value);
        Assert.Equal(1_000_000, profile.DraftParameters!.Value.Value);
    }

    [Fact]
    public async Task Packed_weights_count_what_they_hold()
    {
        async Task<double> CountAsync(string config, params Entry[] tensors)
        {
            using var files = new SparseFiles().Config(config).Safetensors(tensors);
            return (await files.ProfileAsync()).Parameters!.Value.Value;
        }
        const string Gptq = """{"model_type":"unheard_of","quantization_config":{"quant_method":"gptq","bits":4}}""";
        Assert.Equal(4096 * 4096, await CountAsync(Gptq, new("m.q_proj.qweight", "I32", 512, 4096), new("m.q_proj.qzeros", "I32", 32, 512), new("m.q_proj.scales", "F16", 32, 4096), new("m.q_proj.g_idx", "I32", 4096)));
        const string Packed = """{"model_type":"unheard_of","quantization_config":{"quant_method":"compressed-tensors","config_groups":{"group_0":{"weights":{"num_bits":4}}}}}""";
        Assert.Equal(4096 * 4096, await CountAsync(Packed, new("m.weight_packed", "I32", 4096, 512), new("m.weight_scale", "BF16", 4096, 32), new("m.weight_shape", "I64", 2)));
        Assert.Equal(4096 * 4096, await CountAsync("{}", new("m.weight", "U8", 4096 * 2048, 1), new("m.weight.absmax", "U8", 262144), new("m.weight.quant_map", "F32", 16), new("m.weight.quant_state.bitsandbytes__nf4", "U8", 100)));
        Assert.Equal(32 * 2880 * 2880, await CountAsync("{}", new("m.experts.down_proj_blocks", "U8", 32, 2880, 90, 16), new("m.experts.down_proj_scales", "U8", 32, 2880, 90)));
        const string Regex = """{"model_type":"unheard_of","quantization_config":{"quant_method":"modelopt","ignore":["lm_head","re:(a+)+$","m.visual*"]}}""";
        Assert.Equal(2 * 4096 * 2048 + 100, await CountAsync(Regex, new("m.q.weight", "U8", 4096, 2048), new("m.q.weight_scale", "F8_E4M3", 4096, 256), new("m.q.weight_scale_2", "F32"), new("m.visual.weight", "BF16", 10, 10)));
    }

    [Fact]
    public async Task A_truncated_or_mislabelled_model_raises_the_alarm()
    {
        var tensors = Llama(Zoo.Model("llama-3.1-8b").Shape);
        using var files = new SparseFiles().Config(ConfigOf("llama-3.1-8b")).Safetensors([.. tensors.Where(t => !t.Name.Contains("layers.31.", StringComparison.Ordinal))]);
        var profile = await files.ProfileAsync();
        Assert.False(profile.IsVerified);
        Assert.Contains(profile.Notices, notice => notice.Contains("predicts 8,030,261,248", StringComparison.Ordinal));
        using var shards = new SparseFiles().Config(ConfigOf("llama-3.1-8b")).Safetensors(tensors, shards: 4);
        File.Delete(Path.Combine(shards.Folder, "model-00002-of-00004.safetensors"));
        Assert.Contains((await shards.ProfileAsync()).Notices, notice => notice.Contains("1 of 4 shards", StringComparison.Ordinal));
        File.WriteAllText(Path.Combine(shards.Folder, "model-00002-of-00004.safetensors"), "rubbish, not a header");
        Assert.Contains((await shards.ProfileAsync()).Notices, notice => notice.StartsWith("model-00002-of-00004.safetensors:", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_padded_vocabulary_is_a_known_cause()
    {
        using var files = new SparseFiles().Config(ConfigOf("llama-3.2-1b")).Safetensors(Llama(Zoo.Model("llama-3.2-1b").Shape with { Vocabulary = 128_320 }, storesHead: false));
        var profile = await files.ProfileAsync();
        Assert.True(profile.IsVerified);
        Assert.Contains(profile.Notices, notice => notice.Contains("+64 rows", StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_unknown_family_is_told_from_its_tensors()
    {
        using var files = new SparseFiles().Config("""{"model_type":"brand_new","vocab_size":128256}""").Safetensors(Llama(Zoo.Model("llama-3.1-8b").Shape));
        var profile = await files.ProfileAsync();
        Assert.Equal(8_030_261_248, profile.Parameters!.Value.Value);
        Assert.Equal(15_009_316_864, profile.FlopPerUnit!.Value.Value);
        Assert.Equal(Origin.Estimate, profile.FlopPerUnit.Value.Origin);
        Assert.Equal(131_072, profile.CacheBytesPerToken!.Value.Value);
        Assert.Equal(524_288, profile.Work!.Layers.Sum(l => l.Count * l.ScoreFlop));
    }

    [Fact]
    public async Task A_pipeline_is_the_sum_of_its_components()
    {
        using var files = new SparseFiles();
        File.WriteAllText(Path.Combine(files.Folder, "model_index.json"), """{"_class_name":"StableDiffusionPipeline","unet":["diffusers","UNet2DConditionModel"],"text_encoder":["transformers","CLIPTextModel"],"scheduler":["diffusers","x"]}""");
        foreach (var (folder, config) in ((string, string)[])[("unet", ConfigOf("stable-diffusion-v1-5")), ("text_encoder", """{"model_type":"clip_text_model","hidden_size":768,"intermediate_size":3072,"num_hidden_layers":12,"num_attention_heads":12,"vocab_size":49408,"max_position_embeddings":77}""")])
        {
            Directory.CreateDirectory(Path.Combine(files.Folder, folder));
            File.WriteAllText(Path.Combine(files.Folder, folder, "config.json"), config);
        }
        var profile = await files.ProfileAsync();
        Assert.Equal(859_520_964 + 123_060_480, profile.Parameters!.Value.Value);
        Assert.Equal(2, profile.Parts.Count);
        Assert.Equal(803_273_441_280, profile.FlopPerUnit!.Value.Value);
    }

    [Fact]
    public async Task A_step_reads_weights_in_the_formats_they_are_stored_in()
    {
        var shape = Zoo.Model("llama-3.1-8b").Shape;
        var tensors = Llama(shape).Select(t => t.Name.Contains("proj", StringComparison.Ordinal) ? t with { DType = "F8_E4M3" } : t).ToList();
        using var files = new SparseFiles().Config(ConfigOf("llama-3.1-8b")).Safetensors(tensors);
        var estimate = Estimator.Estimate(await files.ProfileAsync(), Zoo.Device("h100-sxm"), Zoo.Pure with { Context = 1 });
        // Layers in one byte, the head in two, one token of cache.
        Assert.Equal(6_979_321_856 + 2 * 525_336_576.0 + 131_072, estimate.Step.Bytes, 10e6);
        Assert.Equal(1979e12, estimate.Assumptions.Single(a => a.Name == "peakFlopPerSecond").Value);
    }

    [Fact]
    public void A_diff_names_what_came_went_and_changed()
    {
        static ModelZoo.Weights.TensorInfo Tensor(string name, params long[] shape) => new(name, ModelZoo.Weights.DType.F32, shape, 0, 0);
        var diff = TensorDiff.Of([Tensor("a", 2, 3), Tensor("b", 4), Tensor("c", 5)], [Tensor("a", 3, 2), Tensor("b", 4), Tensor("d", 7)]);
        Assert.Equal("d", Assert.Single(diff.Added).Name);
        Assert.Equal("c", Assert.Single(diff.Removed).Name);
        Assert.Equal("a", Assert.Single(diff.Changed).Name);
        Assert.Equal((1, 2), (diff.Same, (int)diff.ParameterChange));
    }
}
