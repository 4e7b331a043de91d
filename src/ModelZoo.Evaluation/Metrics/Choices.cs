using System.Text;

namespace ModelZoo.Evaluation.Metrics;

/// <summary>Right or wrong, sample by sample, as lm-evaluation-harness scores multiple choice.</summary>
static class Choices
{
    /// <summary>acc: of choices, greedy continuations, class scores and classes.</summary>
    public static double Accuracy(Outcome outcome, string metric)
    {
        switch (outcome)
        {
            case LikelihoodOutcome likelihood:
                MeanMetric.Finite(likelihood.LogLikelihood, metric);
                return likelihood.IsGreedy ? 1 : 0;
            case ChoiceOutcome choice:
                return Right(choice, Outcomes.ArgMax(Outcomes.Likelihoods(choice, metric)));
            case TextOutcome text:
                return Texts.ExactMatch.Equal(Outcomes.Text(text, metric), text.References);
            default:
                var (label, prediction) = Outcomes.Pair(outcome, metric);
                return label == prediction && label >= 0 ? 1 : 0;
        }
    }

    /// <summary>acc_norm: likelihood over the number of characters (code points, as Python counts).</summary>
    public static double ByCharacters(Outcome outcome, string metric) => Normalised(outcome, metric, text => CodePoints(text));

    /// <summary>acc_bytes: over the number of UTF-8 bytes.</summary>
    public static double ByBytes(Outcome outcome, string metric) => Normalised(outcome, metric, Encoding.UTF8.GetByteCount);

    /// <summary>acc_mutual_info: likelihood minus the one without the context.</summary>
    public static double ByMutualInformation(Outcome outcome, string metric)
    {
        var choice = Outcomes.As<ChoiceOutcome>(outcome, metric);
        var values = Outcomes.Likelihoods(choice, metric);
        if (values.Length == 0) return 0;
        if (choice.Unconditional is not { } without || without.Count != values.Length) throw new EvaluationException($"'{metric}' needs every choice's likelihood without the context.");
        for (var i = 0; i < values.Length; i++) values[i] -= MeanMetric.Finite(without[i], metric);
        return Right(choice, Outcomes.ArgMax(values));
    }

    /// <summary>mc2 of TruthfulQA: probability mass on the true answers.</summary>
    public static double TrueMass(Outcome outcome, string metric)
    {
        var choice = Outcomes.As<ChoiceOutcome>(outcome, metric);
        var shares = Outcomes.Softmax(Outcomes.Likelihoods(choice, metric));
        var sum = 0.0;
        foreach (var gold in choice.Golds.Distinct())
            if (gold >= 0 && gold < shares.Length) sum += shares[gold];
        return Math.Min(1, sum);
    }

    /// <summary>Gold among the k best; of equal scores the lower class comes first.</summary>
    public static double TopK(Outcome outcome, string metric, int k)
    {
        var (scores, label) = Outcomes.Classes(outcome, metric);
        if (scores.Length == 0 || label < 0) return 0;
        var before = 0;
        for (var i = 0; i < scores.Length; i++)
            if (scores[i] > scores[label] || (scores[i] == scores[label] && i < label)) before++;
        return before < k ? 1 : 0;
    }

    public static double Brier(Outcome outcome, string metric)
    {
        var (scores, label) = Outcomes.Classes(outcome, metric);
        if (scores.Length == 0) return 2;
        var sum = label < 0 ? 1.0 : 0;
        for (var i = 0; i < scores.Length; i++) sum += (scores[i] - (i == label ? 1 : 0)) * (scores[i] - (i == label ? 1 : 0));
        return sum;
    }

    /// <summary>−ln p(gold), with p clipped so that a certain mistake stays finite.</summary>
    public static double NegativeLog(Outcome outcome, string metric)
    {
        const double tiny = 1e-15;
        var (scores, label) = Outcomes.Classes(outcome, metric);
        return -Math.Log(Math.Clamp(scores.Length == 0 || label < 0 ? 0 : scores[label], tiny, 1 - tiny));
    }

    static double Normalised(Outcome outcome, string metric, Func<string, int> length)
    {
        var choice = Outcomes.As<ChoiceOutcome>(outcome, metric);
        var values = Outcomes.Likelihoods(choice, metric);
        if (values.Length > 0 && choice.Choices.Count != values.Length) throw new EvaluationException($"'{metric}' needs the texts of all choices.");
        for (var i = 0; i < values.Length; i++)
        {
            // Nothing said is nothing known: an empty choice never wins.
            var units = length(choice.Choices[i]);
            values[i] = units == 0 ? double.NegativeInfinity : values[i] / units;
        }
        return Right(choice, Outcomes.ArgMax(values));
    }

    internal static int CodePoints(string text)
    {
        var count = 0;
        for (var i = 0; i < text.Length; i++)
            if (!char.IsLowSurrogate(text[i]) || i == 0 || !char.IsHighSurrogate(text[i - 1])) count++;
        return count;
    }

    static double Right(ChoiceOutcome choice, int chosen)
    {
        if (chosen < 0) return 0;
        foreach (var gold in choice.Golds)
            if (gold == chosen) return 1;
        return 0;
    }
}
