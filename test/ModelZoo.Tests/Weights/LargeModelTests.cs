using System.Text;
using System.Text.Json;
using ModelZoo.Weights;

namespace ModelZoo.Tests.Weights;

/// <summary>Headers of models at their true size; the content behind them is pretended.</summary>
public class LargeModelTests
{
    /// <summary>A beginning followed by as many zeros as the length says.</summary>
    sealed class HollowSource(byte[] start, long length) : IByteSource
    {
        public long Length => length;

        public ValueTask<int> ReadAsync(long offset, Memory<byte> buffer, CancellationToken stop)
        {
            var count = (int)Math.Min(buffer.Length, Math.Max(0, length - offset));
            buffer.Span[..count].Clear();
            if (offset < start.Length) start.AsSpan((int)offset, (int)Math.Min(count, start.Length - offset)).CopyTo(buffer.Span);
            return new(count);
        }
    }

    /// <summary>One shard of a llama-like model: <paramref name="layers"/> layers of the given width.</summary>
    static (byte[] Start, long Length, List<string> Names) Shard(int first, int layers, long width, long inner)
    {
        var header = new Dictionary<string, object>();
        long at = 0;
        void Add(string name, params long[] shape)
        {
            var bytes = shape.Aggregate(2L, (product, axis) => product * axis);
            header[name] = new { dtype = "BF16", shape, data_offsets = new[] { at, at + bytes } };
            at += bytes;
        }
        for (var layer = first; layer < first + layers; layer++)
        {
            foreach (var part in (string[])["q_proj", "o_proj"]) Add($"model.layers.{layer}.self_attn.{part}.weight", width, width);
            foreach (var part in (string[])["k_proj", "v_proj"]) Add($"model.layers.{layer}.self_attn.{part}.weight", width / 8, width);
            foreach (var part in (string[])["gate_proj", "up_proj"]) Add($"model.layers.{layer}.mlp.{part}.weight", inner, width);
            Add($"model.layers.{layer}.mlp.down_proj.weight", width, inner);
            Add($"model.layers.{layer}.input_layernorm.weight", width);
            Add($"model.layers.{layer}.post_attention_layernorm.weight", width);
        }
        var json = Encoding.UTF8.GetBytes(JsonSerializer.Serialize(header));
        return ([.. BitConverter.GetBytes((long)json.Length), .. json], 8 + json.Length + at, [.. header.Keys]);
    }

    [Fact]
    public async Task The_layers_of_a_70_billion_parameter_model_in_40_shards_cost_one_read_each()
    {
        var shards = Enumerable.Range(0, 40).Select(i => Shard(i * 2, 2, 8192, 28_672)).ToList();
        var sources = shards.Select(shard => new CountingSource(new HollowSource(shard.Start, shard.Length))).ToList();
        var index = new SafetensorsIndex(shards.SelectMany((shard, i) => shard.Names.Select(name => (name, File: $"{i:00}.safetensors")))
            .ToDictionary(entry => entry.name, entry => entry.File), null);

        var model = await index.ReadShardsAsync((file, _) => new(sources[int.Parse(file[..2])]), TestContext.Current.CancellationToken);

        // 80 layers of 2·8192² + 2·1024·8192 + 3·28672·8192 + 2·8192 numbers, the layers of Llama 3 70B.
        Assert.Equal(80 * 855_654_400L, WeightSummary.Of(model).TotalParameters);
        Assert.Equal(720, model.Tensors.Count);
        Assert.All(sources, source => Assert.Equal(1, source.Reads));
    }

    [Fact]
    public async Task A_tensor_of_eight_exbibytes_is_counted_without_reading_it()
    {
        var json = """{"t":{"dtype":"U8","shape":[9223372036854775000],"data_offsets":[0,9223372036854775000]}}"""u8.ToArray();
        var source = new HollowSource([.. BitConverter.GetBytes((long)json.Length), .. json], 8 + json.Length + 9223372036854775000);
        var file = await WeightReader.ReadHeaderAsync(source, TestContext.Current.CancellationToken);
        Assert.Equal(9223372036854775000, file.Tensors[0].ElementCount);
    }
}
