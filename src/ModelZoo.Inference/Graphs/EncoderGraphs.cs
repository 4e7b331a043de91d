using ModelZoo.Inference.Runtime;

namespace ModelZoo.Inference.Graphs;

/// <summary>Graphs of encoders: BERT's family for texts, ViT for pictures.</summary>
static class EncoderGraphs
{
    /// <summary>BERT, RoBERTa, DistilBERT (Devlin 2018, arXiv:1810.04805): layer norm after each part.</summary>
    public static byte[] Bert(NetworkConfig config, StoredWeights weights)
    {
        var names = BertNames.Of(config, weights);
        var (width, heads) = (config.Get("hidden_size", "dim"), config.Get("num_attention_heads", "n_heads"));
        var (each, inner, epsilon) = (NetworkConfig.HeadWidth(width, heads), config.Get("intermediate_size", "hidden_dim"), config.Real("layer_norm_eps", 1e-12));
        var graph = new GraphBuilder("bert");
        var layers = new Layers(graph, weights);
        var (ids, mask) = (graph.Input("input_ids", ElementType.Int64, "batch", "tokens"), graph.Input("attention_mask", ElementType.Int64, "batch", "tokens"));
        var x = layers.Embed(ids, $"{names.Embeddings}.word_embeddings.weight", config.Get("vocab_size"), width);
        var positions = config.Get("max_position_embeddings");
        var table = layers.Weight($"{names.Embeddings}.position_embeddings.weight", positions, width);
        x = layers.Add(x, graph.Node("Gather", table, Positions(layers, ids, mask, names.IsRoberta ? config.Json.TryGetProperty("pad_token_id", out var pad) && pad.TryGetInt64(out var id) ? id : 1 : null)));
        if (names.HasTypes)
        {
            var types = graph.Input("token_type_ids", ElementType.Int64, "batch", "tokens");
            x = layers.Add(x, graph.Node("Gather", layers.Weight($"{names.Embeddings}.token_type_embeddings.weight", config.Get("type_vocab_size"), width), types));
        }
        x = layers.LayerNorm(x, $"{names.Embeddings}.LayerNorm", width, epsilon);
        var blocked = layers.Absent(mask);
        for (var i = 0; i < config.Layers("num_hidden_layers", "n_layers"); i++)
        {
            var block = $"{names.Layers}.{i}";
            var attended = layers.Attend(Heads(names.Query), Heads(names.Key), Heads(names.Value), each, blocked);
            x = layers.LayerNorm(layers.Add(x, layers.Linear(layers.JoinHeads(attended, width), $"{block}.{names.Attended}", width, width)), $"{block}.{names.FirstNorm}", width, epsilon);
            var hidden = layers.Activate(layers.Linear(x, $"{block}.{names.Inner}", inner, width), config.Text("hidden_act", config.Text("activation", "gelu")));
            x = layers.LayerNorm(layers.Add(x, layers.Linear(hidden, $"{block}.{names.Outer}", width, inner)), $"{block}.{names.SecondNorm}", width, epsilon);

            string Heads(string name) => layers.SplitHeads(layers.Linear(x, $"{block}.{name}", width, width), heads, each);
        }
        layers.Output(x, "last_hidden_state", "batch", "tokens", width);
        WriteHead(layers, config, weights, names, x, width);
        return graph.ToBytes();
    }

    /// <summary>0, 1, 2 …; RoBERTa counts from behind its padding token and leaves padding out.</summary>
    static string Positions(Layers layers, string ids, string mask, long? padding)
    {
        var graph = layers.Graph;
        if (padding is not { } start) return graph.Node("Range", graph.Scalar(0L), layers.Axis(ids, 1), graph.Scalar(1L));
        var counted = graph.Node("Mul", graph.Node("CumSum", mask, graph.Scalar(1L)), mask);
        return layers.Add(counted, graph.Scalar(start));
    }

    static void WriteHead(Layers layers, NetworkConfig config, StoredWeights weights, BertNames names, string x, int width)
    {
        var graph = layers.Graph;
        if (config.Architecture.EndsWith("ForMaskedLM", StringComparison.Ordinal) && weights.Has("cls.predictions.transform.dense.weight"))
        {
            var turned = layers.Activate(layers.Linear(x, "cls.predictions.transform.dense", width, width), config.Text("hidden_act", "gelu"));
            turned = layers.LayerNorm(turned, "cls.predictions.transform.LayerNorm", width, config.Real("layer_norm_eps", 1e-12));
            var product = graph.Node("com.microsoft::FusedMatMul", [turned, layers.Weight($"{names.Embeddings}.word_embeddings.weight", config.Get("vocab_size"), width)], ("transB", 1L));
            layers.Output(layers.Add(product, layers.Weight("cls.predictions.bias", config.Get("vocab_size"))), "logits", "batch", "tokens", config.Get("vocab_size"));
            return;
        }
        var classes = config.Json.TryGetProperty("id2label", out var labels) && labels.ValueKind == System.Text.Json.JsonValueKind.Object ? labels.EnumerateObject().Count() : config.Find("num_labels") ?? 2;
        if (config.Architecture.EndsWith("ForTokenClassification", StringComparison.Ordinal)) layers.Output(layers.Linear(x, "classifier", classes, width), "logits", "batch", "tokens", classes);
        // An adapter may bring a head of its own, with classes of its own, to a base that has another or none.
        var own = weights.RowsReplaced(names.IsRoberta ? "classifier.out_proj.weight" : "classifier.weight");
        if (own is null && !config.Architecture.EndsWith("ForSequenceClassification", StringComparison.Ordinal)) return;
        classes = own ?? classes;
        var first = graph.Node("Gather", [x, graph.Scalar(0L)], ("axis", 1L));
        if (names.IsRoberta) first = layers.Linear(graph.Node("Tanh", layers.Linear(first, "classifier.dense", width, width)), "classifier.out_proj", classes, width);
        else if (weights.Has("pre_classifier.weight")) first = layers.Linear(graph.Node("Relu", layers.Linear(first, "pre_classifier", width, width)), "classifier", classes, width);
        else first = layers.Linear(graph.Node("Tanh", layers.Linear(first, names.Pooler, width, width)), "classifier", classes, width);
        layers.Output(first, "logits", "batch", classes);
    }

