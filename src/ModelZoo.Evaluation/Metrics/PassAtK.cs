namespace ModelZoo.Evaluation.Metrics;

/// <summary>Chance that one of k tries passes, when c of n did: 1 − C(n−c, k)/C(n, k) (M. Chen et al. 2021, arXiv:2107.03374).</summary>
public static class PassAtK
{
    public static double Of(int tries, int passed, int k)
    {
        if (tries < 1 || passed < 0 || passed > tries) throw new EvaluationException($"{passed} of {tries} tries cannot have passed.");
        if (k < 1 || k > tries) throw new EvaluationException($"pass@{k} needs at least {k} tries, and there are {tries}.");
        if (tries - passed < k) return 1;
        var none = 1.0;
        for (var i = tries - passed + 1; i <= tries; i++) none *= 1 - (double)k / i;
        return 1 - none;
    }
}
