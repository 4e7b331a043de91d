using ModelZoo.Evaluation.Statistics;

namespace ModelZoo.Evaluation.Metrics;

/// <summary>Expected calibration error: how far confidence and accuracy lie apart, bin by bin.</summary>
public static class Calibration
{
    public static double EqualWidth(ReadOnlySpan<double> confidences, ReadOnlySpan<bool> right, int bins) => Whole(confidences, right, bins, equalMass: false);

    public static double EqualMass(ReadOnlySpan<double> confidences, ReadOnlySpan<bool> right, int bins) => Whole(confidences, right, bins, equalMass: true);

    internal static WeightedStatistic Statistic(IReadOnlyList<Outcome> outcomes, string metric, int bins, bool equalMass)
    {
        var (confidences, right) = (new double[outcomes.Count], new bool[outcomes.Count]);
        for (var i = 0; i < outcomes.Count; i++)
        {
            var (scores, label) = Outcomes.Classes(outcomes[i], metric);
            var chosen = Outcomes.ArgMax(scores);
            confidences[i] = chosen < 0 ? 0 : scores[chosen];
            if (confidences[i] is < 0 or > 1 + 1e-6) throw new EvaluationException($"'{metric}': the confidence {confidences[i]} of sample {i} is no probability.");
            right[i] = chosen >= 0 && chosen == label;
        }
        return Statistic(confidences, right, bins, equalMass);
    }

    static double Whole(ReadOnlySpan<double> confidences, ReadOnlySpan<bool> right, int bins, bool equalMass)
    {
        if (confidences.Length == 0 || confidences.Length != right.Length) throw new EvaluationException("Confidences and verdicts must be as many, and some.");
        var ones = new int[confidences.Length];
        Array.Fill(ones, 1);
        return Statistic(confidences.ToArray(), right.ToArray(), bins, equalMass)(ones);
    }

    static WeightedStatistic Statistic(double[] confidences, bool[] right, int bins, bool equalMass) =>
        equalMass ? ByMass(confidences, right, bins) : ByWidth(confidences, right, bins);

    /// <summary>Bins (lo, hi], the first closed at 0.</summary>
    static WeightedStatistic ByWidth(double[] confidences, bool[] right, int bins)
    {
        var place = Array.ConvertAll(confidences, confidence =>
        {
            var bin = Math.Clamp((int)Math.Ceiling(confidence * bins) - 1, 0, bins - 1);
            while (bin > 0 && confidence <= (double)bin / bins) bin--;
            while (bin < bins - 1 && confidence > (bin + 1.0) / bins) bin++;
            return bin;
        });
        return weights =>
        {
            var (gap, count) = (new double[bins], 0L);
            for (var i = 0; i < weights.Length; i++)
            {
                gap[place[i]] += weights[i] * ((right[i] ? 1 : 0) - confidences[i]);
                count += weights[i];
            }
            var sum = 0.0;
            foreach (var bin in gap) sum += Math.Abs(bin);
            return sum / count;
        };
    }

    /// <summary>Samples sorted by (confidence, index); bin i holds positions [i·n//B, (i+1)·n//B).</summary>
    static WeightedStatistic ByMass(double[] confidences, bool[] right, int bins)
    {
        var order = new int[confidences.Length];
        for (var i = 0; i < order.Length; i++) order[i] = i;
        Array.Sort(order, (a, b) => confidences[a] != confidences[b] ? confidences[a].CompareTo(confidences[b]) : a.CompareTo(b));
        return weights =>
        {
            var total = 0L;
            foreach (var weight in weights) total += weight;
            var (sum, gap, bin, position) = (0.0, 0.0, 0, 0L);
            foreach (var index in order)
            {
                for (long left = weights[index]; left > 0;)
                {
                    var end = (bin + 1L) * total / bins;
                    if (position == end)
                    {
                        (sum, gap) = (sum + Math.Abs(gap), 0);
                        bin++;
                        continue;
                    }
                    var taken = Math.Min(left, end - position);
                    gap += taken * ((right[index] ? 1 : 0) - confidences[index]);
                    (position, left) = (position + taken, left - taken);
                }
            }
            return (sum + Math.Abs(gap)) / total;
        };
    }
}
