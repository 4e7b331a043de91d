using System.Text;
using ModelZoo.Profiling;
using static ModelZoo.Tests.Profiling.SparseFiles;

namespace ModelZoo.Tests.Profiling;

/// <summary>Repositories with one bad file: the defect is named with the file, and the rest still counts.</summary>
public sealed class HostileRepositoryTests
{
    static byte[] Header(string json, int bytes = 0) => [.. BitConverter.GetBytes((long)Encoding.UTF8.GetByteCount(json)), .. Encoding.UTF8.GetBytes(json), .. new byte[bytes]];

    public static TheoryData<string, byte[]> BadShards() => new()
    {
        { "at most 100000000", [.. BitConverter.GetBytes(1UL << 63), .. "{\"a\":{}}"u8, .. new byte[64]] },
        { "truncated", [.. BitConverter.GetBytes(1_000_000L), .. "{\"a\":{}}"u8, .. new byte[64]] },
        { "hole of 4", Header("""{"a":{"dtype":"I32","shape":[1],"data_offsets":[4,8]}}""", 8) },
        { "overlap", Header("""{"a":{"dtype":"I32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"I32","shape":[1],"data_offsets":[2,6]}}""", 6) },
        { "overflows", Header("""{"a":{"dtype":"U8","shape":[4294967296,4294967296],"data_offsets":[0,0]}}""") },
        { "occurs twice", Header("""{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}""", 1) },
        { "nested too deeply", Header("{\"a\":{\"x\":" + new string('[', 5000)) },
        { "no known weight format", "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 12\n"u8.ToArray() },
        { "", [] },
    };

    [Theory]
    [MemberData(nameof(BadShards))]
    public async Task A_bad_shard_is_named_and_the_others_count(string said, byte[] content)
    {
        using var files = new SparseFiles().Config(ConfigOf("llama-3.2-1b")).Safetensors(Llama(Zoo.Model("llama-3.2-1b").Shape, storesHead: false), shards: 4);
        var whole = (await files.ProfileAsync()).Parameters!.Value.Value;
        File.WriteAllBytes(Path.Combine(files.Folder, "model-00002-of-00004.safetensors"), content);
        var profile = await files.ProfileAsync();
        Assert.InRange(profile.Parameters!.Value.Value, 1, whole - 1);
        Assert.False(profile.IsVerified);
        Assert.Contains(profile.Notices, notice => notice.StartsWith("model-00002-of-00004.safetensors:", StringComparison.Ordinal) && notice.Contains(said, StringComparison.Ordinal));
        Assert.Contains(profile.Notices, notice => notice.Contains("predicts 1,235,814,400", StringComparison.Ordinal));
        Estimator.Estimate(profile, Zoo.Device("rtx-4090"));
    }

    [Theory]
    [InlineData("{\"model_type\":\"\\ud800\"}", "surrogate")]
    [InlineData("{\"\\udfff\":1}", "surrogate")]
    [InlineData("{\"a\":1", "JSON")]
    [InlineData("not json", "JSON")]
    [InlineData("[1,2]", "object")]
    [InlineData("""{"model_type":"llama","num_hidden_layers":16,"hidden_size":2048,"num_attention_heads":32,"num_key_value_heads":-8,"vocab_size":128256}""", "key/value heads")]
    [InlineData("""{"model_type":"bert","num_hidden_layers":2,"hidden_size":64,"intermediate_size":64,"num_attention_heads":2,"vocab_size":10,"max_position_embeddings":-5}""", "context -5")]
    [InlineData("""{"model_type":"t5","d_model":8,"num_heads":2,"d_kv":-4,"d_ff":8,"num_layers":2,"vocab_size":10}""", "negative")]
    [InlineData("""{"model_type":"deepseek_v3","num_hidden_layers":2,"hidden_size":64,"num_attention_heads":2,"vocab_size":10,"kv_lora_rank":16,"qk_nope_head_dim":-40,"qk_rope_head_dim":8,"v_head_dim":8}""", "negative")]
    [InlineData("""{"model_type":"mamba","num_hidden_layers":2,"hidden_size":64,"vocab_size":10,"state_size":-3}""", "state -3")]
    [InlineData("""{"_class_name":"AutoencoderKL","block_out_channels":[0]}""", "block_out_channels")]
    [InlineData("""{"model_type":"dlrm","arch_sparse_feature_size":4,"arch_embedding_size":"9-x","arch_mlp_bot":"1-4","arch_mlp_top":"1"}""", "hyphens")]
    public async Task A_bad_configuration_is_named_and_the_tensors_count(string config, string said)
    {
        using var files = new SparseFiles().Config(config).Safetensors(Llama(Zoo.Model("llama-3.2-1b").Shape, storesHead: false));
        var profile = await files.ProfileAsync();
        Assert.Equal(1_235_814_400, profile.Parameters!.Value.Value);
        Assert.Contains(profile.Notices, notice => notice.Contains("configuration was not used", StringComparison.Ordinal) && notice.Contains(said, StringComparison.OrdinalIgnoreCase));
        Assert.True(Estimator.Estimate(profile, Zoo.Device("h100-sxm")).Memory.Total > 0);
    }

