using ModelZoo.Learning.Randomness;
using ModelZoo.Weights;

namespace ModelZoo.Learning.Merging;

/// <summary>What to do with tensors that do not fit together, and how the result is stored.</summary>
/// <param name="Type">Type of all floating tensors; null keeps that of the first input.</param>
/// <param name="SkipMismatch">Tensors that are missing or of another shape in some input are copied from the first instead of refused.</param>
public sealed record MergeOptions(DType? Type = null, bool SkipMismatch = false);

/// <summary>A merged model: tensors whose bytes are computed when they are read, so that it can be written without ever being in memory.</summary>
public sealed record MergedModel(IReadOnlyList<TensorContent> Tensors, IReadOnlyList<string> Remarks)
{
    /// <summary>A head that came with an adapter, for the configuration.</summary>
    public MergedHead? Head { get; init; }
}

/// <summary>Merges models of equal shapes, tensor by tensor.</summary>
public static class Merger
{
    /// <param name="origin">The base b, for methods that look at differences from it.</param>
    /// <exception cref="MergeException">The inputs do not fit together or the method needs others.</exception>
    public static MergedModel Merge(IReadOnlyList<MergeInput> inputs, MergeInput? origin, MergeMethod method, MergeOptions? options = null)
    {
        options ??= new();
        if (inputs.Count < method.FewestInputs || inputs.Count > method.MostInputs)
            throw new MergeException($"{method.GetType().Name} takes {(method.FewestInputs == method.MostInputs ? $"{method.FewestInputs}" : method.MostInputs == int.MaxValue ? $"at least {method.FewestInputs}" : $"{method.FewestInputs} to {method.MostInputs}")} inputs; {inputs.Count} are given.");
        if (method.NeedsBase && origin is null) throw new MergeException($"{method.GetType().Name} looks at differences from a base, and none is given.");
        LoraNames.RefuseSeparateAverages(inputs);
        var maps = inputs.Select(Names).ToList();
        var originMap = origin is null ? null : Names(origin);
        var remarks = new List<string>();
        var layers = LayerNames.Count(inputs[0].Tensors.Select(tensor => tensor.Name));
        var result = new List<TensorContent>();
        foreach (var first in inputs[0].Tensors)
        {
            var same = maps.Select(map => map.GetValueOrDefault(first.Name)).ToList();
            var wrong = same.FindIndex(tensor => tensor is null || !tensor.Shape.SequenceEqual(first.Shape));
            if (wrong >= 0)
            {
                if (!options.SkipMismatch) throw new MergeException(Mismatch(first, same[wrong], inputs[0], inputs[wrong]));
                remarks.Add($"'{first.Name}' does not fit '{inputs[wrong].Name}' and was copied from '{inputs[0].Name}'.");
                result.Add(first);
                continue;
            }
            if (!first.DType.IsFloating && !TensorCast.CanDecode(first.DType))
            {
                remarks.Add($"'{first.Name}' holds {first.DType} and was copied from '{inputs[0].Name}'.");
                result.Add(first);
                continue;
            }
            if (inputs.Count == 1 && (method is Average { Normalize: true } or MovingAverage || (method is Average && inputs[0].Weight.Of(first.Name, LayerNames.Position(first.Name, layers)) == 1)) && (options.Type ?? first.DType) == first.DType)
            {
                result.Add(first);
                continue;
            }
            var layer = LayerNames.Position(first.Name, layers);
            var weights = inputs.Select(input => input.Weight.Of(first.Name, layer)).ToArray();
            var b = originMap?.GetValueOrDefault(first.Name);
            var type = options.Type ?? (first.DType.IsFloating ? first.DType : DType.F32);
            if (method.NeedsBase && (b is null || !b.Shape.SequenceEqual(first.Shape)))
            {
                remarks.Add($"'{first.Name}' is not in the base, or of another shape there, and was averaged.");
                result.Add(MergedSource.Of(first, same!, Mean(weights, true), type));
            }
            else if (method.NeedsBase) result.Add(MergedSource.Of(first, [.. same!, b!], WithBase(method, inputs, first, weights, layer), type));
            else result.Add(MergedSource.Of(first, same!, WithoutBase(method, first.Name, weights, layer), type));
        }
        foreach (var (map, input) in maps.Zip(inputs))
            foreach (var extra in map.Keys.Where(name => !maps[0].ContainsKey(name)).Take(1))
            {
                if (!options.SkipMismatch) throw new MergeException($"'{input.Name}' has a tensor '{extra}' that '{inputs[0].Name}' lacks.");
                remarks.Add($"'{extra}' of '{input.Name}' is not in '{inputs[0].Name}' and was left out.");
            }
        return new(result, remarks);
    }

