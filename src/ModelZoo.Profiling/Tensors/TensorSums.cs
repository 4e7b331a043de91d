namespace ModelZoo.Profiling.Tensors;

/// <summary>Sums over the counted tensors of a model.</summary>
sealed class TensorSums
{
    readonly List<CountedTensor> _tensors;

    public TensorSums(List<CountedTensor> tensors)
    {
        _tensors = tensors;
        foreach (var tensor in tensors)
        {
            Bytes = checked(Bytes + tensor.Tensor.ByteLength);
            if (tensor.Standing == TensorStanding.Draft) Draft = checked(Draft + tensor.Parameters);
            else Parameters = checked(Parameters + tensor.Parameters);
            if (tensor.Standing == TensorStanding.Buffer) Buffers = checked(Buffers + tensor.Tensor.ElementCount);
            if (tensor.Standing == TensorStanding.Copy) Copies = checked(Copies + tensor.Tensor.ElementCount);
        }
    }

    public long Parameters { get; }
    public long Draft { get; }
    public long Bytes { get; }
    public long Buffers { get; }
    public long Copies { get; }

    public long Of(Component component) => _tensors.Where(t => t.Standing == TensorStanding.Parameter && t.Component == component).Sum(t => t.Parameters);

    public IEnumerable<string> Notices(bool isTied)
    {
        if (Buffers > 0) yield return $"{Buffers:N0} stored numbers are buffers (statistics, masks, positions), not parameters; counts that include them are higher.";
        if (Copies > 0) yield return isTied
            ? $"{Copies:N0} stored numbers repeat a tied weight and are counted once; counts of stored values are higher."
            : $"{Copies:N0} stored numbers share the storage of others and are counted once.";
        if (Draft > 0) yield return $"{Draft:N0} parameters of extra prediction layers are stored beside the main model.";
    }

    /// <summary>Scales belong to the weights beside them; buffers, copies and draft layers are not read with them.</summary>
    double? Bits(Func<CountedTensor, bool> which)
    {
        double bytes = 0, parameters = 0;
        foreach (var tensor in _tensors)
        {
            if (tensor.Standing is not (TensorStanding.Parameter or TensorStanding.Companion) || !which(tensor)) continue;
            bytes += tensor.Tensor.ByteLength;
            parameters += tensor.Parameters;
        }
        return parameters > 0 ? 8 * bytes / parameters : null;
    }

    public Profile Apply(Profile profile, Blueprint? blueprint)
    {
        // Experts that a token does not choose are known from the configuration; the rest is what headers say.
        var unused = blueprint is null
            ? profile.Work?.Layers.Sum(l => l.Count * l.ExpertWeights * Math.Max(0, l.Experts - l.ExpertsPerToken)) ?? 0
            : blueprint.Weights.Parameters - blueprint.Weights.ActiveParameters;
        var active = Parameters - unused;
        List<ComponentShare> parts = [.. _tensors.Where(t => t.Parameters > 0 && t.Standing == TensorStanding.Parameter).GroupBy(t => t.Component).OrderBy(g => g.Key)
            .Select(g => new ComponentShare(g.Key, g.Sum(t => t.Parameters), Origin.Header))];
        List<DTypeShare> types = [.. _tensors.GroupBy(t => t.Tensor.DType.Name).Select(g => new DTypeShare(g.Key, g.Count(), g.Sum(t => t.Parameters), g.Sum(t => t.Tensor.ByteLength)))
            .OrderByDescending(share => share.Bytes).ThenBy(share => share.DType, StringComparer.Ordinal)];
        return profile with
        {
            Parameters = new(Parameters, Origin.Header, $"sum over {_tensors.Count:N0} tensors: {string.Join(" + ", parts.Take(12).Select(share => $"{ProfileJson.Words(share.Component)} {share.Parameters:N0}"))}"),
            ActiveParameters = active > 0 ? new(active, unused > 0 ? Origin.Config : Origin.Header, unused > 0 ? $"{Parameters:N0} stored − {unused:N0} of experts that a token does not choose" : "all parameters") : profile.ActiveParameters,
            ActiveWithoutEmbedding = active - Of(Component.Embedding) is > 0 and var rest ? new(rest, Origin.Header, "without the embedding") : profile.ActiveWithoutEmbedding,
            WeightBytes = new(Bytes, Origin.Header, $"bytes of all tensors as stored: {string.Join(" + ", types.Take(8).Select(share => $"{share.DType} {share.Bytes:N0}"))}"),
            DraftParameters = Draft > 0 ? new(Draft, Origin.Header, "tensors behind the last layer") : null,
            EmbeddingAndHead = Of(Component.Embedding) + Of(Component.Head),
            MatrixBits = Bits(t => t.Component is not (Component.Embedding or Component.Head)), HeadBits = Bits(t => t.Component == Component.Head) ?? Bits(t => TensorNames.IsEmbedding(t.Tensor.Name)),
            TensorCount = _tensors.Count,
            Components = parts, DTypes = types,
            NotMeasured = profile.NotMeasured.Where(pair => pair.Key is not ("weightBytes" or "parameters" or "activeParameters")).ToDictionary(p => p.Key, p => p.Value),
        };
    }
}