    [Fact]
    public async Task Bytes_that_are_no_text_are_no_configuration()
    {
        using var files = new SparseFiles().Safetensors(Llama(Zoo.Model("llama-3.2-1b").Shape, storesHead: false));
        File.WriteAllBytes(Path.Combine(files.Folder, "config.json"), [.. "{\"model_type\":\""u8, 0xc1, 0xff, .. "\"}"u8]);
        Assert.Contains((await files.ProfileAsync()).Notices, notice => notice.Contains("UTF-8", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_pipeline_with_broken_parts_is_told_part_by_part()
    {
        using var files = new SparseFiles();
        File.WriteAllText(Path.Combine(files.Folder, "model_index.json"), """{"unet":["diffusers","UNet2DConditionModel"],"vae":["diffusers","AutoencoderKL"],"../../etc":["x","y"],"scheduler":null,"deep":[[[[]]]]}""");
        foreach (var (folder, config) in ((string, string)[])[("unet", ConfigOf("stable-diffusion-v1-5")), ("vae", "{\"_class_name\":\"AutoencoderKL\",\"block_out_channels\":\"many\",\"layers_per_block\":-1}")])
        {
            Directory.CreateDirectory(Path.Combine(files.Folder, folder));
            File.WriteAllText(Path.Combine(files.Folder, folder, "config.json"), config);
        }
        var profile = await files.ProfileAsync();
        Assert.Equal(["unet", "vae"], profile.Parts.Select(part => part.Name));
        Assert.Null(profile.Parameters);                       // a sum of some parts would mislead
        Assert.Contains("layers per block", profile.Parts[1].Profile.NotMeasured["parameters"], StringComparison.Ordinal);
        Assert.Equal(803_273_441_280, profile.FlopPerUnit!.Value.Value);
    }

    [Fact]
    public void A_prompt_of_thousands_of_millions_of_tokens_costs_no_more_to_estimate()
    {
        var scenario = new Scenario { Phase = Phase.Prefill, Context = 1e12, Devices = 64, LinkBandwidth = 1e9 };
        Estimator.Estimate(Zoo.Model("llama-3.1-8b"), Zoo.Device("h100-sxm"), scenario);
        var before = GC.GetAllocatedBytesForCurrentThread();
        var estimate = Estimator.Estimate(Zoo.Model("llama-3.1-8b"), Zoo.Device("h100-sxm"), scenario);
        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 1 << 20);
        Assert.Equal(Zoo.Model("llama-3.1-8b").Work!.PromptFlop(1e12), estimate.Step.Flop, 1e20);
    }

    [Fact]
    public void A_table_with_text_that_is_none_names_its_defect()
    {
        Assert.Contains("UTF-8", Assert.Throws<ProfileException>(() => Zoo.Reference.WithDevices([.. "{\"id\":\""u8, 0xc1, .. "\"}"u8])).Message, StringComparison.Ordinal);
        Assert.Contains("surrogate", Assert.Throws<ProfileException>(() => Zoo.Reference.WithDevices("{\"id\":\"\\ud800\"}"u8)).Message, StringComparison.Ordinal);
    }
}
