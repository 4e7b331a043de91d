using System.Text;
using ModelZoo.Weights;

namespace ModelZoo.Fuzz.Targets.Weights;

/// <summary>The JSON that a GGUF file is made from (configuration, tokenizer, its settings) and the weights, each after a zero byte.</summary>
sealed class LlamaTarget : FuzzTarget
{
    const string Config = """
        { "architectures": ["LlamaForCausalLM"], "hidden_size": 8, "intermediate_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2, "num_key_value_heads": 1, "vocab_size": 4,
          "max_position_embeddings": 16, "rms_norm_eps": 1e-5, "rope_theta": 10000.0, "rope_scaling": { "rope_type": "llama3", "factor": 8.0 }, "tie_word_embeddings": true, "eos_token_id": [1, 2] }
        """;
    const string Tokenizer = """
        { "added_tokens": [{ "id": 3, "content": "<s>", "special": true }], "pre_tokenizer": { "type": "ByteLevel" },
          "post_processor": { "type": "TemplateProcessing", "single": [{ "SpecialToken": { "id": "<s>" } }] }, "model": { "type": "BPE", "vocab": { "a": 0, "b": 1, "ab": 2 }, "merges": ["a b", ["a", "b"]] } }
        """;
    const string Settings = """{ "bos_token": { "content": "<s>" }, "added_tokens_decoder": { "3": { "content": "<s>" } }, "chat_template": [{ "name": "default", "template": "x" }, { "name": "tool", "template": "y" }] }""";

    public override string Name => "llama";

    public override bool IsRefusal(Exception error) => error is ConversionException or WeightFormatException;

    public override IEnumerable<byte[]> Seeds(Random random)
    {
        yield return Join(Config, Tokenizer);
        yield return Join(Config.Replace("llama3", "yarn").Replace("Llama", "Qwen2"), Tokenizer.Replace("\"type\": \"BPE\"", "\"byte_fallback\": true"));
    }

    public override string Run(ReadOnlyMemory<byte> input)
    {
        var output = Path.Combine(Directory.Exists("/dev/shm") ? "/dev/shm" : Path.GetTempPath(), $"fuzz-llama-{Environment.ProcessId}.gguf");
        try
        {
            var outcome = WeightConverter.ConvertAsync(new Pieces(input), "model.safetensors", output, new(ConversionTarget.Gguf) { Type = DType.F16 }, CancellationToken.None).GetAwaiter().GetResult();
            // Whatever is accepted must be a file that can be read again.
            var file = WeightReader.ReadFileAsync(output, CancellationToken.None).GetAwaiter().GetResult();
            return $"{file.Tensors.Count} {file.Metadata.Count} {outcome.Remarks.Count}";
        }
        finally
        {
            File.Delete(output);
        }
    }

    static byte[] Join(string config, string tokenizer) =>
        [.. Encoding.UTF8.GetBytes(config), 0, .. Encoding.UTF8.GetBytes(tokenizer), 0, .. Encoding.UTF8.GetBytes(Settings), 0, .. Weights()];

    static byte[] Weights()
    {
        using var file = new MemoryStream();
        (string Name, long[] Shape)[] tensors =
        [
            ("model.embed_tokens.weight", [4, 8]), ("model.norm.weight", [8]), ("model.layers.0.input_layernorm.weight", [8]), ("model.layers.0.post_attention_layernorm.weight", [8]),
            ("model.layers.0.self_attn.q_proj.weight", [8, 8]), ("model.layers.0.self_attn.k_proj.weight", [4, 8]), ("model.layers.0.self_attn.v_proj.weight", [4, 8]),
            ("model.layers.0.self_attn.o_proj.weight", [8, 8]), ("model.layers.0.mlp.gate_proj.weight", [8, 8]), ("model.layers.0.mlp.up_proj.weight", [8, 8]), ("model.layers.0.mlp.down_proj.weight", [8, 8]),
        ];
        SafetensorsWriter.WriteAsync(file, tensors.Select(t =>
        {
            var bytes = t.Shape.Aggregate(4L, (a, b) => a * b);
            return new TensorContent(t.Name, DType.F32, t.Shape, new MemoryByteSource(new byte[bytes]), 0, bytes);
        }), new Dictionary<string, string>(), CancellationToken.None).GetAwaiter().GetResult();
        return file.ToArray();
    }

    sealed class Pieces(ReadOnlyMemory<byte> all) : IModelFiles
    {
        static readonly string[] s_names = ["config.json", "tokenizer.json", "tokenizer_config.json", "model.safetensors"];

        public IReadOnlyList<ModelFile> Files => [.. s_names.Select(name => new ModelFile(name, all.Length))];

        public ValueTask<IByteSource> OpenAsync(string name, CancellationToken stop)
        {
            var rest = all;
            for (var i = 0; i < Array.IndexOf(s_names, name); i++)
                rest = rest.Span.IndexOf((byte)0) is var end and >= 0 ? rest[(end + 1)..] : ReadOnlyMemory<byte>.Empty;
            if (name != s_names[^1] && rest.Span.IndexOf((byte)0) is var next and >= 0) rest = rest[..next];
            return new(new MemoryByteSource(rest));
        }
    }
}
