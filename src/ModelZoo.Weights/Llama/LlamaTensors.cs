using System.Globalization;
using ModelZoo.Weights.Conversion;

namespace ModelZoo.Weights.Llama;

/// <summary>Names tensors as ggml does, puts rows and experts in its order, and checks that the model is whole.</summary>
sealed class LlamaTensors(LlamaConfig config)
{
    const string Embedding = "token_embd.weight", Output = "output.weight";
    const string LayerPrefix = "model.layers.";

    /// <summary>Names in Hugging Face's modules and in ggml (gguf-py/gguf/tensor_mapping.py, 2026).</summary>
    static readonly Dictionary<string, string> s_global = new(StringComparer.Ordinal)
    {
        ["model.embed_tokens.weight"] = Embedding, ["model.norm.weight"] = "output_norm.weight", ["lm_head.weight"] = Output,
    };

    static readonly Dictionary<string, string> s_inLayer = new(StringComparer.Ordinal)
    {
        ["input_layernorm"] = "attn_norm", ["post_attention_layernorm"] = "ffn_norm",
        ["self_attn.q_proj"] = "attn_q", ["self_attn.k_proj"] = "attn_k", ["self_attn.v_proj"] = "attn_v", ["self_attn.o_proj"] = "attn_output",
        ["self_attn.q_norm"] = "attn_q_norm", ["self_attn.k_norm"] = "attn_k_norm",
        ["mlp.gate_proj"] = "ffn_gate", ["mlp.up_proj"] = "ffn_up", ["mlp.down_proj"] = "ffn_down", ["block_sparse_moe.gate"] = "ffn_gate_inp",
    };

    /// <summary>Mixtral's names of an expert's matrices.</summary>
    static readonly Dictionary<string, string> s_expert = new(StringComparer.Ordinal) { ["w1"] = "ffn_gate_exps", ["w2"] = "ffn_down_exps", ["w3"] = "ffn_up_exps" };

    readonly Dictionary<string, TensorContent> _tensors = new(StringComparer.Ordinal);
    readonly SortedDictionary<string, SortedDictionary<uint, TensorContent>> _experts = new(StringComparer.Ordinal);

    public IReadOnlyList<TensorContent> Name(ModelContent content)
    {
        foreach (var tensor in content.Tensors) Add(tensor);
        foreach (var (name, parts) in _experts)
        {
            if (parts.Count != config.Experts) throw new ConversionException($"'{name}' needs {config.Experts} experts; the model has {parts.Count}.");
            Put(name, StackedSource.Of(name, [.. parts.Values]));
        }
        // A checkpoint that keeps tied weights once may keep them under the head's name.
        if (!_tensors.ContainsKey(Embedding) && content.SharedNames.ContainsKey("model.embed_tokens.weight") && _tensors.Remove(Output, out var head)) Put(Embedding, head);
        RequireWhole();
        return [.. _tensors.Values.OrderBy(tensor => Order(tensor.Name))];
    }

