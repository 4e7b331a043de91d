using System.Text;
using System.Text.Json;
using ModelZoo.Profiling;
using ModelZoo.Weights;

namespace ModelZoo.Tests.Profiling;

/// <summary>Repositories at their true size: real headers, and holes where the numbers would be.</summary>
sealed class SparseFiles : IDisposable
{
    public sealed record Entry(string Name, string DType, params long[] Shape)
    {
        public long Bytes
        {
            get
            {
                Assert.True(ModelZoo.Weights.DType.Find(DType)!.TryGetByteLength(Shape.Aggregate(1L, (product, axis) => product * axis), out var bytes));
                return bytes;
            }
        }
    }

    public string Folder { get; } = Directory.CreateTempSubdirectory("zoo-sparse-").FullName;

    public SparseFiles Config(string json)
    {
        File.WriteAllText(Path.Combine(Folder, "config.json"), json);
        return this;
    }

    public SparseFiles Safetensors(IReadOnlyList<Entry> tensors, int shards = 1)
    {
        for (var shard = 0; shard < shards; shard++)
        {
            var header = new Dictionary<string, object>();
            long at = 0;
            foreach (var tensor in tensors.Where((_, i) => (long)i * shards / tensors.Count == shard))
            {
                header[tensor.Name] = new { dtype = tensor.DType, shape = tensor.Shape, data_offsets = new[] { at, at + tensor.Bytes } };
                at += tensor.Bytes;
            }
            var json = Encoding.UTF8.GetBytes(JsonSerializer.Serialize(header));
            var name = shards == 1 ? "model.safetensors" : $"model-{shard + 1:00000}-of-{shards:00000}.safetensors";
            using var file = File.Create(Path.Combine(Folder, name));
            file.Write(BitConverter.GetBytes((long)json.Length));
            file.Write(json);
            file.SetLength(8 + json.Length + at);
        }
        return this;
    }

    public Task<Profile> ProfileAsync() => ModelReader.ReadAsync(new FolderFiles(Folder), "sparse", TestContext.Current.CancellationToken);

    public void Dispose() => Directory.Delete(Folder, recursive: true);

    /// <summary>A model of the Llama shape in the names of its checkpoints.</summary>
    public static List<Entry> Llama(ModelShape shape, string dtype = "BF16", bool storesHead = true, bool queryKeyNorm = false, bool qkvBias = false)
    {
        var (h, n, kv, d, i, v) = (shape.Hidden!.Value, shape.Heads!.Value, shape.KeyValueHeads!.Value, shape.HeadSize!.Value, shape.FeedForward!.Value, shape.Vocabulary!.Value);
        List<Entry> tensors = [new("model.embed_tokens.weight", dtype, v, h)];
        for (var layer = 0; layer < shape.Layers; layer++)
        {
            var at = $"model.layers.{layer}";
            tensors.AddRange(
            [
                new($"{at}.self_attn.q_proj.weight", dtype, n * d, h), new($"{at}.self_attn.k_proj.weight", dtype, kv * d, h), new($"{at}.self_attn.v_proj.weight", dtype, kv * d, h),
                new($"{at}.self_attn.o_proj.weight", dtype, h, n * d), new($"{at}.mlp.gate_proj.weight", dtype, i, h), new($"{at}.mlp.up_proj.weight", dtype, i, h),
                new($"{at}.mlp.down_proj.weight", dtype, h, i), new($"{at}.input_layernorm.weight", dtype, h), new($"{at}.post_attention_layernorm.weight", dtype, h),
            ]);
            if (queryKeyNorm) tensors.AddRange([new($"{at}.self_attn.q_norm.weight", dtype, d), new($"{at}.self_attn.k_norm.weight", dtype, d)]);
            if (qkvBias) tensors.AddRange([new($"{at}.self_attn.q_proj.bias", dtype, n * d), new($"{at}.self_attn.k_proj.bias", dtype, kv * d), new($"{at}.self_attn.v_proj.bias", dtype, kv * d)]);
        }
        tensors.Add(new("model.norm.weight", dtype, h));
        if (storesHead) tensors.Add(new("lm_head.weight", dtype, v, h));
        return tensors;
    }

    public static string ConfigOf(string id) => Zoo.Reference.FindWorkload(id)!.Configuration!.Value.GetRawText();
}
