using System.Text.Json;

namespace ModelZoo.Weights.Conversion;

/// <summary>
/// How tensors are spread over files: in their order, each file filled until the next tensor would make it too large; a tensor that is larger alone
/// gets a file alone. Names as Hugging Face's libraries give them: <c>model-00001-of-00003.safetensors</c>.
/// </summary>
static class ShardPlan
{
    /// <summary>Most files that one model is written to; a limit in bytes where gigabytes were meant would make more.</summary>
    const int MaxShards = 10_000;

    public static List<List<TensorContent>> Split(IReadOnlyList<TensorContent> tensors, long? maxBytes)
    {
        var shards = new List<List<TensorContent>> { new() };
        long bytes = 0;
        foreach (var tensor in tensors)
        {
            if (maxBytes is { } limit && shards[^1].Count > 0 && bytes + tensor.ByteLength > limit)
            {
                if (shards.Count == MaxShards) throw new ConversionException($"Files of at most {limit} bytes would be more than {MaxShards}.");
                shards.Add([]);
                bytes = 0;
            }
            shards[^1].Add(tensor);
            bytes = checked(bytes + tensor.ByteLength);
        }
        return shards;
    }

    /// <param name="path">The path that a single file would have.</param>
    public static string Name(string path, int index, int count) => count == 1
        ? path : Path.Combine(Path.GetDirectoryName(path)!, $"{Path.GetFileNameWithoutExtension(path)}-{index + 1:D5}-of-{count:D5}{Path.GetExtension(path)}");

    public static async Task WriteIndexAsync(Stream target, string path, List<List<TensorContent>> shards, CancellationToken stop)
    {
        await using var json = new Utf8JsonWriter(target, new JsonWriterOptions { Indented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
        json.WriteStartObject();
        json.WriteStartObject("metadata");
        json.WriteNumber("total_size", shards.Sum(shard => shard.Sum(tensor => tensor.ByteLength)));
        json.WriteEndObject();
        json.WriteStartObject("weight_map");
        var files = shards.SelectMany((shard, i) => shard.Select(tensor => (tensor.Name, File: Path.GetFileName(Name(path, i, shards.Count)))));
        foreach (var (name, file) in files.OrderBy(entry => entry.Name, StringComparer.Ordinal)) json.WriteString(name, file);
        json.WriteEndObject();
        json.WriteEndObject();
        await json.FlushAsync(stop);
    }
}
