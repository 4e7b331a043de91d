using ModelZoo.Inference.Adapters;

namespace ModelZoo.Inference.Generation;

/// <summary>Chooses the next token from logits.</summary>
sealed class Sampler(GenerationSettings settings)
{
    readonly RandomSource _random = new(settings.Seed, settings.Stream);
    readonly HashSet<int> _seen = [];
    readonly Dictionary<int, int> _made = [];

    public void Saw(int id)
    {
        if (settings.RepetitionPenalty != 1) _seen.Add(id);
    }

    /// <summary>A token that was generated: penalties of presence and frequency count these alone.</summary>
    public void Made(int id)
    {
        Saw(id);
        if (settings.PresencePenalty != 0 || settings.FrequencyPenalty != 0) _made[id] = _made.GetValueOrDefault(id) + 1;
    }

    public int Choose(ReadOnlySpan<float> logits)
    {
        var scores = logits.ToArray();
        foreach (var id in _seen) scores[id] = (float)(scores[id] > 0 ? scores[id] / settings.RepetitionPenalty : scores[id] * settings.RepetitionPenalty);
        foreach (var (id, times) in _made) scores[id] -= (float)(settings.PresencePenalty + (times * settings.FrequencyPenalty));
        foreach (var (id, bias) in settings.Bias)
            if ((uint)id < (uint)scores.Length) scores[id] += (float)bias;
        if (settings.Temperature == 0) return Scores.ArgMax(scores);
        // Equal ones in the order of their numbers, so that a seed means the same everywhere.
        var order = Enumerable.Range(0, scores.Length).Where(i => !float.IsNaN(scores[i])).ToArray();
        Array.Sort(order, (a, b) => scores[b].CompareTo(scores[a]) is not 0 and var by ? by : a.CompareTo(b));
        if (order.Length == 0) throw new InferenceException(InferenceFault.Execution, "The model's output is not a number for any token.");
        var count = settings.TopK > 0 ? Math.Min(settings.TopK, order.Length) : order.Length;
        var weights = new double[count];
        var sum = 0.0;
        for (var i = 0; i < count; i++) sum += weights[i] = Math.Exp((scores[order[i]] - (double)scores[order[0]]) / settings.Temperature);
        var (kept, mass) = (0, 0.0);
        // The first always stays; one is dropped when those before it have the mass already.
        while (kept < count && (kept == 0 || (mass < settings.TopP * sum && weights[kept] >= settings.MinP * weights[0]))) mass += weights[kept++];
        var draw = _random.Next() * mass;
        for (var i = 0; i < kept; i++)
            if ((draw -= weights[i]) < 0) return order[i];
        return order[kept - 1];
    }
}
