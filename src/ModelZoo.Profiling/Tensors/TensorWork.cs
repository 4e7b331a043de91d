using ModelZoo.Weights;

namespace ModelZoo.Profiling.Tensors;

/// <summary>What one layer's attention looks like, where metadata tells.</summary>
readonly record struct LayerAttention(AttentionKind Kind, long Window, double CacheElements, double ScoreFlop, double StateElements);

/// <summary>Derives the work of a token model from its tensors alone: two operations per weight of every matrix that a token meets.</summary>
static class TensorWork
{
    /// <param name="attention">What metadata says about a layer; null to read key and value widths from the shapes.</param>
    /// <param name="expertsPerToken">Null when unknown: then all experts count, which is an upper bound.</param>
    public static WorkModel? Find(IReadOnlyList<CountedTensor> tensors, Func<int, LayerAttention>? attention, long? experts, long? expertsPerToken, long? vocabulary)
    {
        var layers = new SortedDictionary<int, (double Matrix, double Expert, double Keys, double Values, double Queries)>();
        double outer = 0, head = 0, embedding = 0;
        long width = 0;
        foreach (var (tensor, standing, parameters, component) in tensors)
        {
            if (standing != TensorStanding.Parameter || tensor.Shape.Count < 2 || component is Component.Norm or Component.VisionTower) continue;
            if (TensorNames.LayerOf(tensor.Name) is not { } layer)
            {
                if (TensorNames.IsEmbedding(tensor.Name)) (embedding, width) = (parameters, tensor.Shape[^1]);
                else if (component == Component.Head) head = parameters;
                else if (component != Component.Embedding) outer += parameters;
                continue;
            }
            var sums = layers.GetValueOrDefault(layer);
            if (component == Component.Expert) sums.Expert += parameters;
            else sums.Matrix += parameters;
            var rows = RowsOf(tensor, parameters);
            if (EndsWith(tensor.Name, "k_proj.weight", "attn_k.weight", "key.weight")) sums.Keys = rows;
            if (EndsWith(tensor.Name, "v_proj.weight", "attn_v.weight", "value.weight")) sums.Values = rows;
            if (EndsWith(tensor.Name, "q_proj.weight", "attn_q.weight", "query.weight")) sums.Queries = rows;
            layers[layer] = sums;
            if (layers.Count > ProfileLimits.MaxLayers) throw new ProfileException($"The tensors name more than {ProfileLimits.MaxLayers} layers.");
        }
        if (layers.Count == 0 || embedding == 0) return null;
        var groups = new Dictionary<LayerGroup, int>();
        double widest = 0;
        foreach (var (index, sums) in layers)
        {
            var (kind, window, cache, score, state) = attention is not null ? attention(index)
                : new LayerAttention(sums.Keys > 0 ? AttentionKind.Full : AttentionKind.None, 0, sums.Keys + sums.Values, 4 * sums.Queries, 0);
            var count = sums.Expert > 0 && experts is > 0 ? experts.Value : 0;
            var group = new LayerGroup(1, kind, window, cache, score, state, sums.Matrix + (sums.Expert > 0 && count == 0 ? sums.Expert : 0),
                count > 0 ? sums.Expert / count : 0, (int)count, count > 0 ? (int)Math.Clamp(expertsPerToken ?? count, 1, count) : 0, 0);
            groups[group] = groups.GetValueOrDefault(group) + 1;
            widest = Math.Max(widest, (sums.Matrix + group.ExpertWeights * group.ExpertsPerToken) / Math.Max(1, width));
        }
        return new()
        {
            Unit = WorkUnit.Token, Layers = [.. groups.Select(pair => pair.Key with { Count = pair.Value })],
            HeadWeights = head > 0 ? head : embedding, OuterWeights = outer, Vocabulary = vocabulary ?? (width > 0 ? embedding / width : 0),
            TransientElements = Math.Max(7.0 * width, widest), ActivationElements = layers.Count * (14.0 * width + 2 * widest),
        };
    }

    /// <summary>Outputs of a matrix, counted in weights and not in stored numbers: packed ones hold several.</summary>
    static double RowsOf(TensorInfo tensor, long parameters) => tensor.ElementCount == parameters || tensor.Shape[^1] == 0 ? tensor.Shape[0] : (double)parameters / tensor.Shape[^1];

    static bool EndsWith(string name, params ReadOnlySpan<string> endings)
    {
        foreach (var ending in endings)
            if (name.EndsWith(ending, StringComparison.Ordinal)) return true;
        return false;
    }
}
