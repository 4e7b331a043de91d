using System.Text;
using System.Text.Json;
using ModelZoo.Weights;

namespace ModelZoo.Hub.Tests.Profiles;

/// <summary>Weight files for tests: true headers, zeros for numbers.</summary>
static class ModelBytes
{
    public static readonly string TinyLlama = """
        {"model_type":"llama","architectures":["LlamaForCausalLM"],"num_hidden_layers":2,"hidden_size":8,"intermediate_size":16,"num_attention_heads":2,
         "num_key_value_heads":1,"vocab_size":32,"max_position_embeddings":64,"tie_word_embeddings":false}
        """;

    /// <summary>The tensors that the configuration above describes.</summary>
    public static IReadOnlyList<(string Name, string DType, long[] Shape)> TinyLlamaTensors(string dtype = "F32") => Llama(2, 8, 2, 1, 4, 16, 32, dtype);

    public static List<(string Name, string DType, long[] Shape)> Llama(long layers, long hidden, long heads, long kvHeads, long headSize, long feedForward, long vocabulary, string dtype)
    {
        List<(string, string, long[])> tensors = [("model.embed_tokens.weight", dtype, [vocabulary, hidden])];
        for (var layer = 0; layer < layers; layer++)
        {
            var at = $"model.layers.{layer}";
            tensors.AddRange(
            [
                ($"{at}.self_attn.q_proj.weight", dtype, [heads * headSize, hidden]), ($"{at}.self_attn.k_proj.weight", dtype, [kvHeads * headSize, hidden]),
                ($"{at}.self_attn.v_proj.weight", dtype, [kvHeads * headSize, hidden]), ($"{at}.self_attn.o_proj.weight", dtype, [hidden, heads * headSize]),
                ($"{at}.mlp.gate_proj.weight", dtype, [feedForward, hidden]), ($"{at}.mlp.up_proj.weight", dtype, [feedForward, hidden]), ($"{at}.mlp.down_proj.weight", dtype, [hidden, feedForward]),
                ($"{at}.input_layernorm.weight", dtype, [hidden]), ($"{at}.post_attention_layernorm.weight", dtype, [hidden]),
            ]);
        }
        tensors.AddRange([("model.norm.weight", dtype, [hidden]), ("lm_head.weight", dtype, [vocabulary, hidden])]);
        return tensors;
    }

    public static long Count(IEnumerable<(string Name, string DType, long[] Shape)> tensors) => tensors.Sum(tensor => tensor.Shape.Aggregate(1L, (product, axis) => product * axis));

    /// <summary>Length and header of a safetensors file, and how long the whole file is.</summary>
    public static (byte[] Start, long SizeBytes) Header(IEnumerable<(string Name, string DType, long[] Shape)> tensors)
    {
        var header = new Dictionary<string, object>();
        long at = 0;
        foreach (var (name, dtype, shape) in tensors)
        {
            Assert.True(DType.Find(dtype)!.TryGetByteLength(shape.Aggregate(1L, (product, axis) => product * axis), out var bytes));
            header[name] = new { dtype, shape, data_offsets = new[] { at, at + bytes } };
            at += bytes;
        }
        var json = Encoding.UTF8.GetBytes(JsonSerializer.Serialize(header));
        return ([.. BitConverter.GetBytes((long)json.Length), .. json], 8 + json.Length + at);
    }

    public static byte[] Safetensors(IEnumerable<(string Name, string DType, long[] Shape)> tensors)
    {
        var (start, size) = Header(tensors);
        var file = new byte[size];
        start.CopyTo(file, 0);
        return file;
    }
}
