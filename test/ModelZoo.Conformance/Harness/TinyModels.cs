using ModelZoo.Inference.Graphs;
using ModelZoo.Inference.Runtime;

namespace ModelZoo.Conformance.Harness;

/// <summary>Models of a few hundred bytes whose answers are known without running them.</summary>
static class TinyModels
{
    public static readonly string[] Labels = ["left", "middle", "right"];

    /// <summary>Pictures of 6 × 4 grey pixels; the class is the third of the picture that is brightest.</summary>
    public static string Pictures()
    {
        const int width = 6, height = 4;
        var graph = new GraphBuilder("thirds");
        var pixels = graph.Input("pixel_values", ElementType.Float, "batch", 1, height, width);
        var weights = new float[width * height * 3];
        for (var i = 0; i < width * height; i++) weights[(3 * i) + (i % width / 2)] = 1;
        graph.Name("MatMul", [graph.Node("Flatten", pixels), graph.Constant<float>(weights, width * height, 3)], "logits");
        graph.Output("logits", ElementType.Float, "batch", 3);
        return Folder(("model.onnx", graph.ToBytes()), ("config.json", Text($$"""{"id2label": {"0": "{{Labels[0]}}", "1": "{{Labels[1]}}", "2": "{{Labels[2]}}"} }""")),
            ("preprocessor_config.json", Text("""{"image_processor_type": "ViTImageProcessor", "size": {"height": 4, "width": 6}, "resample": 2, "image_mean": [0.5], "image_std": [0.25]}""")),
            ("README.md", Text("---\npipeline_tag: image-classification\n---\n")));
    }

    /// <summary>Rows of three numbers; the answer is their sum, and each doubled.</summary>
    public static string Rows()
    {
        var graph = new GraphBuilder("sums");
        var rows = graph.Input("x", ElementType.Float, "batch", 3);
        graph.Name("MatMul", [rows, graph.Constant<float>([1, 1, 1], 3, 1)], "sum");
        graph.Name("Add", [rows, rows], "doubled");
        graph.Output("sum", ElementType.Float, "batch", 1);
        graph.Output("doubled", ElementType.Float, "batch", 3);
        return Folder(("model.onnx", graph.ToBytes()));
    }

    /// <summary>Two inputs that nothing says the meaning of: numbers go in as they are.</summary>
    public static string Tensors()
    {
        var graph = new GraphBuilder("mix");
        graph.Name("Mul", [graph.Input("a", ElementType.Float, "n", 2), graph.Node("Cast", [graph.Input("b", ElementType.Int64, 2)], ("to", 1))], "c");
        graph.Output("c", ElementType.Float, "n", 2);
        return Folder(("model.onnx", graph.ToBytes()));
    }

    /// <summary>A Llama of two layers and random weights, with the tokenizer of another model (1,024 tokens).</summary>
    public static string Llama(string tokenizerOf)
    {
        const int hidden = 64, inner = 128, heads = 4, shared = 2, vocabulary = 1024;
        List<(string Name, int[] Shape)> tensors = [("model.embed_tokens.weight", [vocabulary, hidden]), ("model.norm.weight", [hidden]), ("lm_head.weight", [vocabulary, hidden])];
        for (var layer = 0; layer < 2; layer++)
        {
            foreach (var (name, rows, columns) in ((string, int, int)[])[("self_attn.q_proj", hidden, hidden), ("self_attn.k_proj", hidden / heads * shared, hidden), ("self_attn.v_proj", hidden / heads * shared, hidden),
                ("self_attn.o_proj", hidden, hidden), ("mlp.gate_proj", inner, hidden), ("mlp.up_proj", inner, hidden), ("mlp.down_proj", hidden, inner)])
                tensors.Add(($"model.layers.{layer}.{name}.weight", [rows, columns]));
            tensors.AddRange([($"model.layers.{layer}.input_layernorm.weight", [hidden]), ($"model.layers.{layer}.post_attention_layernorm.weight", [hidden])]);
        }
        var random = new Random(7);
        var (header, numbers) = (new Dictionary<string, object>(), new List<byte>());
        foreach (var (name, shape) in tensors)
        {
            var start = numbers.Count;
            for (var i = 0; i < shape.Aggregate((a, b) => a * b); i++) numbers.AddRange(BitConverter.GetBytes((float)(((random.NextDouble() * 2) - 1) * 0.5) + (shape.Length == 1 ? 1 : 0)));
            header[name] = new { dtype = "F32", shape, data_offsets = new[] { start, numbers.Count } };
        }
        var json = System.Text.Json.JsonSerializer.SerializeToUtf8Bytes(header);
        var config = $$"""
            {"model_type": "llama", "architectures": ["LlamaForCausalLM"], "hidden_size": {{hidden}}, "intermediate_size": {{inner}}, "num_hidden_layers": 2, "num_attention_heads": {{heads}},
             "num_key_value_heads": {{shared}}, "vocab_size": {{vocabulary}}, "max_position_embeddings": 128, "rms_norm_eps": 1e-5, "rope_theta": 10000.0, "hidden_act": "silu", "bos_token_id": 1023,
             "eos_token_id": 1023, "tie_word_embeddings": false, "torch_dtype": "float32"}
            """;
        return Folder(("config.json", Text(config)), ("model.safetensors", [.. BitConverter.GetBytes((long)json.Length), .. json, .. numbers]),
            ("tokenizer.json", File.ReadAllBytes(Path.Combine(tokenizerOf, "tokenizer.json"))), ("tokenizer_config.json", File.ReadAllBytes(Path.Combine(tokenizerOf, "tokenizer_config.json"))));
    }

    public static string Folder(params (string Path, byte[] Content)[] files)
    {
        var folder = Locations.Scratch("model");
        foreach (var (path, content) in files)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(folder, path))!);
            File.WriteAllBytes(Path.Combine(folder, path), content);
        }
        return folder;
    }

    public static byte[] Text(string text) => System.Text.Encoding.UTF8.GetBytes(text);
}
