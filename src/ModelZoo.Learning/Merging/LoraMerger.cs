using ModelZoo.Learning.Analyses;
using ModelZoo.Weights;

namespace ModelZoo.Learning.Merging;

/// <summary>Merges adapters with each other and into their base.</summary>
public static class LoraMerger
{
    /// <summary>One adapter that does what the weighted sum of all does; with a rank, the nearest of that rank.</summary>
    public static LoraAdapter Combine(IReadOnlyList<(LoraAdapter Adapter, double Weight)> adapters, int? rank = null)
    {
        if (adapters.Count == 0) throw new MergeException("There is no adapter to merge.");
        var pairs = new Dictionary<string, LoraPair>(StringComparer.Ordinal);
        foreach (var target in adapters.SelectMany(each => each.Adapter.Pairs.Keys).Distinct())
        {
            var joined = LoraPair.Concatenate([.. adapters.Where(each => each.Adapter.Pairs.ContainsKey(target)).Select(each => (each.Adapter.Pairs[target], each.Weight))]);
            pairs[target] = rank is { } smaller && smaller < joined.Rank ? joined.Truncate(smaller) : joined;
        }
        return new(string.Join('+', adapters.Select(each => each.Adapter.Name)), pairs);
    }

    /// <summary>W + s·(α/r)·B·A for every weight the adapter changes; the others as they are.</summary>
    public static MergedModel IntoBase(IReadOnlyList<TensorContent> origin, LoraAdapter adapter, double strength = 1, DType? type = null)
    {
        var known = origin.Select(tensor => tensor.Name).ToHashSet(StringComparer.Ordinal);
        if (adapter.Pairs.Keys.FirstOrDefault(target => !known.Contains(target)) is { } missing) throw new MergeException($"The adapter changes '{missing}', which the base lacks.");
        return new([.. origin.Select(tensor =>
        {
            if (!adapter.Pairs.TryGetValue(tensor.Name, out var pair)) return tensor;
            if (tensor.Shape.Count != 2 || tensor.Shape[0] != pair.Outputs || tensor.Shape[1] != pair.Inputs)
                throw new MergeException($"'{tensor.Name}' is [{string.Join(", ", tensor.Shape)}]; the adapter was made for [{pair.Outputs}, {pair.Inputs}].");
            return MergedSource.Of(tensor, [tensor], new LowRankMerge(pair, strength * pair.Scale), type ?? (tensor.DType.IsFloating ? tensor.DType : DType.F32));
        })], []);
    }

    sealed class LowRankMerge(LoraPair pair, double factor) : TensorMerge
    {
        public override void Combine(long first, int count, double[][] values, Span<double> result)
        {
            // Row by row: Σ_k B[row, k]·A[k, columns] in the order of k, then added once.
            for (var e = 0; e < count;)
            {
                var (row, column) = Math.DivRem(first + e, pair.Inputs);
                var width = (int)Math.Min(count - e, pair.Inputs - column);
                var sum = result.Slice(e, width);
                sum.Clear();
                for (var k = 0; k < pair.Rank; k++) WideMath.AddScaled(pair.B[row * pair.Rank + k], pair.A.AsSpan((int)(k * pair.Inputs + column), width), sum);
                for (var i = 0; i < width; i++) sum[i] = values[0][e + i] + factor * sum[i];
                e += width;
            }
        }
    }
}