    /// <summary>ViT (Dosovitskiy 2020, arXiv:2010.11929): patches, a class token, layer norm before each part.</summary>
    public static byte[] Vit(NetworkConfig config, StoredWeights weights)
    {
        var (width, heads, size, patch) = (config.Get("hidden_size"), config.Get("num_attention_heads"), config.Get("image_size"), config.Get("patch_size"));
        var (each, inner, epsilon, channels) = (NetworkConfig.HeadWidth(width, heads), config.Get("intermediate_size"), config.Real("layer_norm_eps", 1e-12), config.Find("num_channels") ?? 3);
        if (size % patch != 0) throw new InferenceException(InferenceFault.Model, $"Pictures of {size} do not split into patches of {patch}.");
        var prefix = weights.Has("vit.embeddings.cls_token") ? "vit." : "";
        var count = (size / patch) * (size / patch);
        var graph = new GraphBuilder("vit");
        var layers = new Layers(graph, weights);
        var input = graph.Input("pixel_values", ElementType.Float, "batch", channels, size, size);
        var patches = graph.Node("Conv",
            [input, layers.Weight($"{prefix}embeddings.patch_embeddings.projection.weight", width, channels, patch, patch), layers.Weight($"{prefix}embeddings.patch_embeddings.projection.bias", width)],
            ("kernel_shape", new long[] { patch, patch }), ("strides", new long[] { patch, patch }));
        var x = graph.Node("Transpose", [graph.Node("Reshape", patches, graph.Numbers(0, width, -1))], ("perm", new long[] { 0, 2, 1 }));
        var batch = graph.Node("Concat", [graph.Node("Unsqueeze", layers.Axis(input, 0), graph.Numbers(0)), graph.Numbers(1, width)], ("axis", 0L));
        x = graph.Node("Concat", [graph.Node("Expand", layers.Weight($"{prefix}embeddings.cls_token", 1, 1, width), batch), x], ("axis", 1L));
        x = layers.Add(x, layers.Weight($"{prefix}embeddings.position_embeddings", 1, count + 1, width));
        for (var i = 0; i < config.Layers("num_hidden_layers"); i++)
        {
            var block = $"{prefix}encoder.layer.{i}";
            var normed = layers.LayerNorm(x, $"{block}.layernorm_before", width, epsilon);
            var attended = layers.Attend(Heads("query"), Heads("key"), Heads("value"), each, null);
            x = layers.Add(x, layers.Linear(layers.JoinHeads(attended, width), $"{block}.attention.output.dense", width, width));
            var hidden = layers.Activate(layers.Linear(layers.LayerNorm(x, $"{block}.layernorm_after", width, epsilon), $"{block}.intermediate.dense", inner, width), config.Text("hidden_act", "gelu"));
            x = layers.Add(x, layers.Linear(hidden, $"{block}.output.dense", width, inner));

            string Heads(string name) => layers.SplitHeads(layers.Linear(normed, $"{block}.attention.attention.{name}", width, width), heads, each);
        }
        x = layers.LayerNorm(x, $"{prefix}layernorm", width, epsilon);
        layers.Output(x, "last_hidden_state", "batch", count + 1, width);
        if (weights.Has("classifier.weight"))
        {
            var classes = weights.RowsReplaced("classifier.weight")
                ?? (config.Json.TryGetProperty("id2label", out var labels) && labels.ValueKind == System.Text.Json.JsonValueKind.Object ? labels.EnumerateObject().Count() : config.Find("num_labels") ?? 2);
            layers.Output(layers.Linear(graph.Node("Gather", [x, graph.Scalar(0L)], ("axis", 1L)), "classifier", classes, width), "logits", "batch", classes);
        }
        return graph.ToBytes();
    }
}

/// <summary>What BERT's kin call the same weights.</summary>
sealed record BertNames(
    string Embeddings, string Layers, string Query, string Key, string Value, string Attended, string FirstNorm, string Inner, string Outer, string SecondNorm, string Pooler, bool HasTypes, bool IsRoberta)
{
    public static BertNames Of(NetworkConfig config, StoredWeights weights)
    {
        var family = config.Type == "distilbert" ? "distilbert" : config.Type is "roberta" or "xlm-roberta" ? "roberta" : "bert";
        var prefix = weights.Has($"{family}.embeddings.word_embeddings.weight") ? $"{family}." : "";
        if (family == "distilbert")
        {
            return new($"{prefix}embeddings", $"{prefix}transformer.layer", "attention.q_lin", "attention.k_lin", "attention.v_lin", "attention.out_lin", "sa_layer_norm",
                "ffn.lin1", "ffn.lin2", "output_layer_norm", "", false, false);
        }
        return new($"{prefix}embeddings", $"{prefix}encoder.layer", "attention.self.query", "attention.self.key", "attention.self.value", "attention.output.dense", "attention.output.LayerNorm",
            "intermediate.dense", "output.dense", "output.LayerNorm", $"{prefix}pooler.dense", true, family == "roberta");
    }
}
