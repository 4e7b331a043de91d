using System.Text.Json;
using ModelZoo.Fuzz;
using ModelZoo.Tests.Client;
using ModelZoo.Tests.Weights;
using ModelZoo.Weights;

namespace ModelZoo.Tests.Conversion;

/// <summary>Models whose files contradict one another: each is refused by the name of its defect, and nothing is written.</summary>
public class HostileConversionTests
{
    static readonly JsonSerializerOptions s_plain = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    static async Task<string> RefuseAsync(ToyLlama model, Action<TemporaryFolder>? damage = null, DType? type = null, Func<IEnumerable<TensorContent>, IEnumerable<TensorContent>>? change = null)
    {
        using var folder = new TemporaryFolder();
        await model.WriteAsync(folder, change);
        damage?.Invoke(folder);
        var refused = await Assert.ThrowsAnyAsync<Exception>(() => Converted.RunAsync(folder.Path, folder["out/model.gguf"], ConversionTarget.Gguf, type));
        Assert.True(refused is ConversionException or WeightFormatException, $"{refused}");
        Assert.True(!Directory.Exists(folder["out"]) || Directory.GetFileSystemEntries(folder["out"]).Length == 0);
        return refused.Message;
    }

    [Theory]
    [InlineData("\"num_hidden_layers\": 2", "\"num_hidden_layers\": 3", "no tensor for 'blk.2.attn_norm.weight'")]
    [InlineData("\"num_hidden_layers\": 2", "\"num_hidden_layers\": 1", "beyond the 1 layers")]
    [InlineData("\"num_hidden_layers\": 2", "\"num_hidden_layers\": 2147483647", "no tensor for 'blk.2.attn_norm.weight'")]
    [InlineData("\"num_hidden_layers\": 2", "\"num_hidden_layers\": -1", "must be a whole number")]
    [InlineData("\"num_hidden_layers\": 2", "\"num_hidden_layers\": 1e99", "must be a whole number")]
    [InlineData("\"num_attention_heads\": 4", "\"num_attention_heads\": 0", "lacks 'num_attention_heads'")]
    [InlineData("\"num_attention_heads\": 4", "\"num_attention_heads\": 5", "not a multiple")]
    [InlineData("\"num_key_value_heads\": 2", "\"num_key_value_heads\": 0", "cannot be split into 0 heads")]
    [InlineData("\"num_key_value_heads\": 2", "\"num_key_value_heads\": 1", "config.json demands [8, 32]")]
    [InlineData("\"hidden_size\": 32", "\"hidden_size\": 64", "config.json demands [6, 64]")]
    [InlineData("\"vocab_size\": 6", "\"vocab_size\": 7", "config.json demands [7, 32]")]
    [InlineData("\"rms_norm_eps\": 1e-5", "\"rms_norm_eps\": 1e999", "must be a number")]
    [InlineData("LlamaForCausalLM", "FalconForCausalLM", "'FalconForCausalLM' is not converted")]
    [InlineData("\"vocab_size\": 6", "\"vocab_size\": 6, \"quantization_config\": { \"quant_method\": \"gptq\" }", "quantised already ('gptq')")]
    [InlineData("\"vocab_size\": 6", "\"vocab_size\": 6, \"rope_scaling\": { \"type\": \"dynamic\" }", "kind 'dynamic' is not converted")]
    [InlineData("\"architectures\"", "[", "not valid JSON")]
    public async Task A_configuration_that_lies(string said, string instead, string reason) =>
        Assert.Contains(reason, await RefuseAsync(new ToyLlama(), folder => File.WriteAllText(folder["config.json"], new ToyLlama().Config.Replace(said, instead))), StringComparison.Ordinal);

