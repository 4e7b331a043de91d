namespace ModelZoo.Evaluation.Models;

/// <summary>From a model's order of classes to the task's.</summary>
static class LabelOrder
{
    /// <summary>For each class of the task its place in the model; null: the orders agree, or one of the two does not name its classes.</summary>
    public static int[]? Find(IReadOnlyList<string>? wanted, IReadOnlyList<string> given)
    {
        if (wanted is not { Count: > 0 } || given.Count != wanted.Count) return null;
        var places = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var i = 0; i < given.Count; i++)
            if (!places.TryAdd(Plain(given[i]), i)) return null;
        var order = new int[wanted.Count];
        for (var i = 0; i < order.Length; i++)
            if (!places.TryGetValue(Plain(wanted[i]), out order[i])) return null;
        return order.Index().All(pair => pair.Index == pair.Item) ? null : order;
    }

    public static float[] Apply(int[]? order, float[] scores) => order is null || order.Length != scores.Length ? scores : [.. order.Select(from => scores[from])];

    static string Plain(string label) => label.ToLowerInvariant().Replace('_', ' ').Trim();
}

/// <summary>Floats seen as doubles, at half the memory.</summary>
sealed class FloatList(float[] values) : IReadOnlyList<double>
{
    public int Count => values.Length;

    public ReadOnlySpan<float> Values => values;

    public double this[int index] => values[index];

    public IEnumerator<double> GetEnumerator()
    {
        foreach (var value in values) yield return value;
    }

    System.Collections.IEnumerator System.Collections.IEnumerable.GetEnumerator() => GetEnumerator();
}
