using ModelZoo.Weights;

namespace ModelZoo.Learning.Merging;

/// <summary>Merges adapters with each other and into their base.</summary>
public static class LoraMerger
{
    /// <summary>
    /// One adapter that does what the weighted sum of all does; with a rank, the nearest of that rank. Modules that several hold whole become their mean with the same
    /// weights, (Σ w x)/(Σ w) over those that have them; one that a single adapter holds is taken as it is.
    /// </summary>
    /// <exception cref="MergeException">They change or save tensors of different shapes, or say what cannot be summed.</exception>
    public static LoraAdapter Combine(IReadOnlyList<(LoraAdapter Adapter, double Weight)> adapters, int? rank = null)
    {
        if (adapters.Count == 0) throw new MergeException("There is no adapter to merge.");
        if (adapters is [(var only, 1)] && rank is null) return only;
        if (adapters.FirstOrDefault(each => each.Adapter.Magnitudes.Count > 0).Adapter is { } dora)
            throw new MergeException($"'{dora.Name}' is a DoRA adapter: lengths of rows do not add up, so it is merged by itself, with the weight 1 and its whole rank.");
        var pairs = new Dictionary<string, LoraPair>(StringComparer.Ordinal);
        foreach (var target in adapters.SelectMany(each => each.Adapter.Pairs.Keys).Distinct())
        {
            var joined = LoraPair.Concatenate([.. adapters.Where(each => each.Adapter.Pairs.ContainsKey(target)).Select(each => (each.Adapter.Pairs[target], each.Weight))]);
            pairs[target] = rank is { } smaller && smaller < joined.Rank ? joined.Truncate(smaller) : joined;
        }
        var all = adapters.Select(each => each.Adapter).ToList();
        return new(string.Join('+', all.Select(adapter => adapter.Name)), pairs)
        {
            Saved = Average(adapters), Labels = LabelsOf(all), TaskType = all.Select(adapter => adapter.TaskType).FirstOrDefault(type => type is not null),
            SavedModules = [.. all.SelectMany(adapter => adapter.SavedModules).Distinct(StringComparer.Ordinal)], Bias = all.Select(adapter => adapter.Bias).FirstOrDefault(bias => bias != "none") ?? "none",
        };
    }

    /// <summary>
    /// W + s·(α/r)·B·A for every weight the adapter changes, its saved modules in place of the base's, the others as they are. A saved module that the base lacks, such as
    /// a new head, is added.
    /// </summary>
    /// <param name="strength">s. Of saved modules there is no part: they replace.</param>
    /// <exception cref="MergeException">The base lacks a weight that the adapter changes, or has it in another shape.</exception>
    public static MergedModel IntoBase(IReadOnlyList<TensorContent> origin, LoraAdapter adapter, double strength = 1, DType? type = null)
    {
        var names = new BaseNames(origin.Select(tensor => tensor.Name));
        var pairs = new Dictionary<string, (string Target, LoraPair Pair)>(StringComparer.Ordinal);
        foreach (var (target, pair) in adapter.Pairs)
            if (!pairs.TryAdd(names.Find(target) ?? throw new MergeException($"The adapter changes '{target}', which the base lacks."), (target, pair))) throw new MergeException($"The adapter changes '{target}' twice, under two names.");
        var (saved, added) = (new Dictionary<string, TensorContent>(StringComparer.Ordinal), new List<TensorContent>());
        foreach (var (name, tensor) in adapter.Saved.OrderBy(each => each.Key, StringComparer.Ordinal))
        {
            if (names.Find(name) is { } own) saved[own] = tensor with { Name = own };
            else added.Add(As(tensor with { Name = name }));
        }
        // A head on a bare model: the body gets the name by which models with a head call it.
        var prefix = added.Count > 0 ? names.Dropped : "";
        var remarks = new List<string>();
        if (saved.Count + added.Count > 0) remarks.Add($"The adapter's own: {string.Join(", ", saved.Keys.Concat(added.Select(tensor => tensor.Name)).Select(name => $"'{name}'"))}.");
        foreach (var target in adapter.Pairs.Where(pair => pair.Value.Layout == LoraLayout.Table).Select(pair => pair.Key)) remarks.Add($"'{target}' is a table of vectors; a model that uses it for its outputs too changes in these as well.");
        var tensors = origin.Select(tensor =>
        {
            var content = saved.TryGetValue(tensor.Name, out var own) ? Checked(tensor, own) : tensor;
            var merged = pairs.TryGetValue(tensor.Name, out var change) ? Changed(content, change.Pair, adapter.Magnitudes.GetValueOrDefault(change.Target)) : own is null ? tensor : As(content);
            return prefix.Length > 0 ? merged with { Name = prefix + merged.Name } : merged;
        }).Concat(added).ToList();
        return new(tensors, remarks) { Head = HeadOf(adapter, [.. saved.Values, .. added], added) };

        TensorContent As(TensorContent tensor) => type is { } other && other != tensor.DType && tensor.DType.IsFloating ? MergedSource.Of(tensor, [tensor], new LinearMerge([1], 1), other) : tensor;

        TensorContent Changed(TensorContent tensor, LoraPair pair, double[]? magnitude)
        {
            var (rows, columns) = (tensor.Shape.Count > 0 ? tensor.Shape[0] : 0, tensor.Shape.Skip(1).Aggregate(1L, (product, axis) => checked(product * axis)));
            var fits = rows == pair.Outputs && columns == pair.Inputs && (pair.Layout == LoraLayout.Kernel ? tensor.Shape.Skip(1).SequenceEqual(pair.Kernel) : tensor.Shape.Count == (pair.Layout == LoraLayout.Vector ? 1 : 2));
            var fitsTurned = pair.Layout == LoraLayout.Matrix && tensor.Shape.Count == 2 && rows == pair.Inputs && columns == pair.Outputs;
            // As PEFT does: what the weight's own shape says counts; of a square one, what the configuration says.
            var isTurned = fitsTurned && (pair.FansIn || !fits);
            if (!fits && !isTurned) throw new MergeException($"'{tensor.Name}' is [{string.Join(", ", tensor.Shape)}]; the adapter was made for [{pair.Outputs}, {(pair.Kernel.Count > 0 ? string.Join(", ", pair.Kernel) : $"{pair.Inputs}")}].");
            var stored = isTurned ? pair.Transpose() : pair;
            return MergedSource.Of(tensor, [tensor], magnitude is null ? new LowRankMerge(stored, strength * pair.Scale) : new MagnitudeMerge(tensor.Name, stored, magnitude, strength, isTurned), type ?? (tensor.DType.IsFloating ? tensor.DType : DType.F32));
        }

        // Classes may be others, or a vocabulary may have grown; what comes in stays what the layer before makes.
        static TensorContent Checked(TensorContent tensor, TensorContent own) => own.Shape.Count == tensor.Shape.Count && own.Shape.Skip(1).SequenceEqual(tensor.Shape.Skip(1)) ? own
            : throw new MergeException($"'{tensor.Name}' is [{string.Join(", ", tensor.Shape)}] in the base; the adapter's own is [{string.Join(", ", own.Shape)}].");
    }