    [Theory]
    [InlineData("\"Ã©\":3", "\"Ã©\":99", "The tokenizer has 100 tokens; config.json says 6")]
    [InlineData("\"Ã©\":3", "\"Ã©\":9223372036854775807", "has the number 9223372036854775807")]
    [InlineData("\"Ã©\":3", "\"Ã©\":-1", "has the number -1")]
    [InlineData("\"type\":\"BPE\"", "\"type\":\"Unigram\"", "only BPE is converted")]
    [InlineData("\"h\":0", "\"\\ud800\":0", "not valid")]
    public async Task A_tokenizer_that_lies(string said, string instead, string reason)
    {
        var plain = JsonSerializer.Serialize(JsonDocument.Parse(ToyLlama.Tokenizer), s_plain);
        Assert.Contains(said, plain, StringComparison.Ordinal);
        Assert.Contains(reason, await RefuseAsync(new ToyLlama(), folder => File.WriteAllText(folder["tokenizer.json"], plain.Replace(said, instead))), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Deep_JSON_is_refused_at_once()
    {
        var deep = string.Concat(Enumerable.Repeat("{\"a\":", 100_000));
        Assert.Contains("nested too deeply", await RefuseAsync(new ToyLlama(), folder => File.WriteAllText(folder["tokenizer.json"], deep)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Tensors_that_have_no_place_or_two_are_refused()
    {
        Assert.Contains("'model.layers.0.mystery.weight' has no place", await RefuseAsync(new ToyLlama(), change: t => t.Append(Converted.Random("model.layers.0.mystery.weight", [4], 1))), StringComparison.Ordinal);
        Assert.Contains("has no place", await RefuseAsync(new ToyLlama(), change: t => t.Append(Converted.Random("model.layers.99999999999.input_layernorm.weight", [4], 1))), StringComparison.Ordinal);
        Assert.Contains("one axis", await RefuseAsync(new ToyLlama(), change: t => t.Append(Converted.Random("model.layers.0.self_attn.q_norm.weight", [1, 1, 1, 1, 8], 1))), StringComparison.Ordinal);
        Assert.Contains("needs 2 experts", await RefuseAsync(new ToyLlama { Experts = 2 }, change: t => t.Where(x => !x.Name.Contains("experts.1.w1", StringComparison.Ordinal))), StringComparison.Ordinal);
        Assert.Contains("no 'lm_head.weight'", await RefuseAsync(new ToyLlama(), change: t => t.Where(x => x.Name != "lm_head.weight")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_number_that_blocks_cannot_express_is_refused_with_its_place()
    {
        var said = await RefuseAsync(new ToyLlama(), type: DType.Q80, change: tensors => tensors.Select(t => t.Name != "lm_head.weight" ? t
            : Converted.Tensor(t.Name, DType.F32, [.. t.Shape], Enumerable.Range(0, ToyLlama.Words * ToyLlama.Hidden).Select(i => i == 70 ? float.NaN : 1f).ToArray())));
        Assert.Contains("'output.weight' holds a number near element 64", said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_index_that_points_outside_or_to_nothing_is_refused()
    {
        using var folder = new TemporaryFolder();
        await File.WriteAllTextAsync(folder["model.safetensors.index.json"], """{"weight_map":{"a":"../../etc/passwd"}}""");
        await Assert.ThrowsAsync<WeightFormatException>(() => Converted.RunAsync(folder.Path, folder["o.safetensors"], ConversionTarget.Safetensors));
        await File.WriteAllTextAsync(folder["model.safetensors.index.json"], """{"weight_map":{"a":"missing.safetensors"}}""");
        await Assert.ThrowsAsync<FileNotFoundException>(() => Converted.RunAsync(folder.Path, folder["o.safetensors"], ConversionTarget.Safetensors));
        Converted.RequireOnly(folder, "model.safetensors.index.json");
    }

    [Fact]
    public async Task External_data_is_read_beside_the_graph_and_not_beyond_its_end()
    {
        static byte[] Model(string offset) => new Proto().Number(1, 8).Inner(8, new Proto().Number(2, 17)).Inner(7, new Proto().Inner(5, new Proto().Number(1, 2).Number(2, 1).Text(8, "w").Number(14, 1)
            .Inner(13, new Proto().Text(1, "location").Text(2, "data/w.bin")).Inner(13, new Proto().Text(1, "offset").Text(2, offset)))).ToArray();
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder["data"]);
        await File.WriteAllBytesAsync(folder["data/w.bin"], [9, 9, 9, 9, .. BitConverter.GetBytes(1f), .. BitConverter.GetBytes(2f)]);
        await File.WriteAllBytesAsync(folder["m.onnx"], Model("4"));
        await Converted.RunAsync(folder["m.onnx"], folder["m.safetensors"], ConversionTarget.Safetensors);
        var content = await Converted.ContentAsync(folder["m.safetensors"]);
        Assert.Equal([1f, 2f], Converted.Floats(content["w"]));

        await File.WriteAllBytesAsync(folder["m.onnx"], Model("8"));
        var refused = await Assert.ThrowsAsync<WeightFormatException>(() => Converted.RunAsync(folder["m.onnx"], folder["n.safetensors"], ConversionTarget.Safetensors));
        Assert.Contains("beyond its 12 bytes", refused.Message, StringComparison.Ordinal);
    }
}
