using ModelZoo.Inference.Lora;
using ModelZoo.Inference.Runtime;
using ModelZoo.Weights;

namespace ModelZoo.Inference.Graphs;

/// <summary>The tensors of a model's safetensors files by name: where in which file each lies.</summary>
public sealed class StoredWeights
{
    readonly Dictionary<string, (string File, TensorInfo Tensor)> _tensors = new(StringComparer.Ordinal);

    readonly Dictionary<string, (float[] Values, long[] Shape)> _replaced = new(StringComparer.Ordinal);
    readonly Dictionary<string, List<LoraPart>> _deltas = new(StringComparer.Ordinal);
    readonly Dictionary<string, float[]> _factors = new(StringComparer.Ordinal), _biases = new(StringComparer.Ordinal);
    readonly IModelFiles _files;

    StoredWeights(IModelFiles files) => _files = files;

    public IEnumerable<string> Names => _tensors.Keys;

    public long TotalBytes => _tensors.Values.Sum(place => place.Tensor.ByteLength);

    /// <summary>Reads the headers of all safetensors files that lie in the model's root; null when there are none.</summary>
    public static async Task<StoredWeights?> FindAsync(IModelFiles files, CancellationToken stop)
    {
        var weights = new StoredWeights(files);
        foreach (var file in files.Files.Where(file => file.Path.EndsWith(".safetensors", StringComparison.Ordinal) && !file.Path.Contains('/') && file.Path != LoraAdapter.WeightsName))
        {
            var source = await files.OpenAsync(file.Path, stop);
            using var _ = source as IDisposable;
            try
            {
                foreach (var tensor in (await WeightReader.ReadHeaderAsync(source, stop)).Tensors) weights._tensors.TryAdd(tensor.Name, (file.Path, tensor));
            }
            catch (WeightFormatException e)
            {
                throw new InferenceException(InferenceFault.Model, $"'{file.Path}': {e.Message}", e);
            }
        }
        return weights._tensors.Count > 0 ? weights : null;
    }

    public bool Has(string name) => _replaced.ContainsKey(name) || _tensors.ContainsKey(name);

    internal IReadOnlyList<long> ShapeOf(string name) => _replaced.TryGetValue(name, out var own) ? own.Shape : _tensors[name].Tensor.Shape;

    /// <summary>Rows of a tensor that an adapter brings whole; null where it brings none.</summary>
    internal int? RowsReplaced(string name) => _replaced.TryGetValue(name, out var own) && own.Shape.Length > 0 ? checked((int)own.Shape[0]) : null;

    /// <summary>Reads every weight, so that the graph holds them all and needs no file beside it.</summary>
    internal async Task TakeAllAsync(long mostBytes, CancellationToken stop)
    {
        var total = _tensors.Values.Sum(place => 4 * place.Tensor.ElementCount);
        if (total > mostBytes) throw new InferenceException(InferenceFault.Limit, $"The weights take {total} bytes as float32; at most {mostBytes} go into one ONNX file.");
        foreach (var (name, (_, tensor)) in _tensors)
            if (!_replaced.ContainsKey(name)) _replaced[name] = (await ReadAsync(name, stop), [.. tensor.Shape]);
    }

    internal long ReplacedBytes => _replaced.Values.Sum(own => 4L * own.Values.Length);

    internal float[]? Factors(string name) => _factors.GetValueOrDefault(name);

    internal void SetFactors(string name, float[] factors) => _factors[name] = factors;

    internal void AddDelta(string name, LoraPart part)
    {
        if (!_deltas.TryGetValue(name, out var parts)) _deltas[name] = parts = [];
        parts.Add(part);
    }

    internal void AddBias(string name, float[] bias) => _biases[name] = _biases.TryGetValue(name, out var other) ? [.. bias.Zip(other, (a, b) => a + b)] : bias;

    /// <summary>Stands in place of what is stored, or beside it under a name of its own.</summary>
    internal void Replace(string name, float[] values, IReadOnlyList<long> shape)
    {
        // A head for other classes has other rows, and that is what it is brought for.
        var isHead = name.StartsWith("classifier.", StringComparison.Ordinal);
        if (_tensors.TryGetValue(name, out var place) && !place.Tensor.Shape.Skip(isHead ? 1 : 0).SequenceEqual(shape.Skip(isHead ? 1 : 0)))
            throw new InferenceException(InferenceFault.Model, $"The adapter's '{name}' is [{string.Join(", ", shape)}]; the base has [{string.Join(", ", place.Tensor.Shape)}].");
        _replaced[name] = (values, [.. shape]);
    }