    static Dictionary<string, TensorContent> Average(IReadOnlyList<(LoraAdapter Adapter, double Weight)> adapters)
    {
        var saved = new Dictionary<string, TensorContent>(StringComparer.Ordinal);
        foreach (var name in adapters.SelectMany(each => each.Adapter.Saved.Keys).Distinct(StringComparer.Ordinal))
        {
            var holders = adapters.Where(each => each.Adapter.Saved.ContainsKey(name)).ToList();
            var first = holders[0].Adapter.Saved[name];
            if (holders.FirstOrDefault(each => !each.Adapter.Saved[name].Shape.SequenceEqual(first.Shape)).Adapter is { } other)
                throw new MergeException($"'{name}' is [{string.Join(", ", first.Shape)}] in '{holders[0].Adapter.Name}' and [{string.Join(", ", other.Saved[name].Shape)}] in '{other.Name}': saved modules of different shapes have no mean.");
            saved[name] = holders.Count == 1 || !first.DType.IsFloating ? first
                : Merger.Merge([.. holders.Select(each => new MergeInput(each.Adapter.Name, [each.Adapter.Saved[name] with { Name = first.Name }]) { Weight = each.Weight })], null, new Average()).Tensors[0];
        }
        return saved;
    }

    /// <summary>Heads for other classes may have equal shapes; their mean would mix the classes.</summary>
    static IReadOnlyList<string> LabelsOf(IReadOnlyList<LoraAdapter> adapters)
    {
        var named = adapters.Where(adapter => adapter.Labels.Count > 0).ToList();
        if (named.Count == 0) return [];
        if (named.FirstOrDefault(adapter => !adapter.Labels.SequenceEqual(named[0].Labels)) is { } other) throw new MergeException($"The heads of '{named[0].Name}' and '{other.Name}' are for different classes: their mean would mix them.");
        return named[0].Labels;
    }

    static MergedHead? HeadOf(LoraAdapter adapter, IReadOnlyList<TensorContent> own, List<TensorContent> added) =>
        own.FirstOrDefault(tensor => MergedHead.IsHead(tensor.Name)) is { Shape: [var outputs, _] } head ? new((int)outputs, adapter.Labels, adapter.TaskType, added.Contains(head)) : null;

    /// <summary>The base's own names: as the adapter has them, without the first part of the path (<c>bert.</c>, <c>model.</c>), or with one more.</summary>
    sealed class BaseNames(IEnumerable<string> names)
    {
        readonly HashSet<string> _known = names.ToHashSet(StringComparer.Ordinal);

        /// <summary>The part that the base's names lack; empty where they have it.</summary>
        public string Dropped { get; private set; } = "";

        public string? Find(string name)
        {
            if (_known.Contains(name)) return name;
            if (name.IndexOf('.') is > 0 and var dot && _known.Contains(name[(dot + 1)..]))
            {
                Dropped = name[..(dot + 1)];
                return name[(dot + 1)..];
            }
            var longer = _known.Where(other => other.EndsWith($".{name}", StringComparison.Ordinal)).Take(2).ToList();
            return longer.Count == 1 ? longer[0] : null;
        }
    }
}
