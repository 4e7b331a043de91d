using System.Text;
using System.Text.Json;
using ModelZoo.Tests.Client;
using ModelZoo.Weights;

namespace ModelZoo.Tests.Conversion;

/// <summary>A model of the Llama family that is small enough to look through: two layers, four heads of eight, two for keys and values.</summary>
sealed record ToyLlama
{
    public const int Hidden = 32, Forward = 64, Heads = 4, KeyValueHeads = 2, HeadSize = 8, Layers = 2, Words = 6;

    public string Architecture { get; init; } = "LlamaForCausalLM";
    public string MoreConfig { get; init; } = "";
    public int Experts { get; init; }
    public bool HasBias { get; init; }
    public bool IsTied { get; init; }
    public int Width { get; init; } = Hidden;

    public string Config => $$"""
        { "architectures": ["{{Architecture}}"], "hidden_size": {{Width}}, "intermediate_size": {{Forward}}, "num_hidden_layers": {{Layers}}, "num_attention_heads": {{Heads}},
          "num_key_value_heads": {{KeyValueHeads}}, "vocab_size": {{Words}}, "max_position_embeddings": 128, "rms_norm_eps": 1e-5, "rope_theta": 10000.0,
          "tie_word_embeddings": {{(IsTied ? "true" : "false")}}{{(Experts > 0 ? $", \"num_local_experts\": {Experts}, \"num_experts_per_tok\": 1" : "")}}{{MoreConfig}} }
        """;

    /// <summary>Byte-level BPE of the words below; "hé" is written with two bytes of its second letter.</summary>
    public static readonly string Tokenizer = JsonSerializer.Serialize(new
    {
        added_tokens = new object[] { new { id = 4, content = "<|begin|>", special = true }, new { id = 5, content = "<tool>", special = false } },
        pre_tokenizer = new { type = "ByteLevel", add_prefix_space = false, use_regex = true },
        post_processor = new { type = "TemplateProcessing", single = new object[] { new { SpecialToken = new { id = "<|begin|>", type_id = 0 } }, new { Sequence = new { id = "A" } } } },
        model = new { type = "BPE", vocab = new Dictionary<string, int> { ["h"] = 0, ["Ã"] = 1, ["©"] = 2, ["Ã©"] = 3 }, merges = new[] { "Ã ©" } },
    });

    public const string Settings = """
        { "bos_token": { "content": "<|begin|>" }, "eos_token": "<tool>", "add_eos_token": false, "chat_template": "{{ messages }}" }
        """;

    public IReadOnlyList<TensorContent> Tensors()
    {
        var tensors = new List<TensorContent> { Converted.Random("model.embed_tokens.weight", [Words, Width], 1), Converted.Random("model.norm.weight", [Width], 2) };
        if (!IsTied) tensors.Add(Converted.Random("lm_head.weight", [Words, Width], 3));
        var size = Width / Heads;
        for (var layer = 0; layer < Layers; layer++)
        {
            var seed = 100 * (layer + 1);
            void Add(string name, params long[] shape) => tensors.Add(Converted.Random($"model.layers.{layer}.{name}", shape, seed++));
            Add("input_layernorm.weight", Width);
            Add("post_attention_layernorm.weight", Width);
            Add("self_attn.q_proj.weight", Heads * size, Width);
            Add("self_attn.k_proj.weight", KeyValueHeads * size, Width);
            Add("self_attn.v_proj.weight", KeyValueHeads * size, Width);
            Add("self_attn.o_proj.weight", Width, Heads * size);
            if (HasBias) Add("self_attn.q_proj.bias", Heads * size);
            if (Experts == 0)
            {
                Add("mlp.gate_proj.weight", Forward, Width);
                Add("mlp.up_proj.weight", Forward, Width);
                Add("mlp.down_proj.weight", Width, Forward);
            }
            else Add("block_sparse_moe.gate.weight", Experts, Width);
            for (var expert = 0; expert < Experts; expert++)
            {
                Add($"block_sparse_moe.experts.{expert}.w1.weight", Forward, Width);
                Add($"block_sparse_moe.experts.{expert}.w2.weight", Width, Forward);
                Add($"block_sparse_moe.experts.{expert}.w3.weight", Forward, Width);
            }
        }
        tensors.Add(Converted.Random("model.layers.0.self_attn.rotary_emb.inv_freq", [HeadSize / 2], 9));
        return tensors;
    }

    public async Task WriteAsync(TemporaryFolder folder, Func<IEnumerable<TensorContent>, IEnumerable<TensorContent>>? change = null)
    {
        await Converted.WriteSafetensorsAsync(folder, "model.safetensors", [.. (change ?? (tensors => tensors))(Tensors())]);
        await File.WriteAllTextAsync(folder["config.json"], Config);
        await File.WriteAllTextAsync(folder["tokenizer.json"], Tokenizer, Encoding.UTF8);
        await File.WriteAllTextAsync(folder["tokenizer_config.json"], Settings);
    }
}
