using ModelZoo.Learning.Merging;
using ModelZoo.Weights;

namespace ModelZoo.Learning.Exchange;

/// <summary>
/// Sparsified models as they are published: with a mask beside each tensor (<c>weight_orig</c> and <c>weight_mask</c>, torch.nn.utils.prune), or with the
/// logarithm of a variance beside each weight (<c>log_sigma2</c>), from which the model drops what is noisy whenever it is evaluated.
/// </summary>
/// <remarks>
/// Sparse variational dropout: Molchanov, Ashukha and Vetrov 2017, arXiv:1701.05369: log α = log σ² − 2 log |w|, dropped from log α = 3 on. The sparsified
/// twins of the published zoos do so for weights of all layers and for biases of convolutions; their linear layers have a tensor of that name for the bias that
/// nothing fills or reads, so it may hold anything.
/// </remarks>
static class SparseMasks
{
    const string Original = "_orig", Mask = "_mask", Variance = ".log_sigma2", BiasVariance = ".log_sigma2_bias";
    const float DroppedFrom = 3, Tiny = 1e-15f;

    public static bool Are(IReadOnlyList<TensorContent> tensors) => tensors.Any(tensor => tensor.Name.EndsWith(Variance, StringComparison.Ordinal))
        || (tensors.Any(tensor => tensor.Name.EndsWith(Original, StringComparison.Ordinal)) && tensors.Any(tensor => tensor.Name.EndsWith(Mask, StringComparison.Ordinal)));

    /// <summary>The weights that the model computes with, under the names of the dense one. What is kept keeps its bits.</summary>
    public static async Task<IReadOnlyList<TensorContent>> ApplyAsync(IReadOnlyList<TensorContent> tensors, CancellationToken stop)
    {
        var byName = tensors.ToDictionary(tensor => tensor.Name, StringComparer.Ordinal);
        var result = new List<TensorContent>();
        foreach (var tensor in tensors)
        {
            var name = tensor.Name;
            if (name.EndsWith(Variance, StringComparison.Ordinal) || name.EndsWith(BiasVariance, StringComparison.Ordinal)) continue;
            if (name.EndsWith(Mask, StringComparison.Ordinal) && byName.ContainsKey(name[..^Mask.Length] + Original)) continue;
            if (name.EndsWith(Original, StringComparison.Ordinal) && byName.TryGetValue(name[..^Original.Length] + Mask, out var mask) && Same(tensor, mask))
                result.Add(await DropAsync(tensor with { Name = name[..^Original.Length] }, mask, (_, kept) => kept == 0, stop));
            else if (FindVariance(name, byName) is { } variance && Same(tensor, variance))
                result.Add(await DropAsync(tensor, variance, (weight, log) => log - 2 * MathF.Log(MathF.Abs(weight) + Tiny) >= DroppedFrom, stop));
            else result.Add(tensor);
        }
        return result;
    }

    static TensorContent? FindVariance(string name, Dictionary<string, TensorContent> byName) =>
        name.EndsWith(".weight", StringComparison.Ordinal) ? byName.GetValueOrDefault(name[..^".weight".Length] + Variance)
        : name.EndsWith(".bias", StringComparison.Ordinal) && byName.TryGetValue(name[..^".bias".Length] + ".weight", out var weight) && weight.Shape.Count > 2 ? byName.GetValueOrDefault(name[..^".bias".Length] + BiasVariance)
        : null;

    static bool Same(TensorContent tensor, TensorContent other) => tensor.Shape.SequenceEqual(other.Shape) && tensor.DType.IsFloating && TensorCast.CanDecode(other.DType);

    static async Task<TensorContent> DropAsync(TensorContent tensor, TensorContent beside, Func<float, float, bool> drops, CancellationToken stop)
    {
        var bytes = new byte[tensor.ByteLength];
        for (int done = 0, read; done < bytes.Length; done += read)
            if ((read = await tensor.Source.ReadAsync(tensor.Offset + done, bytes.AsMemory(done), stop)) <= 0) throw new MergeException($"the content of '{tensor.Name}' ends too early");
        var count = (int)tensor.Shape.Aggregate(1L, (product, axis) => product * axis);
        var (weights, others, reader) = (new double[count], new double[count], new WideReader());
        await reader.ReadAsync(tensor with { Source = new MemoryByteSource(bytes), Offset = 0 }, 0, weights, stop);
        await reader.ReadAsync(beside, 0, others, stop);
        var each = count == 0 ? 0 : bytes.Length / count;
        for (var i = 0; i < count; i++)
            if (drops((float)weights[i], (float)others[i])) bytes.AsSpan(i * each, each).Clear();
        return tensor with { Source = new MemoryByteSource(bytes), Offset = 0 };
    }
}