    static TensorMerge WithoutBase(MergeMethod method, string tensor, double[] weights, double? layer) => method switch
    {
        Average average => Mean(weights, average.Normalize),
        MovingAverage { Beta: var beta } => new MovingAverageMerge(beta is >= 0 and < 1 ? beta : throw new MergeException("β lies between 0 and 1.")),
        Slerp slerp => new SlerpMerge(slerp.T.Of(tensor, layer)),
        Karcher karcher => new KarcherMerge(weights, karcher.MaxIterations, karcher.Tolerance),
        _ => throw new MergeException($"{method.GetType().Name} is no method that works without a base."),
    };

    static TensorMerge WithBase(MergeMethod method, IReadOnlyList<MergeInput> inputs, TensorContent tensor, double[] weights, double? layer)
    {
        switch (method)
        {
            case Interpolation { Alpha: var alpha }: return new InterpolationMerge(alpha.Of(tensor.Name, layer));
            case TaskArithmetic arithmetic: return Differences(_ => new KeepAll(), arithmetic.Lambda, false, arithmetic.Normalize);
            case Ties ties: return Differences(i => new KeepByRank(0, Kept(Density(i))), ties.Lambda, true, ties.Normalize);
            case Dare dare: return Differences(i => new DropAtRandom(Density(i), dare.Rescale, Stream(dare.Seed, i)), dare.Lambda, dare.Elect, dare.Normalize);
            case Breadcrumbs crumbs:
                var dropped = (long)(crumbs.Gamma * Elements());
                return Differences(i => new KeepByRank(Math.Min(dropped, Elements() - 1), Math.Min(Kept(Density(i)), Elements() - Math.Min(dropped, Elements() - 1))), crumbs.Lambda, crumbs.Elect, crumbs.Normalize);
            case Della della: return Differences(i => new DropByRank(Density(i), della.Epsilon, Stream(della.Seed, i)), della.Lambda, della.Elect, della.Normalize);
            case ModelStock stock: return new ModelStockMerge(inputs.Count, stock.PerRow && tensor.Shape.Count > 1 ? Math.Max(1, Elements() / tensor.Shape[0]) : Math.Max(1, Elements()));
            default: throw new MergeException($"{method.GetType().Name} is no known method.");
        }

        DifferenceMerge Differences(Func<int, Thinning> thin, double lambda, bool elect, bool normalize)
        {
            if (!elect && normalize && weights.Sum() == 0) throw new MergeException($"The weights of '{tensor.Name}' sum to zero.");
            return new(weights, [.. Enumerable.Range(0, inputs.Count).Select(thin)], lambda, elect, normalize);
        }

        double Density(int i) => inputs[i].Density.Of(tensor.Name, layer) is > 0 and <= 1 and var density ? density : throw new MergeException("A density lies above 0 and up to 1.");

        long Kept(double density) => Math.Max(1, (long)(density * Elements()));

        long Elements() => tensor.Shape.Aggregate(1L, (product, axis) => product * axis);

        ulong Stream(ulong seed, int i) => seed ^ Fnv1a64.Hash($"dare/{i}/{tensor.Name}");
    }

    static LinearMerge Mean(double[] weights, bool normalize)
    {
        var total = weights.Sum();
        if (normalize && (total == 0 || !double.IsFinite(total))) throw new MergeException("The weights sum to zero.");
        // Equal weights: the sum is divided once, as a plain mean is.
        return normalize && weights.All(weight => weight == weights[0]) ? new([.. weights.Select(_ => 1.0)], weights.Length) : new(weights, normalize ? total : 1);
    }

    static Dictionary<string, TensorContent> Names(MergeInput input)
    {
        var map = new Dictionary<string, TensorContent>(StringComparer.Ordinal);
        foreach (var tensor in input.Tensors)
            if (!map.TryAdd(tensor.Name, tensor)) throw new MergeException($"'{input.Name}' has two tensors '{tensor.Name}'.");
        return map;
    }

    static string Mismatch(TensorContent first, TensorContent? other, MergeInput firstInput, MergeInput otherInput) => other is null
        ? $"'{otherInput.Name}' lacks tensor '{first.Name}' of '{firstInput.Name}'; skipping mismatches would copy it."
        : $"'{first.Name}' is [{string.Join(", ", first.Shape)}] in '{firstInput.Name}' and [{string.Join(", ", other.Shape)}] in '{otherInput.Name}'; skipping mismatches would copy the first.";
}
