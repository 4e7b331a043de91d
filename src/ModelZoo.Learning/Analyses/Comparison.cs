namespace ModelZoo.Learning.Analyses;

/// <summary>How alike two models behave on the same evaluation set.</summary>
/// <param name="Agreement">Share of equal predictions.</param>
/// <param name="Kappa">Agreement beyond chance (Cohen 1960).</param>
/// <param name="Expected">Agreement that the accuracies alone would give if errors were independent and spread evenly.</param>
/// <param name="DoubleFault">Share of samples that both get wrong.</param>
/// <param name="ErrorOverlap">Common errors over all errors; 1 when neither errs.</param>
/// <param name="SameWrongAnswer">Share of equal answers where both are wrong; null when that never happens.</param>
/// <param name="JensenShannon">Mean divergence of the probabilities in nats, 0 to ln 2.</param>
public sealed record Comparison(double Agreement, double Kappa, double Expected, double DoubleFault, double ErrorOverlap, double? SameWrongAnswer, double JensenShannon)
{
    public static Comparison Of(Predictions a, Predictions b)
    {
        if (a.Count != b.Count || a.Classes != b.Classes) throw new ArgumentException("The two were evaluated on different sets.", nameof(b));
        int equal = 0, bothWrong = 0, eitherWrong = 0, sameWrong = 0;
        var (chosenA, chosenB) = (new double[a.Classes], new double[a.Classes]);
        var divergence = 0.0;
        for (var s = 0; s < a.Count; s++)
        {
            var (x, y, label) = (a.Chosen[s], b.Chosen[s], a.Labels[s]);
            chosenA[x]++;
            chosenB[y]++;
            if (x == y) equal++;
            if (x != label || y != label) eitherWrong++;
            if (x != label && y != label)
            {
                bothWrong++;
                if (x == y) sameWrong++;
            }
            divergence += Divergence(a.Probabilities(s), b.Probabilities(s));
        }
        double n = a.Count;
        var chance = chosenA.Zip(chosenB, (p, q) => p / n * (q / n)).Sum();
        var agreement = equal / n;
        return new(agreement, chance >= 1 ? 1 : (agreement - chance) / (1 - chance),
            a.Accuracy * b.Accuracy + (a.Classes > 1 ? (1 - a.Accuracy) * (1 - b.Accuracy) / (a.Classes - 1) : 0),
            bothWrong / n, eitherWrong == 0 ? 1 : (double)bothWrong / eitherWrong, bothWrong == 0 ? null : (double)sameWrong / bothWrong, divergence / n);
    }

    static double Divergence(ReadOnlySpan<double> p, ReadOnlySpan<double> q)
    {
        var sum = 0.0;
        for (var c = 0; c < p.Length; c++)
        {
            var m = 0.5 * (p[c] + q[c]);
            if (p[c] > 0) sum += 0.5 * p[c] * Math.Log(p[c] / m);
            if (q[c] > 0) sum += 0.5 * q[c] * Math.Log(q[c] / m);
        }
        return Math.Max(0, sum);
    }
}
