using ModelZoo.Inference.Files;
using ModelZoo.Inference.Graphs;

namespace ModelZoo.Inference.Lora;

/// <summary>Puts adapters on a base's weights: into them, or beside them in the graph.</summary>
static class AdaptedWeights
{
    /// <summary>Merged weights lie inside the graph's own file, which protobuf bounds to 2 GiB.</summary>
    const long MaxMergedBytes = 1_900_000_000;

    public static async Task ApplyAsync(StoredWeights weights, IReadOnlyList<LoraAdapter> adapters, bool merges, CancellationToken stop)
    {
        if (adapters.Count > 1 && adapters.Any(adapter => adapter.Config.UsesDora)) throw JsonParts.Bad("An adapter with DoRA is used alone: magnitudes do not add up.");
        var places = new Dictionary<string, List<LoraPart>>(StringComparer.Ordinal);
        foreach (var adapter in adapters)
        {
            foreach (var (name, (values, shape)) in adapter.Replaced) weights.Replace(Resolve(weights, name) ?? name, values, shape);
            foreach (var (module, part) in adapter.Parts)
            {
                var name = Resolve(weights, $"{module}.weight") ?? throw JsonParts.Bad($"The base has no '{module}.weight', which the adapter changes.");
                var shape = weights.ShapeOf(name);
                var (rows, columns) = part.IsEmbedding ? (part.Inputs, part.Outputs) : adapter.Config.FanInFanOut ? (part.Inputs, part.Outputs) : (part.Outputs, part.Inputs);
                // GPT-2 stores [in, out] whatever the flag says; a square matrix is read as the flag says.
                var isTurned = !part.IsEmbedding && shape is [var first, var second] && first == part.Inputs && second == part.Outputs && (adapter.Config.FanInFanOut || first != second);
                if (isTurned) (rows, columns) = (part.Inputs, part.Outputs);
                if (shape is not [var height, var width] || height != rows || width != columns)
                    throw JsonParts.Bad($"The adapter's matrices for '{module}' make [{rows}, {columns}]; the base has [{string.Join(", ", shape)}].");
                if (!places.TryGetValue(name, out var list)) places[name] = list = [];
                list.Add(part);
                if (part.Magnitude is not null || merges) await PrepareAsync(weights, name, part, isTurned, merges, stop);
                if (part.IsEmbedding || !merges) weights.AddDelta(name, part);
            }
        }
        if (merges && weights.ReplacedBytes > MaxMergedBytes)
            throw new InferenceException(InferenceFault.Limit, $"The merged weights take {weights.ReplacedBytes} bytes; above {MaxMergedBytes} adapters are computed beside the weights: do not merge.");
    }

    /// <summary>Merges a part, or for DoRA computes the factor of each output: its magnitude by the length of its row of W + s·B·A.</summary>
    static async Task PrepareAsync(StoredWeights weights, string name, LoraPart part, bool isTurned, bool merges, CancellationToken stop)
    {
        if (part.IsEmbedding) return;       // a table may be the output matrix too, which the adapter leaves alone: its part is always computed beside
        var merged = Merge(await weights.ReadAsync(name, stop), part, isTurned);
        if (part.Magnitude is { } magnitude)
        {
            var factors = new float[part.Outputs];
            for (var o = 0; o < part.Outputs; o++)
            {
                var sum = 0.0;
                for (var i = 0; i < part.Inputs; i++) sum += Math.Pow(merged[At(o, i)], 2);
                factors[o] = (float)(magnitude[o] / Math.Sqrt(sum));
            }
            weights.SetFactors(name, factors);
            for (var o = 0; o < part.Outputs && merges; o++)
                for (var i = 0; i < part.Inputs; i++) merged[At(o, i)] *= factors[o];
        }
        if (!merges) return;
        weights.Replace(name, merged, weights.ShapeOf(name));
        if (part.Bias is { } bias && part.Scale != 0) weights.AddBias(name, [.. bias.Select((value, o) => (float)(part.Scale * value * (part.Magnitude is null ? 1 : weights.Factors(name)![o])))]);

        int At(int o, int i) => isTurned ? (i * part.Outputs) + o : (o * part.Inputs) + i;
    }

    /// <summary>W + s·B·A, summed in double and rounded once; transposed where the base stores [in, out].</summary>
    internal static float[] Merge(float[] weight, LoraPart part, bool isTurned)
    {
        var merged = (float[])weight.Clone();
        var row = new double[part.Inputs];
        for (var o = 0; o < part.Outputs; o++)
        {
            Array.Clear(row);
            for (var r = 0; r < part.Rank; r++)
            {
                double b = part.B[(o * part.Rank) + r];
                for (var i = 0; i < part.Inputs; i++) row[i] += b * part.A[(r * part.Inputs) + i];
            }
            for (var i = 0; i < part.Inputs; i++)
            {
                var at = isTurned ? (i * part.Outputs) + o : (o * part.Inputs) + i;
                merged[at] = (float)(merged[at] + (part.Scale * row[i]));
            }
        }
        return merged;
    }

    /// <summary>The base's own name of a tensor: as it is, without the first part of the path (<c>transformer.</c>, <c>bert.</c>), or with one that the base has and the adapter has not.</summary>
    static string? Resolve(StoredWeights weights, string name)
    {
        if (weights.Has(name)) return name;
        if (name.IndexOf('.') is > 0 and var dot && weights.Has(name[(dot + 1)..])) return name[(dot + 1)..];
        var longer = weights.Names.Where(other => other.EndsWith($".{name}", StringComparison.Ordinal)).Take(2).ToList();
        return longer.Count == 1 ? longer[0] : null;
    }
}
