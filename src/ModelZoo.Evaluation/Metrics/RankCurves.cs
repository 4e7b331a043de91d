using ModelZoo.Evaluation.Statistics;

namespace ModelZoo.Evaluation.Metrics;

/// <summary>Area under the ROC curve, part of it, and average precision. Equal scores are one threshold; with one class only they are undefined (NaN).</summary>
public static class RankCurves
{
    public static double Area(ReadOnlySpan<double> scores, ReadOnlySpan<bool> positive) => Whole(scores, positive, static (curve, weights) => curve.Area(weights));

    /// <summary>McClish's standardised partial area up to a false positive rate.</summary>
    public static double PartialArea(ReadOnlySpan<double> scores, ReadOnlySpan<bool> positive, double maxFpr) =>
        Whole(scores, positive, (curve, weights) => curve.PartialArea(weights, maxFpr));

    /// <summary>Σ (Rₙ − Rₙ₋₁) Pₙ over the thresholds.</summary>
    public static double AveragePrecision(ReadOnlySpan<double> scores, ReadOnlySpan<bool> positive) => Whole(scores, positive, static (curve, weights) => curve.Precision(weights));

    internal static WeightedStatistic Area(IReadOnlyList<Outcome> outcomes, string metric, int positive) => Read(outcomes, metric, positive).Area;
    internal static WeightedStatistic AveragePrecision(IReadOnlyList<Outcome> outcomes, string metric, int positive) => Read(outcomes, metric, positive).Precision;

    internal static WeightedStatistic PartialArea(IReadOnlyList<Outcome> outcomes, string metric, int positive, double maxFpr)
    {
        var curve = Read(outcomes, metric, positive);
        return weights => curve.PartialArea(weights, maxFpr);
    }

    static Curve Read(IReadOnlyList<Outcome> outcomes, string metric, int positive)
    {
        var (scores, labels) = (new double[outcomes.Count], new bool[outcomes.Count]);
        for (var i = 0; i < outcomes.Count; i++)
        {
            if (outcomes[i] is NumberOutcome number)
            {
                scores[i] = MeanMetric.Finite(number.Prediction, metric, i);
                if (number.Label is not (0 or 1)) throw new EvaluationException($"'{metric}': the label {number.Label} of sample {i} is neither 0 nor 1.");
                labels[i] = number.Label == 1;
                continue;
            }
            var (classes, label) = Outcomes.Classes(outcomes[i], metric);
            if (classes.Length is 0) throw new EvaluationException($"'{metric}': sample {i} has no scores, and there is no rank for that.");
            if (classes.Length > 2) throw new EvaluationException($"'{metric}' compares two classes, and there are {classes.Length}.");
            (scores[i], labels[i]) = (classes[classes.Length == 1 ? 0 : positive], label == positive);
        }
        return new(scores, labels);
    }

    static double Whole(ReadOnlySpan<double> scores, ReadOnlySpan<bool> positive, Func<Curve, int[], double> value)
    {
        if (scores.Length == 0 || scores.Length != positive.Length) throw new EvaluationException("Scores and labels must be as many, and some.");
        foreach (var score in scores) MeanMetric.Finite(score, "a score");
        var ones = new int[scores.Length];
        Array.Fill(ones, 1);
        return value(new Curve(scores.ToArray(), positive.ToArray()), ones);
    }

    /// <summary>Samples by falling score.</summary>
    sealed class Curve
    {
        readonly int[] _order;
        readonly bool[] _positive;
        readonly bool[] _ends;

        public Curve(double[] scores, bool[] positive)
        {
            _positive = positive;
            _order = new int[scores.Length];
            for (var i = 0; i < _order.Length; i++) _order[i] = i;
            var keys = Array.ConvertAll(scores, score => -score);
            Array.Sort(keys, _order);
            _ends = new bool[keys.Length];
            for (var i = 0; i < keys.Length; i++) _ends[i] = i == keys.Length - 1 || keys[i] != keys[i + 1];
        }

        /// <summary>Whole counts, divided once: ties count half.</summary>
        public double Area(ReadOnlySpan<int> weights)
        {
            long hits = 0, misses = 0, ownHits = 0, ownMisses = 0;
            Int128 doubled = 0;
            for (var i = 0; i < _order.Length; i++)
            {
                var index = _order[i];
                if (_positive[index]) ownHits += weights[index];
                else ownMisses += weights[index];
                if (!_ends[i]) continue;
                doubled += (Int128)ownMisses * (2 * hits + ownHits);
                (hits, misses, ownHits, ownMisses) = (hits + ownHits, misses + ownMisses, 0, 0);
            }
            return hits == 0 || misses == 0 ? double.NaN : (double)doubled / (2.0 * hits * misses);
        }

        public double PartialArea(ReadOnlySpan<int> weights, double maxFpr)
        {
            var (positives, negatives) = Totals(weights);
            if (positives == 0 || negatives == 0) return double.NaN;
            if (maxFpr >= 1) return Area(weights);
            double area = 0, fromX = 0, fromY = 0;
            long hits = 0, misses = 0;
            for (var i = 0; i < _order.Length; i++)
            {
                var index = _order[i];
                if (_positive[index]) hits += weights[index];
                else misses += weights[index];
                if (!_ends[i]) continue;
                var (x, y) = ((double)misses / negatives, (double)hits / positives);
                if (x > maxFpr)
                {
                    y = fromY + (maxFpr - fromX) * (y - fromY) / (x - fromX);
                    area += (maxFpr - fromX) * (fromY + y) / 2;
                    break;
                }
                area += (x - fromX) * (fromY + y) / 2;
                (fromX, fromY) = (x, y);
            }
            var least = 0.5 * maxFpr * maxFpr;
            return 0.5 * (1 + (area - least) / (maxFpr - least));
        }

        public double Precision(ReadOnlySpan<int> weights)
        {
            var (positives, negatives) = Totals(weights);
            if (positives == 0 || negatives == 0) return double.NaN;
            long hits = 0, all = 0, before = 0;
            var sum = 0.0;
            for (var i = 0; i < _order.Length; i++)
            {
                var index = _order[i];
                if (_positive[index]) hits += weights[index];
                all += weights[index];
                if (!_ends[i] || all == 0) continue;
                sum += (hits - before) * ((double)hits / all);
                before = hits;
            }
            return sum / positives;
        }

        (long Positives, long Negatives) Totals(ReadOnlySpan<int> weights)
        {
            long positives = 0, negatives = 0;
            for (var i = 0; i < weights.Length; i++)
                if (_positive[i]) positives += weights[i];
                else negatives += weights[i];
            return (positives, negatives);
        }
    }
}
