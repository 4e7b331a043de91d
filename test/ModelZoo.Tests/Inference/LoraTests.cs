using System.Text;
using System.Text.Json.Nodes;
using ModelZoo.Inference;
using ModelZoo.Inference.Adapters;
using ModelZoo.Inference.Lora;
using ModelZoo.Inference.Runtime;
using ModelZoo.Tests.Client;
using ModelZoo.Tests.Weights;
using ModelZoo.Weights;

namespace ModelZoo.Tests.Inference;

/// <summary>LoRA adapters in PEFT's layout: the shared one against its golden figures, the fields of its configuration, and files that lie.</summary>
public sealed class LoraTests
{
    static readonly CancellationToken s_never = CancellationToken.None;

    [Fact]
    public async Task The_banking_adapter_has_its_golden_logits_and_bits_per_byte_merged_and_unmerged_alike()
    {
        var text = string.Join('\n', TestUtterances(600));
        var golden = Models.Golden("shakespeare-gpt2-lora-banking");
        var logits = new List<float[]>();
        foreach (var merges in (bool[])[false, true])
        {
            using var model = await OpenAsync(merges);
            var language = model.LanguageModel();
            var expected = golden.GetProperty("logits_with_adapter");
            using (var state = language.Begin())
            {
                var ids = expected.GetProperty("input_ids").Ints();
                logits.Add(language.Advance(state, ids, s_never));
                Models.AssertClose(expected.GetProperty("last_row_first8").Floats(), logits[^1].AsSpan((ids.Length - 1) * (logits[^1].Length / ids.Length), 8), 1e-3);
            }
            var bits = -language.ScoreRolling(language.Tokenizer.EncodeIds(text), s_never) / Encoding.UTF8.GetByteCount(text) / Math.Log(2);
            Assert.Equal(2.3022390180047747, bits, 1e-5);
        }
        Models.AssertClose(logits[0], logits[1], 3e-5);
        using var plain = await RunnableModel.OpenAsync(Folder("shakespeare-gpt2/model.safetensors"), SessionSettings.Default, s_never);
        var bare = plain.LanguageModel();
        Assert.Equal(2.9269842181760892, -bare.ScoreRolling(bare.Tokenizer.EncodeIds(text), s_never) / Encoding.UTF8.GetByteCount(text) / Math.Log(2), 1e-5);
    }

    [Fact]
    public async Task Two_adapters_add_up()
    {
        Models.RequireRuntime();
        var adapter = Folder("shakespeare-gpt2-lora-banking/adapter_config.json");
        using var folder = new TemporaryFolder();
        // Twice the adapter is the adapter with twice its alpha.
        File.Copy(Path.Combine(adapter, LoraAdapter.WeightsName), folder[LoraAdapter.WeightsName]);
        folder.Write(AdapterConfig.FileName, File.ReadAllText(Path.Combine(adapter, AdapterConfig.FileName)).Replace("\"lora_alpha\": 8", "\"lora_alpha\": 16"));
        var results = new List<float[]>();
        foreach (var adapters in (string[][])[[adapter, adapter], [folder.Path]])
        {
            using var model = await RunnableModel.OpenAsync(Folder("shakespeare-gpt2/model.safetensors"), new OpenOptions { Adapters = adapters }, s_never);
            var language = model.LanguageModel();
            using var state = language.Begin();
            results.Add(language.Advance(state, [10, 300, 45], s_never));
        }
        Models.AssertClose(results[0], results[1], 1e-4, 1e-5);
    }

    [Theory]
    [InlineData("c_attn", "transformer.h.0.attn.c_attn", true)]
    [InlineData("c_attn", "transformer.h.0.attn.xc_attn", false)]
    [InlineData("c_proj", "transformer.h.0.attn.c_attn", false)]
    public void A_target_is_the_end_of_a_path(string target, string module, bool isTargeted) => Assert.Equal(isTargeted, Config(json => json["target_modules"] = new JsonArray(target)).Targets(module));

    [Fact]
    public void Fields_of_the_configuration_mean_what_they_mean_in_PEFT()
    {
        var pattern = Config(json => json["target_modules"] = @".*\.h\.\d+\.attn\.(c_attn|c_proj)");
        Assert.True(pattern.Targets("transformer.h.11.attn.c_proj"));
        Assert.False(pattern.Targets("transformer.h.11.attn.c_proj.extra"));
        Assert.True(Config(json => json["target_modules"] = "all-linear").Targets("model.layers.0.mlp.up_proj"));
        Assert.False(Config(json => json["exclude_modules"] = new JsonArray("0.attn.c_attn")).Targets("transformer.h.0.attn.c_attn"));
        Assert.False(Config(json => json["exclude_modules"] = @".*h\.0.*").Targets("transformer.h.0.attn.c_attn"));

        var layers = Config(json => json["layers_to_transform"] = new JsonArray(1, 2));
        Assert.Equal([false, true, true], Enumerable.Range(0, 3).Select(i => layers.Targets($"transformer.h.{i}.attn.c_attn")));
        var named = Config(json => (json["layers_to_transform"], json["layers_pattern"]) = (0, "h"));
        Assert.True(named.Targets("transformer.h.0.attn.c_attn"));
        Assert.False(named.Targets("transformer.layers.0.attn.c_attn"));

        Assert.Equal((4, 2.0), Config(_ => { }).For("transformer.h.0.attn.c_attn"));
        Assert.Equal((4, 4.0), Config(json => json["use_rslora"] = true).For("transformer.h.0.attn.c_attn"));
        var ranks = Config(json => (json["rank_pattern"], json["alpha_pattern"]) = (new JsonObject { ["h.1.attn.c_attn"] = 8 }, new JsonObject { [@"h\.\d+\.attn\.c_attn"] = 32 }));
        Assert.Equal((8, 4.0), ranks.For("transformer.h.1.attn.c_attn"));
        Assert.Equal((4, 8.0), ranks.For("transformer.h.2.attn.c_attn"));
        Assert.Equal("zoo/shakespeare-gpt2", ranks.BaseModel);
    }

