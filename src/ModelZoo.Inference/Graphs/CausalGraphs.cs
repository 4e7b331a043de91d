using ModelZoo.Inference.Runtime;

namespace ModelZoo.Inference.Graphs;

/// <summary>Graphs of decoders with a cache of keys and values, in Optimum's naming of inputs and outputs.</summary>
static class CausalGraphs
{
    /// <summary>GPT-2 (Radford 2019): learned positions, layer norm first, GELU.</summary>
    public static byte[] Gpt2(NetworkConfig config, StoredWeights weights)
    {
        var (width, heads, vocabulary) = (config.Get("n_embd", "hidden_size"), config.Get("n_head", "num_attention_heads"), config.Get("vocab_size"));
        var (each, inner, epsilon) = (NetworkConfig.HeadWidth(width, heads), config.Find("n_inner") ?? 4 * width, config.Real("layer_norm_epsilon", 1e-5));
        var prefix = weights.Has("transformer.wte.weight") ? "transformer." : "";
        var (layers, ids, mask) = Begin("gpt2", weights);
        var graph = layers.Graph;
        var (positions, blocked) = layers.Causal(ids, mask);
        var x = layers.Add(layers.Embed(ids, $"{prefix}wte.weight", vocabulary, width), layers.Embed(positions, $"{prefix}wpe.weight", config.Get("n_positions", "n_ctx"), width));
        for (var i = 0; i < config.Layers("n_layer", "num_hidden_layers"); i++)
        {
            var block = $"{prefix}h.{i}";
            var together = layers.Conv1D(layers.LayerNorm(x, $"{block}.ln_1", width, epsilon), $"{block}.attn.c_attn", width, 3 * width);
            var parts = graph.Nodes("Split", 3, [together, graph.Numbers(width, width, width)], ("axis", -1L));
            var keys = layers.Cache(layers.SplitHeads(parts[1], heads, each), i, "key", heads, each);
            var values = layers.Cache(layers.SplitHeads(parts[2], heads, each), i, "value", heads, each);
            var attended = layers.Attend(layers.SplitHeads(parts[0], heads, each), keys, values, each, blocked);
            x = layers.Add(x, layers.Conv1D(layers.JoinHeads(attended, width), $"{block}.attn.c_proj", width, width));
            var hidden = layers.Conv1D(layers.LayerNorm(x, $"{block}.ln_2", width, epsilon), $"{block}.mlp.c_fc", width, inner);
            x = layers.Add(x, layers.Conv1D(layers.Activate(hidden, config.Text("activation_function", "gelu_new")), $"{block}.mlp.c_proj", inner, width));
        }
        return Finish(layers, layers.LayerNorm(x, $"{prefix}ln_f", width, epsilon), Head(weights, $"{prefix}wte.weight"), vocabulary, width);
    }

    /// <summary>The matrix of the output: its own, or the table of the input.</summary>
    static string Head(StoredWeights weights, string table) => weights.Has("lm_head.weight") ? "lm_head.weight" : table;

