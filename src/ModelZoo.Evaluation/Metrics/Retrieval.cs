namespace ModelZoo.Evaluation.Metrics;

/// <summary>Of one query: documents found, best first. A query without relevant documents scores 0.</summary>
static class Retrieval
{
    /// <summary>Gain 2^rel − 1 over log₂(rank + 1), beside the best order there could be.</summary>
    public static double Ndcg(RankingOutcome query, int k)
    {
        var ideal = query.Ideal.OrderDescending().ToArray();
        var best = Gain(ideal, k);
        return best == 0 ? 0 : Math.Min(1, Gain(query.Relevances, k) / best);
    }

    /// <summary>One over the rank of the first relevant document.</summary>
    public static double ReciprocalRank(RankingOutcome query, int k)
    {
        Check(query.Relevances);
        for (var i = 0; i < Math.Min(k, query.Relevances.Count); i++)
            if (query.Relevances[i] > 0) return 1.0 / (i + 1);
        return 0;
    }

    public static double Recall(RankingOutcome query, int k) => query.RelevantCount == 0 ? 0 : Math.Min(1, (double)Hits(query, k) / query.RelevantCount);

    public static double Precision(RankingOutcome query, int k) => (double)Hits(query, k) / k;

    static int Hits(RankingOutcome query, int k)
    {
        Check(query.Relevances);
        var hits = 0;
        for (var i = 0; i < Math.Min(k, query.Relevances.Count); i++)
            if (query.Relevances[i] > 0) hits++;
        return hits;
    }

    static double Gain(IReadOnlyList<double> relevances, int k)
    {
        Check(relevances);
        var sum = 0.0;
        for (var i = 0; i < Math.Min(k, relevances.Count); i++) sum += (Math.Pow(2, relevances[i]) - 1) / Math.Log2(i + 2);
        return sum;
    }

    static void Check(IReadOnlyList<double> relevances)
    {
        foreach (var relevance in relevances)
            if (!(relevance is >= 0 and <= 100)) throw new EvaluationException($"A relevance of {relevance} is not from 0 to 100.");
    }
}