    void Add(TensorContent tensor)
    {
        // Buffers that can be computed again.
        if (tensor.Name.EndsWith(".rotary_emb.inv_freq", StringComparison.Ordinal) || tensor.Name.EndsWith(".attention.masked_bias", StringComparison.Ordinal)) return;
        if (s_global.TryGetValue(tensor.Name, out var global))
        {
            Put(global, tensor);
            return;
        }
        var (layer, rest) = SplitLayer(tensor.Name);
        var dot = rest.LastIndexOf('.');
        var (module, kind) = dot > 0 ? (rest[..dot], rest[(dot + 1)..]) : (rest, "");
        if (module.Split('.') is ["block_sparse_moe", "experts", var number, var matrix] && kind == "weight" && s_expert.TryGetValue(matrix, out var stacked)
            && uint.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var expert))
        {
            var name = $"blk.{layer}.{stacked}.weight";
            if (!_experts.TryGetValue(name, out var parts)) _experts[name] = parts = [];
            if (expert >= config.Experts || !parts.TryAdd(expert, tensor)) throw new ConversionException($"'{tensor.Name}' is an expert too many: config.json says {config.Experts}.");
            return;
        }
        if (kind is not ("weight" or "bias") || !s_inLayer.TryGetValue(module, out var local)) throw Unknown(tensor.Name);
        if (tensor.Shape.Count != 1 && (kind == "bias" || local.EndsWith("_norm", StringComparison.Ordinal)))
            throw new ConversionException($"'{tensor.Name}' has the shape {Shapes.Describe(tensor.Shape)}; it must have one axis.");
        if (config.TurnsRows && local == "attn_q") tensor = RotaryRowsSource.Of(tensor, config.Heads);
        if (config.TurnsRows && local == "attn_k") tensor = RotaryRowsSource.Of(tensor, config.KeyValueHeads);
        Put($"blk.{layer}.{local}.{kind}", tensor);
    }

    (uint Layer, string Inner) SplitLayer(string name)
    {
        var end = name.StartsWith(LayerPrefix, StringComparison.Ordinal) ? name.IndexOf('.', LayerPrefix.Length) : -1;
        if (end < 0 || !uint.TryParse(name.AsSpan(LayerPrefix.Length, end - LayerPrefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var layer)) throw Unknown(name);
        return layer < config.Layers ? (layer, name[(end + 1)..]) : throw new ConversionException($"'{name}' lies beyond the {config.Layers} layers of config.json.");
    }

    void Put(string name, TensorContent tensor)
    {
        if (!_tensors.TryAdd(name, tensor with { Name = name })) throw new ConversionException($"Two tensors would be named '{name}'; the second is '{tensor.Name}'.");
    }

    /// <summary>Shapes as the configuration demands; a file of another model, or half of one, is refused before anything is written.</summary>
    void RequireWhole()
    {
        var size = (long)config.RotaryDimensions;
        var (hidden, forward) = ((long)config.Hidden, (long)config.FeedForward);
        Require(Embedding, config.Vocabulary, hidden);
        Require("output_norm.weight", hidden);
        if (_tensors.ContainsKey(Output)) Require(Output, config.Vocabulary, hidden);
        else if (!config.IsTied && config.Json.Find("tie_word_embeddings") is not null) throw new ConversionException("The model has no 'lm_head.weight', and config.json says that it is not tied to the embedding.");
        for (var layer = 0; layer < config.Layers; layer++)
        {
            Require($"blk.{layer}.attn_norm.weight", hidden);
            Require($"blk.{layer}.ffn_norm.weight", hidden);
            Require($"blk.{layer}.attn_q.weight", config.Heads * size, hidden);
            Require($"blk.{layer}.attn_k.weight", config.KeyValueHeads * size, hidden);
            Require($"blk.{layer}.attn_v.weight", config.KeyValueHeads * size, hidden);
            Require($"blk.{layer}.attn_output.weight", hidden, config.Heads * size);
            var (suffix, experts) = config.Experts > 0 ? ("_exps", new long[] { config.Experts }) : ("", []);
            Require($"blk.{layer}.ffn_gate{suffix}.weight", [.. experts, forward, hidden]);
            Require($"blk.{layer}.ffn_up{suffix}.weight", [.. experts, forward, hidden]);
            Require($"blk.{layer}.ffn_down{suffix}.weight", [.. experts, hidden, forward]);
        }
    }

    void Require(string name, params long[] shape)
    {
        if (!_tensors.TryGetValue(name, out var tensor)) throw new ConversionException($"The model has no tensor for '{name}', which its config.json demands.");
        if (!tensor.Shape.SequenceEqual(shape)) throw new ConversionException($"'{name}' has the shape {Shapes.Describe(tensor.Shape)}; config.json demands {Shapes.Describe(shape)}.");
    }

    static (int Part, int Layer) Order(string name) => name switch
    {
        Embedding => (0, 0),
        Output => (3, 0),
        _ when name.StartsWith("blk.", StringComparison.Ordinal) => (1, int.Parse(name.AsSpan(4, name.IndexOf('.', 4) - 4), NumberStyles.None, CultureInfo.InvariantCulture)),
        _ => (2, 0),
    };

    static ConversionException Unknown(string name) => new($"The tensor '{name}' has no place in a GGUF file of this architecture.");
}
