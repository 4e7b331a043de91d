namespace ModelZoo.Inference.Adapters;

/// <summary>A class and how likely the model takes it to be.</summary>
public readonly record struct LabelScore(int Index, string Label, float Score);

/// <summary>What a model's scores are.</summary>
public enum ScoreKind
{
    /// <summary>Looked at: numbers that sum to one are probabilities, those whose exponentials do are logarithms of them, others are logits.</summary>
    Guess,
    Probabilities,
    Logits,
    LogProbabilities,

    /// <summary>Each class by itself, through the logistic function.</summary>
    Independent,
}

/// <summary>From a model's numbers to probabilities, and to the best of them.</summary>
public static class Scores
{
    const double SumsToOne = 1e-3;

    public static float[] ToProbabilities(ReadOnlySpan<float> scores, ScoreKind kind)
    {
        var result = new float[scores.Length];
        switch (kind == ScoreKind.Guess ? Guess(scores) : kind)
        {
            case ScoreKind.Probabilities: scores.CopyTo(result); break;
            case ScoreKind.LogProbabilities:
                for (var i = 0; i < result.Length; i++) result[i] = (float)Math.Exp(scores[i]);
                break;
            case ScoreKind.Independent:
                for (var i = 0; i < result.Length; i++) result[i] = (float)(1 / (1 + Math.Exp(-scores[i])));
                break;
            default:
                var sum = LogSumExp(scores);
                for (var i = 0; i < result.Length; i++) result[i] = (float)Math.Exp(scores[i] - sum);
                break;
        }
        return result;
    }

    static ScoreKind Guess(ReadOnlySpan<float> scores)
    {
        var (sum, exponentials, isNegative, isPositive) = (0.0, 0.0, false, false);
        foreach (var score in scores)
        {
            sum += score;
            exponentials += Math.Exp(score);
            isNegative |= score < 0;
            isPositive |= score > 0;
        }
        if (!isNegative && Math.Abs(sum - 1) <= SumsToOne) return ScoreKind.Probabilities;
        return !isPositive && Math.Abs(exponentials - 1) <= SumsToOne ? ScoreKind.LogProbabilities : ScoreKind.Logits;
    }

    /// <summary>ln Σ exp x, in double, without overflow.</summary>
    public static double LogSumExp(ReadOnlySpan<float> scores)
    {
        var most = float.NegativeInfinity;
        foreach (var score in scores) most = Math.Max(most, score);
        if (float.IsInfinity(most) || float.IsNaN(most)) return most;
        var sum = 0.0;
        foreach (var score in scores) sum += Math.Exp((double)score - most);
        return most + Math.Log(sum);
    }

    /// <summary>The first of the largest.</summary>
    public static int ArgMax(ReadOnlySpan<float> scores)
    {
        var best = 0;
        for (var i = 1; i < scores.Length; i++)
            if (scores[i] > scores[best]) best = i;
        return best;
    }

    /// <summary>The best first; of equals the first in the model's order.</summary>
    public static LabelScore[] Best(ReadOnlySpan<float> probabilities, IReadOnlyList<string> labels, int count)
    {
        var values = probabilities.ToArray();
        return [.. Enumerable.Range(0, values.Length).OrderByDescending(i => values[i]).Take(count).Select(i => new LabelScore(i, LabelOf(labels, i), values[i]))];
    }

    public static string LabelOf(IReadOnlyList<string> labels, int index) => index < labels.Count ? labels[index] : $"LABEL_{index}";
}