    /// <summary>Llama and its kin (Touvron 2023, arXiv:2302.13971): rotated queries and keys, RMS norm first, gated SiLU, shared key and value heads.</summary>
    public static byte[] Llama(NetworkConfig config, StoredWeights weights)
    {
        var (width, heads, vocabulary) = (config.Get("hidden_size"), config.Get("num_attention_heads"), config.Get("vocab_size"));
        var (shared, inner, epsilon) = (config.Find("num_key_value_heads") ?? heads, config.Get("intermediate_size"), config.Real("rms_norm_eps", 1e-6));
        var each = config.Find("head_dim") ?? NetworkConfig.HeadWidth(width, heads);
        if (heads % shared != 0 || each % 2 != 0) throw new InferenceException(InferenceFault.Model, $"{heads} heads of width {each} do not share {shared} key and value heads.");
        if (config.Json.TryGetProperty("rope_scaling", out var scaling) && scaling.ValueKind == System.Text.Json.JsonValueKind.Object)
            throw new InferenceException(InferenceFault.Model, "Rotary positions with 'rope_scaling' are not run from safetensors; export the model to ONNX.");
        var (layers, ids, mask) = Begin("llama", weights);
        var graph = layers.Graph;
        var (positions, blocked) = layers.Causal(ids, mask);
        var (cos, sin) = Angles(layers, positions, each, config.Real("rope_theta", 10_000));
        var x = layers.Embed(ids, "model.embed_tokens.weight", vocabulary, width);
        for (var i = 0; i < config.Layers("num_hidden_layers"); i++)
        {
            var block = $"model.layers.{i}";
            var normed = layers.RmsNorm(x, $"{block}.input_layernorm", width, epsilon);
            var queries = Rotate(layers, layers.SplitHeads(layers.Linear(normed, $"{block}.self_attn.q_proj", heads * each, width), heads, each), cos, sin, each);
            var keys = Rotate(layers, layers.SplitHeads(layers.Linear(normed, $"{block}.self_attn.k_proj", shared * each, width), shared, each), cos, sin, each);
            var values = layers.SplitHeads(layers.Linear(normed, $"{block}.self_attn.v_proj", shared * each, width), shared, each);
            keys = layers.RepeatHeads(layers.Cache(keys, i, "key", shared, each), shared, heads / shared, each);
            values = layers.RepeatHeads(layers.Cache(values, i, "value", shared, each), shared, heads / shared, each);
            var attended = layers.JoinHeads(layers.Attend(queries, keys, values, each, blocked), heads * each);
            x = layers.Add(x, layers.Linear(attended, $"{block}.self_attn.o_proj", width, heads * each));
            normed = layers.RmsNorm(x, $"{block}.post_attention_layernorm", width, epsilon);
            var gate = layers.Activate(layers.Linear(normed, $"{block}.mlp.gate_proj", inner, width), config.Text("hidden_act", "silu"));
            x = layers.Add(x, layers.Linear(graph.Node("Mul", gate, layers.Linear(normed, $"{block}.mlp.up_proj", inner, width)), $"{block}.mlp.down_proj", width, inner));
        }
        return Finish(layers, layers.RmsNorm(x, "model.norm", width, epsilon), Head(weights, "model.embed_tokens.weight"), vocabulary, width);
    }

    /// <summary>cos and sin of position · θ^(−2i/d), [T, d], both halves alike (Su 2021, arXiv:2104.09864, in the order of Hugging Face's weights).</summary>
    static (string Cos, string Sin) Angles(Layers layers, string positions, int width, double theta)
    {
        var graph = layers.Graph;
        var steps = Enumerable.Range(0, width).Select(i => (float)Math.Pow(theta, -2.0 * (i % (width / 2)) / width)).ToArray();
        var places = graph.Node("Unsqueeze", graph.Node("Cast", [positions], ("to", (long)ElementType.Float)), graph.Numbers(1));
        var angles = graph.Node("Mul", places, graph.Constant<float>(steps, 1, width));
        return (graph.Node("Cos", angles), graph.Node("Sin", angles));
    }

    static string Rotate(Layers layers, string x, string cos, string sin, int width)
    {
        var graph = layers.Graph;
        var halves = graph.Nodes("Split", 2, [x, graph.Numbers(width / 2, width / 2)], ("axis", -1L));
        var turned = graph.Node("Concat", [graph.Node("Neg", halves[1]), halves[0]], ("axis", -1L));
        return layers.Add(graph.Node("Mul", x, cos), graph.Node("Mul", turned, sin));
    }

    static (Layers Layers, string Ids, string Mask) Begin(string name, StoredWeights weights)
    {
        var graph = new GraphBuilder(name);
        return (new(graph, weights), graph.Input("input_ids", ElementType.Int64, "batch", "tokens"), graph.Input("attention_mask", ElementType.Int64, "batch", "total"));
    }

    static byte[] Finish(Layers layers, string x, string head, int vocabulary, int width)
    {
        layers.Output(layers.Head(x, head, vocabulary, width, isTable: head != "lm_head.weight"), "logits", "batch", "tokens", vocabulary);
        return layers.Graph.ToBytes();
    }
}
