using ModelZoo.Inference.Runtime;
using ModelZoo.Weights;

namespace ModelZoo.Inference.Graphs;

/// <summary>The tensors of a model's safetensors files by name: where in which file each lies.</summary>
public sealed class StoredWeights
{
    readonly Dictionary<string, (string File, TensorInfo Tensor)> _tensors = new(StringComparer.Ordinal);

    public IEnumerable<string> Names => _tensors.Keys;

    public long TotalBytes => _tensors.Values.Sum(place => place.Tensor.ByteLength);

    /// <summary>Reads the headers of all safetensors files that lie in the model's root; null when there are none.</summary>
    public static async Task<StoredWeights?> FindAsync(IModelFiles files, CancellationToken stop)
    {
        var weights = new StoredWeights();
        foreach (var file in files.Files.Where(file => file.Path.EndsWith(".safetensors", StringComparison.Ordinal) && !file.Path.Contains('/')))
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

    public bool Has(string name) => _tensors.ContainsKey(name);

    /// <summary>Puts a weight of a known shape into a graph, by reference, and gives the name of its value in float.</summary>
    public string Use(GraphBuilder graph, string name, params ReadOnlySpan<long> shape)
    {
        if (!_tensors.TryGetValue(name, out var place)) throw new InferenceException(InferenceFault.Model, $"The model's files have no weight '{name}'.");
        if (!shape.SequenceEqual(place.Tensor.Shape.ToArray()))
            throw new InferenceException(InferenceFault.Model, $"The weight '{name}' is [{string.Join(", ", place.Tensor.Shape)}]; its configuration makes it [{string.Join(", ", shape.ToArray())}].");
        var type = place.Tensor.DType == DType.F32 ? ElementType.Float : place.Tensor.DType == DType.F16 ? ElementType.Float16 : place.Tensor.DType == DType.BF16 ? ElementType.BFloat16
            : throw new InferenceException(InferenceFault.Model, $"The weight '{name}' is of type {place.Tensor.DType}; float32, float16 and bfloat16 are run.");
        var weight = graph.Weight(name, type, place.Tensor.Shape, place.File, place.Tensor.Offset, place.Tensor.ByteLength);
        return type == ElementType.Float ? weight : graph.Node("Cast", [weight], ("to", (long)ElementType.Float));
    }
}