    internal async Task<float[]> ReadAsync(string name, CancellationToken stop)
    {
        if (_replaced.TryGetValue(name, out var own)) return own.Values;
        var (file, tensor) = _tensors[name];
        var source = await _files.OpenAsync(file, stop);
        using var _ = source as IDisposable;
        return await LoraAdapter.ReadAsync(source, tensor, stop);
    }

    /// <summary>Adds what adapters make of a matrix's input to its output, x·W → y, and for DoRA scales it.</summary>
    internal string Adapt(GraphBuilder graph, string name, string x, string y)
    {
        foreach (var part in _deltas.GetValueOrDefault(name) ?? [])
        {
            var low = graph.Node("com.microsoft::FusedMatMul", [x, graph.Stored(part.A, part.Rank, part.Inputs)], ("transB", 1L));
            y = graph.Node("Add", y, graph.Node("com.microsoft::FusedMatMul", [low, graph.Stored(part.B, part.Outputs, part.Rank)], ("transB", 1L), ("alpha", (float)part.Scale)));
            if (part.Bias is { } bias) y = graph.Node("Add", y, graph.Stored([.. bias.Select(value => (float)(part.Scale * value))], bias.Length));
            if (_factors.TryGetValue(name, out var factors)) y = graph.Node("Mul", y, graph.Stored(factors, factors.Length));
        }
        return _biases.TryGetValue(name, out var merged) ? graph.Node("Add", y, graph.Stored(merged, merged.Length)) : y;
    }

    /// <summary>The same for a table of vectors.</summary>
    internal string AdaptRows(GraphBuilder graph, string name, string ids, string rows)
    {
        foreach (var part in _deltas.GetValueOrDefault(name) ?? [])
        {
            if (!part.IsEmbedding) continue;
            var turned = new float[part.A.Length];
            for (var r = 0; r < part.Rank; r++)
                for (var i = 0; i < part.Inputs; i++) turned[(i * part.Rank) + r] = part.A[(r * part.Inputs) + i];
            var low = graph.Node("Gather", graph.Stored(turned, part.Inputs, part.Rank), ids);
            rows = graph.Node("Add", rows, graph.Node("com.microsoft::FusedMatMul", [low, graph.Stored(part.B, part.Outputs, part.Rank)], ("transB", 1L), ("alpha", (float)part.Scale)));
        }
        return rows;
    }

    /// <summary>Puts a weight of a known shape into a graph, by reference, and gives the name of its value in float.</summary>
    public string Use(GraphBuilder graph, string name, params ReadOnlySpan<long> shape)
    {
        if (_replaced.TryGetValue(name, out var own))
        {
            if (!shape.SequenceEqual(own.Shape)) throw new InferenceException(InferenceFault.Model, $"The adapter's '{name}' is [{string.Join(", ", own.Shape)}]; the configuration makes it [{string.Join(", ", shape.ToArray())}].");
            return graph.Stored(name, own.Values, own.Shape);
        }
        if (!_tensors.TryGetValue(name, out var place)) throw new InferenceException(InferenceFault.Model, $"The model's files have no weight '{name}'.");
        if (!shape.SequenceEqual(place.Tensor.Shape.ToArray()))
            throw new InferenceException(InferenceFault.Model, $"The weight '{name}' is [{string.Join(", ", place.Tensor.Shape)}]; its configuration makes it [{string.Join(", ", shape.ToArray())}].");
        var type = place.Tensor.DType == DType.F32 ? ElementType.Float : place.Tensor.DType == DType.F16 ? ElementType.Float16 : place.Tensor.DType == DType.BF16 ? ElementType.BFloat16
            : throw new InferenceException(InferenceFault.Model, $"The weight '{name}' is of type {place.Tensor.DType}; float32, float16 and bfloat16 are run.");
        var weight = graph.Weight(name, type, place.Tensor.Shape, place.File, place.Tensor.Offset, place.Tensor.ByteLength);
        return type == ElementType.Float ? weight : graph.Node("Cast", [weight], ("to", (long)ElementType.Float));
    }
}
