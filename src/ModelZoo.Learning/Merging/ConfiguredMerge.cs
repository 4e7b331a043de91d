using ModelZoo.Weights;

namespace ModelZoo.Learning.Merging;

/// <summary>Carries out a configuration on opened models.</summary>
public static class ConfiguredMerge
{
    /// <param name="models">The tensors of every model that <see cref="MergeConfiguration.Models"/> names.</param>
    /// <param name="seed">For methods that drop at random.</param>
    /// <param name="skipMismatch">Tensors that do not fit together are copied from the first model instead of refused.</param>
    public static MergedModel Run(MergeConfiguration configuration, IReadOnlyDictionary<string, IReadOnlyList<TensorContent>> models, ulong seed = 0, bool skipMismatch = false)
    {
        var remarks = new List<string>(configuration.Remarks);
        var tensors = new Dictionary<string, TensorContent>(StringComparer.Ordinal);
        var layer = 0;
        for (var s = 0; s < configuration.Slices.Count; s++)
        {
            var slice = configuration.Slices[s];
            var length = slice.Sources[0].EndLayer - slice.Sources[0].FirstLayer;
            var merged = RunSlice(configuration, slice, models, new(configuration.Type, skipMismatch), seed, s == 0, s == configuration.Slices.Count - 1);
            remarks.AddRange(merged.Remarks);
            foreach (var tensor in merged.Tensors)
            {
                var name = length is null || LayerNames.Find(tensor.Name) is not { } local ? tensor.Name : LayerNames.With(tensor.Name, layer + local);
                if (!tensors.TryAdd(name, tensor with { Name = name }) && LayerNames.Find(name) is not null) throw new MergeException($"Two slices make tensor '{name}'.");
            }
            layer += length ?? 0;
        }
        return new([.. tensors.Values], remarks);
    }

    static MergedModel RunSlice(MergeConfiguration configuration, ConfiguredSlice slice, IReadOnlyDictionary<string, IReadOnlyList<TensorContent>> models, MergeOptions options, ulong seed, bool isFirst, bool isLast)
    {
        var scoped = configuration with { Parameters = configuration.Parameters.Concat(slice.Sources[0].Parameters.Where(pair => pair.Key is "t" or "lambda" or "gamma" or "epsilon" or "normalize")).GroupBy(pair => pair.Key).ToDictionary(group => group.Key, group => group.Last().Value) };
        var method = scoped.ToMethod(seed);
        var origin = configuration.BaseModel;
        var sources = slice.Sources.ToList();
        if (configuration.Method == "passthrough" && sources.Count != 1) throw new MergeException("passthrough copies one source in each slice.");
        if (method is Slerp)
        {
            // From the base to the other, in whichever order they are listed.
            if (origin is null) throw new MergeException("slerp needs base_model: t = 0 is the base.");
            if (!sources.Exists(source => source.Model == origin)) sources.Insert(0, sources[0] with { Model = origin });
            sources = [.. sources.OrderBy(source => source.Model == origin ? 0 : 1)];
        }
        else if (configuration.Method == "passthrough" && (sources[0].Parameters.GetValueOrDefault("scale") ?? configuration.Parameters.GetValueOrDefault("scale")) is { } scale)
        {
            // A copy that is scaled, perhaps for some tensors only.
            sources[0] = sources[0] with { Parameters = new Dictionary<string, TensorParameter> { ["weight"] = scale } };
            method = new Average(Normalize: false);
        }
        else if (method.NeedsBase) sources.RemoveAll(source => source.Model == origin && sources.Count > 1);
        // What stands before the layers comes with the first slice, what stands behind them with the last.
        var inputs = sources.Select(source => Input(configuration, source, models, isFirst, isLast)).ToList();
        var range = slice.Sources.FirstOrDefault(source => source.Model == origin) ?? slice.Sources[0];
        return Merger.Merge(inputs, method.NeedsBase && origin is not null ? Input(configuration, range with { Model = origin, Parameters = new Dictionary<string, TensorParameter>() }, models, isFirst, isLast) : null, method, options);
    }

    static MergeInput Input(MergeConfiguration configuration, ConfiguredSource source, IReadOnlyDictionary<string, IReadOnlyList<TensorContent>> models, bool isFirst, bool isLast)
    {
        if (!models.TryGetValue(source.Model, out var tensors)) throw new MergeException($"The model '{source.Model}' is not given.");
        var chosen = new List<TensorContent>();
        foreach (var tensor in tensors)
        {
            if (source.FirstLayer is not { } first)
            {
                chosen.Add(tensor);
                continue;
            }
            var layer = LayerNames.Find(tensor.Name);
            if (layer is null && (IsBehind(tensor.Name) ? isLast : isFirst)) chosen.Add(tensor);
            else if (layer >= first && layer < source.EndLayer) chosen.Add(tensor with { Name = LayerNames.With(tensor.Name, layer.Value - first) });
        }
        if (source.EndLayer is { } end && LayerNames.Count(tensors.Select(tensor => tensor.Name)) < end) throw new MergeException($"'{source.Model}' has no layer {end - 1}.");
        return new(source.Model, chosen)
        {
            Weight = source.Parameters.GetValueOrDefault("weight") ?? configuration.Parameters.GetValueOrDefault("weight") ?? 1,
            Density = source.Parameters.GetValueOrDefault("density") ?? configuration.Parameters.GetValueOrDefault("density") ?? 1,
        };
    }

    static bool IsBehind(string tensor) => !tensor.Contains("embed", StringComparison.Ordinal)
        && (tensor.Contains("norm", StringComparison.Ordinal) || tensor.Contains("ln_f", StringComparison.Ordinal) || tensor.Contains("head", StringComparison.Ordinal) || tensor.Contains("classifier", StringComparison.Ordinal));
}
