using ModelZoo.Weights;

namespace ModelZoo.Profiling;

/// <summary>A tensor that both sides have in different form.</summary>
public sealed record ChangedTensor(string Name, TensorInfo Before, TensorInfo After);

/// <summary>How the tensors of two revisions, or of two models, differ: by name, shape and type, from headers alone. Equal shapes may still hold other numbers.</summary>
public sealed record TensorDiff(IReadOnlyList<TensorInfo> Added, IReadOnlyList<TensorInfo> Removed, IReadOnlyList<ChangedTensor> Changed, int Same)
{
    public long ParameterChange => checked(Added.Sum(t => t.ElementCount) - Removed.Sum(t => t.ElementCount) + Changed.Sum(t => t.After.ElementCount - t.Before.ElementCount));

    /// <summary>Names of shards do not matter: a model split differently is the same model.</summary>
    public static TensorDiff Of(IEnumerable<TensorInfo> before, IEnumerable<TensorInfo> after)
    {
        var old = new Dictionary<string, TensorInfo>(StringComparer.Ordinal);
        foreach (var tensor in before) old.TryAdd(tensor.Name, tensor);
        List<TensorInfo> added = [];
        List<ChangedTensor> changed = [];
        var same = 0;
        foreach (var tensor in after.DistinctBy(tensor => tensor.Name, StringComparer.Ordinal))
        {
            if (!old.Remove(tensor.Name, out var earlier)) added.Add(tensor);
            else if (earlier.DType == tensor.DType && earlier.Shape.SequenceEqual(tensor.Shape)) same++;
            else changed.Add(new(tensor.Name, earlier, tensor));
        }
        return new(added, [.. old.Values.OrderBy(tensor => tensor.Name, StringComparer.Ordinal)], changed, same);
    }
}
