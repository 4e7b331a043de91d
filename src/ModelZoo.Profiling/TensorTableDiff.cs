namespace ModelZoo.Profiling;

/// <summary>A tensor that is not the same on both sides.</summary>
public sealed record TensorChange(TensorEntry? Before, TensorEntry? After)
{
    public string Name => (After ?? Before)!.Name;

    public bool IsReshaped => Before is not null && After is not null && !Before.Shape.SequenceEqual(After.Shape);

    public bool IsRetyped => Before is not null && After is not null && Before.DType != After.DType;
}

/// <summary>
/// How the tensors of two revisions, or of two models, differ: by name, shape and type, from headers alone. Equal headers may still hold other numbers.
/// All are counted, the first are shown.
/// </summary>
public sealed record TensorTableDiff(int Added, int Removed, int Reshaped, int Retyped, int Same, double ElementChange, double ByteChange, IReadOnlyList<TensorChange> Shown)
{
    /// <summary>Tensors that two tables may have together; beyond that a comparison would take too much memory.</summary>
    public const int MaxTensors = 200_000;

    public bool IsEmpty => Added + Removed + Reshaped + Retyped == 0;

    /// <summary>Names of files do not matter: a model that is split differently is the same model.</summary>
    /// <returns>Null when there are too many tensors.</returns>
    public static TensorTableDiff? Of(IEnumerable<TensorEntry> before, IEnumerable<TensorEntry> after, int mostShown)
    {
        var old = new Dictionary<string, TensorEntry>(StringComparer.Ordinal);
        foreach (var tensor in before)
        {
            old.TryAdd(tensor.Name, tensor);
            if (old.Count > MaxTensors) return null;
        }
        var (added, reshaped, retyped, same, seen) = (0, 0, 0, 0, 0);
        double elements = 0, bytes = 0;
        List<TensorChange> changed = [], appeared = [];
        var known = new HashSet<string>(StringComparer.Ordinal);
        foreach (var tensor in after)
        {
            if (++seen > MaxTensors) return null;
            if (!known.Add(tensor.Name)) continue;
            if (!old.Remove(tensor.Name, out var earlier))
            {
                added++;
                (elements, bytes) = (elements + tensor.Elements, bytes + tensor.Bytes);
                if (appeared.Count < mostShown) appeared.Add(new(null, tensor));
                continue;
            }
            var change = new TensorChange(earlier, tensor);
            if (!change.IsReshaped && !change.IsRetyped)
            {
                same++;
                continue;
            }
            if (change.IsReshaped) reshaped++;
            if (change.IsRetyped) retyped++;
            (elements, bytes) = (elements + tensor.Elements - earlier.Elements, bytes + tensor.Bytes - earlier.Bytes);
            if (changed.Count < mostShown) changed.Add(change);
        }
        foreach (var gone in old.Values) (elements, bytes) = (elements - gone.Elements, bytes - gone.Bytes);
        return new(added, old.Count, reshaped, retyped, same, elements, bytes,
            [.. changed.Concat(appeared).Concat(old.Values.OrderBy(tensor => tensor.Name, StringComparer.Ordinal).Select(tensor => new TensorChange(tensor, null))).Take(mostShown)]);
    }
}
