using System.Text.Json;

namespace ModelZoo.Weights.Llama;

/// <summary>What config.json says of a model of the Llama family, and how GGUF calls it.</summary>
/// <param name="Architecture">GGUF's <c>general.architecture</c>.</param>
/// <param name="TurnsRows">Rows of queries and keys must be put in ggml's order; true for what ggml runs as "llama".</param>
sealed record LlamaConfig(
    string Architecture, bool TurnsRows, uint Layers, uint Hidden, uint FeedForward, uint Heads, uint KeyValueHeads, uint? HeadSize, uint Vocabulary,
    uint Experts, JsonElement Json)
{
    static readonly Dictionary<string, (string Architecture, bool TurnsRows)> s_known = new(StringComparer.Ordinal)
    {
        ["LlamaForCausalLM"] = ("llama", true), ["LLaMAForCausalLM"] = ("llama", true), ["MistralForCausalLM"] = ("llama", true),
        ["MixtralForCausalLM"] = ("llama", true), ["Qwen2ForCausalLM"] = ("qwen2", false), ["Qwen3ForCausalLM"] = ("qwen3", false),
        ["llama"] = ("llama", true), ["mistral"] = ("llama", true), ["mixtral"] = ("llama", true), ["qwen2"] = ("qwen2", false), ["qwen3"] = ("qwen3", false),
    };

    public bool IsTied => Json.FindFlag("tie_word_embeddings") ?? false;

    public uint RotaryDimensions => HeadSize ?? Hidden / Heads;

    public static LlamaConfig Read(JsonElement json)
    {
        var name = json.Find("architectures") is { ValueKind: JsonValueKind.Array } list && list.GetArrayLength() > 0 && list[0].ValueKind == JsonValueKind.String
            ? JsonFile.Text(list[0], "architectures") : json.FindText("model_type") ?? throw new ConversionException("config.json names no architecture.");
        if (!s_known.TryGetValue(name, out var known))
            throw new ConversionException($"The architecture '{name}' is not converted to GGUF; Llama, Mistral, Mixtral, Qwen2 and Qwen3 are.");
        if (json.Find("quantization_config") is { } quantized)
            throw new ConversionException($"The weights are quantised already ('{quantized.FindText("quant_method") ?? "unknown method"}'); convert the original ones.");
        var (heads, hidden) = (Require("num_attention_heads"), Require("hidden_size"));
        if (hidden % heads != 0 && json.Find("head_dim") is null) throw new ConversionException($"hidden_size {hidden} is not a multiple of num_attention_heads {heads}, and there is no head_dim.");
        return new(known.Architecture, known.TurnsRows, Require("num_hidden_layers"), hidden, Require("intermediate_size"), heads,
            json.FindCount("num_key_value_heads") ?? heads, json.FindCount("head_dim"), Require("vocab_size"), json.FindCount("num_local_experts") ?? 0, json);

        uint Require(string key) => json.FindCount(key) is { } number and > 0 ? number : throw new ConversionException($"config.json lacks '{key}'.");
    }

    /// <summary>The keys that llama.cpp's converter writes for these architectures, in its order.</summary>
    public void Describe(GgufMetadata metadata)
    {
        metadata.Add(Key("block_count"), Layers);
        if (Json.FindCount("max_position_embeddings") is { } context) metadata.Add(Key("context_length"), context);
        metadata.Add(Key("embedding_length"), Hidden).Add(Key("feed_forward_length"), FeedForward).Add(Key("attention.head_count"), Heads);
        if (Json.Find("num_key_value_heads") is not null) metadata.Add(Key("attention.head_count_kv"), KeyValueHeads);
        var rope = RopeScaling.Read(this);
        if ((Json.FindReal("rope_theta") ?? rope.Theta) is { } theta) metadata.Add(Key("rope.freq_base"), theta);
        if (Json.FindReal("rms_norm_eps") is { } epsilon) metadata.Add(Key("attention.layer_norm_rms_epsilon"), epsilon);
        if (Experts > 0) metadata.Add(Key("expert_count"), Experts);
        if (Json.FindCount("num_experts_per_tok") is { } used) metadata.Add(Key("expert_used_count"), used);
        if (HeadSize is { } size) metadata.Add(Key("attention.key_length"), size).Add(Key("attention.value_length"), size);
        if (Architecture == "llama") metadata.Add(Key("vocab_size"), Vocabulary).Add(Key("rope.dimension_count"), RotaryDimensions);
        rope.Describe(metadata, Key);
    }

    string Key(string name) => $"{Architecture}.{name}";
}
