using System.Globalization;
using System.Text.Json;
using ModelZoo.Learning.Populations;
using ModelZoo.Weights;

namespace ModelZoo.Learning.Exchange;

/// <summary>A tensor's place in a flat vector.</summary>
public sealed record IndexedTensor(string Name, IReadOnlyList<long> Shape, long Offset)
{
    public long Count { get; } = Shape.Aggregate(1L, (product, axis) => checked(product * axis));
}

/// <summary>
/// What <c>index_dict.json</c> says: which stretch of a flat vector is which tensor. The published zoos write parallel lists of layers, each with its
/// kernels' weights (row-major: out, in, kernel) and behind them the biases; our exports write names, shapes and offsets.
/// </summary>
public sealed record VectorIndex(IReadOnlyList<IndexedTensor> Tensors)
{
    const int MaxLayers = 100_000;
    const long MaxAxis = 1L << 31;

    /// <summary>Numbers of the vector.</summary>
    public long Length { get; } = Tensors.Max(tensor => tensor.Offset + tensor.Count);

    /// <exception cref="PopulationException">The text is no such dictionary, or its stretches overlap.</exception>
    public static VectorIndex Parse(ReadOnlyMemory<byte> content, string path)
    {
        try
        {
            using var json = JsonDocument.Parse(content, new() { MaxDepth = 16 });
            var tensors = json.RootElement.ValueKind == JsonValueKind.Array ? Named(json.RootElement, path) : Layers(json.RootElement, path);
            if (tensors.Count == 0) throw Bad(path, "it names no layer");
            var end = 0L;
            foreach (var tensor in tensors.OrderBy(tensor => tensor.Offset))
            {
                if (tensor.Offset < end) throw Bad(path, $"'{tensor.Name}' begins at {tensor.Offset}, inside the tensor before it");
                end = checked(tensor.Offset + tensor.Count);
            }
            return tensors.Select(tensor => tensor.Name).Distinct().Count() == tensors.Count ? new(tensors) : throw Bad(path, "two layers have one name");
        }
        catch (Exception problem) when (problem is JsonException or OverflowException or InvalidOperationException or KeyNotFoundException or FormatException)
        {
            throw Bad(path, problem.Message);
        }
    }

    static List<IndexedTensor> Named(JsonElement list, string path) => list.GetArrayLength() > MaxLayers ? throw Bad(path, "it is too long")
        : [.. list.EnumerateArray().Select(item => new IndexedTensor(item.GetProperty("name").GetString() ?? throw Bad(path, "a tensor has no name"), [.. item.GetProperty("shape").EnumerateArray().Select(axis => Axis(axis, path))], Axis(item.GetProperty("offset"), path)))];

    static List<IndexedTensor> Layers(JsonElement json, string path)
    {
        var layers = json.GetProperty("layer");
        var (count, tensors) = (layers.GetArrayLength(), new List<IndexedTensor>());
        if (count > MaxLayers) throw Bad(path, "it is too long");
        var (starts, kernels, sizes, channels) = (List("idx_start"), List("kernel_no"), List("kernel_size"), List("channels_in"));
        var lengths = json.TryGetProperty("idx_length", out var given) && given.ValueKind == JsonValueKind.Array ? List("idx_length") : null;
        var ends = json.TryGetProperty("idx_end", out given) && given.ValueKind == JsonValueKind.Array ? List("idx_end") : null;
        for (var i = 0; i < count; i++)
        {
            var (name, kind) = Layer(layers[i], path);
            var weights = checked(kernels[i] * channels[i] * sizes[i]);
            var length = lengths?[i] ?? ends?[i] - starts[i] ?? checked(weights + kernels[i]);
            if (length != weights && length != weights + kernels[i]) throw Bad(path, $"layer '{name}' has {length} numbers where its kernels make {weights}, or {weights + kernels[i]} with biases");
            var side = (long)Math.Round(Math.Sqrt(sizes[i]));
            // A fully connected layer behind a convolution counts its pixels as a kernel.
            IReadOnlyList<long> shape = kind == "fc" || (kind is null && sizes[i] == 1) || side * side != sizes[i] ? [kernels[i], channels[i] * sizes[i]] : [kernels[i], channels[i], side, side];
            tensors.Add(new($"{name}.weight", shape, starts[i]));
            if (length > weights) tensors.Add(new($"{name}.bias", [kernels[i]], starts[i] + weights));
        }
        return tensors;

        List<long> List(string key)
        {
            var list = json.GetProperty(key);
            return list.GetArrayLength() == count ? [.. list.EnumerateArray().Select(item => Axis(item, path))] : throw Bad(path, $"'{key}' has {list.GetArrayLength()} entries for {count} layers");
        }
    }

    /// <summary>A number, a name, or either with its kind: <c>[3, "conv2d"]</c>.</summary>
    static (string Name, string? Kind) Layer(JsonElement layer, string path) => layer.ValueKind switch
    {
        JsonValueKind.Number => ($"module_list.{layer.GetInt32().ToString(CultureInfo.InvariantCulture)}", null),
        JsonValueKind.String when layer.GetString() is { Length: > 0 and <= 500 } name => (int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out _) ? $"module_list.{name}" : name, null),
        JsonValueKind.Array when layer.GetArrayLength() == 2 && layer[0].ValueKind != JsonValueKind.Array => (Layer(layer[0], path).Name, layer[1].GetString()),
        _ => throw Bad(path, "a layer is neither a number nor a name"),
    };

    static long Axis(JsonElement value, string path) => value.TryGetInt64(out var number) && number is >= 0 and <= MaxAxis ? number : throw Bad(path, $"{value} is no size");

    static PopulationException Bad(string path, string problem) => new($"'{path}' is no index of a flat vector: {problem}.");
}