    [Theory]
    [InlineData("peft_type", "\"IA3\"")]
    [InlineData("r", "0")]
    [InlineData("r", "1000000000")]
    [InlineData("bias", "\"some\"")]
    [InlineData("target_modules", "null")]
    [InlineData("target_modules", "\"((((\"")]
    [InlineData("lora_alpha", "\"x\"")]
    public void A_broken_configuration_is_refused(string key, string value) =>
        Assert.Equal(InferenceFault.Model, Assert.Throws<InferenceException>(() => Config(json => json[key] = JsonNode.Parse(value))).Fault);

    [Theory]
    [InlineData("\"r\": 4", "\"r\": 8", "rank")]
    [InlineData("\"c_attn\"", "\"c_proj\"", "target")]
    [InlineData("\"use_dora\": false", "\"use_dora\": true", "lora_magnitude_vector")]
    public async Task An_adapter_that_contradicts_itself_is_refused(string from, string to, string word)
    {
        var adapter = Folder("shakespeare-gpt2-lora-banking/adapter_config.json");
        using var folder = new TemporaryFolder();
        File.Copy(Path.Combine(adapter, LoraAdapter.WeightsName), folder[LoraAdapter.WeightsName]);
        folder.Write(AdapterConfig.FileName, File.ReadAllText(Path.Combine(adapter, AdapterConfig.FileName)).Replace(from, to));
        var refused = await Assert.ThrowsAsync<InferenceException>(() => LoraAdapter.ReadAsync(new FolderFiles(folder.Path), s_never));
        Assert.Contains(word, refused.Message);
    }

    [Fact]
    public async Task An_adapter_does_not_go_on_another_base()
    {
        Models.RequireRuntime();
        var refused = await Assert.ThrowsAsync<InferenceException>(() => RunnableModel.OpenAsync(Folder("banking77-bert-mini/model.safetensors"), new OpenOptions { Adapters = [Folder("shakespeare-gpt2-lora-banking/adapter_config.json")] }, s_never));
        Assert.Contains("c_attn", refused.Message);
        var alone = await Assert.ThrowsAsync<InferenceException>(() => RunnableModel.OpenAsync(Folder("shakespeare-gpt2-lora-banking/adapter_config.json"), SessionSettings.Default, s_never));
        Assert.Contains("base", alone.Message);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Merging_adds_the_scaled_product_whichever_way_the_base_lies(bool isTurned)
    {
        // W [out 2, in 3], A [1, 3], B [2, 1], s = 0.5
        var part = new LoraPart([1, 2, 3], 3, [10, 20], 2, 1, 0.5, null, null, false);
        float[] expected = [5, 10, 15, 10, 20, 30];
        var merged = AdaptedWeights.Merge(new float[6], part, isTurned);
        for (var o = 0; o < 2; o++)
            for (var i = 0; i < 3; i++) Assert.Equal(expected[(o * 3) + i], merged[isTurned ? (i * 2) + o : (o * 3) + i]);
    }

    static AdapterConfig Config(Action<JsonObject> change)
    {
        var json = new JsonObject { ["peft_type"] = "LORA", ["r"] = 4, ["lora_alpha"] = 8, ["target_modules"] = new JsonArray("c_attn"), ["base_model_name_or_path"] = "zoo/shakespeare-gpt2", ["unknown"] = 1 };
        change(json);
        return AdapterConfig.Parse(Encoding.UTF8.GetBytes(json.ToJsonString()));
    }

    static Task<RunnableModel> OpenAsync(bool merges)
    {
        Models.RequireRuntime();
        return RunnableModel.OpenAsync(Folder("shakespeare-gpt2/model.safetensors"), new OpenOptions { Adapters = [Folder("shakespeare-gpt2-lora-banking/adapter_config.json")], MergesAdapters = merges }, s_never);
    }

    static string Folder(string file) => Path.GetDirectoryName(SharedModels.Require(file))!;

    /// <summary>The first column of a CSV file whose second is one word.</summary>
    static IEnumerable<string> TestUtterances(int count) => Csv(File.ReadAllText(Models.RequireData("eval/banking77/test.csv"))).Skip(1).Take(count).Select(text => text.Trim());

    static IEnumerable<string> Csv(string text)
    {
        var (field, isQuoted, isFirst) = (new StringBuilder(), false, true);
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (isQuoted)
            {
                if (c == '"' && i + 1 < text.Length && text[i + 1] == '"') { if (isFirst) field.Append('"'); i++; }
                else if (c == '"') isQuoted = false;
                else if (isFirst) field.Append(c);
            }
            else if (c == '"') isQuoted = true;
            else if (c == ',') isFirst = false;
            else if (c == '\n')
            {
                yield return field.ToString();
                field.Clear();
                isFirst = true;
            }
            else if (isFirst && c != '\r') field.Append(c);
        }
    }
}
