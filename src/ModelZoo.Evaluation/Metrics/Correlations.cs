using ModelZoo.Evaluation.Statistics;

namespace ModelZoo.Evaluation.Metrics;

/// <summary>Correlations and errors of numbers. Constant input leaves a correlation undefined (NaN).</summary>
public static class Correlations
{
    public static double Pearson(ReadOnlySpan<double> x, ReadOnlySpan<double> y) => Pearson(x, y, Ones(x, y));

    /// <summary>Pearson's correlation of average ranks.</summary>
    public static double Spearman(ReadOnlySpan<double> x, ReadOnlySpan<double> y)
    {
        var ones = Ones(x, y);
        return Pearson(Ranks(x, Order(x), ones), Ranks(y, Order(y), ones), ones);
    }

    public static double KendallTauB(ReadOnlySpan<double> x, ReadOnlySpan<double> y) => Kendall.TauB(x, y, Ones(x, y));

    /// <summary>1 − Σ(y − ŷ)² / Σ(y − ȳ)², with the labels' mean.</summary>
    public static double R2(ReadOnlySpan<double> predictions, ReadOnlySpan<double> labels) => R2(predictions, labels, Ones(predictions, labels));

    internal static WeightedStatistic Statistic(IReadOnlyList<Outcome> outcomes, string metric)
    {
        var (x, y) = (new double[outcomes.Count], new double[outcomes.Count]);
        for (var i = 0; i < outcomes.Count; i++)
        {
            var number = Outcomes.As<NumberOutcome>(outcomes[i], metric);
            (x[i], y[i]) = (MeanMetric.Finite(number.Prediction, metric, i), MeanMetric.Finite(number.Label, metric, i));
        }
        switch (metric)
        {
            case "pearson":
                return weights => Pearson(x, y, weights);
            case "spearman":
                var (byX, byY) = (Order(x), Order(y));
                return weights => Pearson(Ranks(x, byX, weights), Ranks(y, byY, weights), weights);
            case "kendall_tau_b":
                return weights => Kendall.TauB(x, y, weights);
            default:
                return weights => R2(x, y, weights);
        }
    }

    static double Pearson(ReadOnlySpan<double> x, ReadOnlySpan<double> y, ReadOnlySpan<int> weights)
    {
        double sumX = 0, sumY = 0, count = 0;
        for (var i = 0; i < x.Length; i++) (sumX, sumY, count) = (sumX + weights[i] * x[i], sumY + weights[i] * y[i], count + weights[i]);
        var (meanX, meanY) = (sumX / count, sumY / count);
        double xx = 0, yy = 0, xy = 0;
        var (variesX, variesY) = (false, false);
        var first = -1;
        for (var i = 0; i < x.Length; i++)
        {
            if (weights[i] == 0) continue;
            if (first < 0) first = i;
            variesX |= x[i] != x[first];
            variesY |= y[i] != y[first];
            var (a, b) = (x[i] - meanX, y[i] - meanY);
            (xx, yy, xy) = (xx + weights[i] * a * a, yy + weights[i] * b * b, xy + weights[i] * a * b);
        }
        return variesX && variesY ? Math.Clamp(xy / Math.Sqrt(xx) / Math.Sqrt(yy), -1, 1) : double.NaN;
    }

    static double R2(ReadOnlySpan<double> predictions, ReadOnlySpan<double> labels, ReadOnlySpan<int> weights)
    {
        double sum = 0, count = 0;
        for (var i = 0; i < labels.Length; i++) (sum, count) = (sum + weights[i] * labels[i], count + weights[i]);
        var mean = sum / count;
        double off = 0, spread = 0;
        var (first, varies) = (-1, false);
        for (var i = 0; i < labels.Length; i++)
        {
            if (weights[i] == 0) continue;
            if (first < 0) first = i;
            varies |= labels[i] != labels[first];
            off += weights[i] * (labels[i] - predictions[i]) * (labels[i] - predictions[i]);
            spread += weights[i] * (labels[i] - mean) * (labels[i] - mean);
        }
        return varies ? 1 - off / spread : double.NaN;
    }

    /// <summary>Ranks from 1, equal values sharing the mean of theirs; each value stands there as often as it weighs.</summary>
    static double[] Ranks(ReadOnlySpan<double> values, int[] order, ReadOnlySpan<int> weights)
    {
        var ranks = new double[values.Length];
        var before = 0L;
        for (var from = 0; from < order.Length;)
        {
            var to = from;
            var own = 0L;
            for (; to < order.Length && values[order[to]] == values[order[from]]; to++) own += weights[order[to]];
            for (; from < to; from++) ranks[order[from]] = before + (own + 1) / 2.0;
            before += own;
        }
        return ranks;
    }

    internal static int[] Order(ReadOnlySpan<double> values)
    {
        var order = new int[values.Length];
        for (var i = 0; i < order.Length; i++) order[i] = i;
        Array.Sort(values.ToArray(), order);
        return order;
    }

    static int[] Ones(ReadOnlySpan<double> x, ReadOnlySpan<double> y)
    {
        if (x.Length == 0 || x.Length != y.Length) throw new EvaluationException("The two sides must be as many, and some.");
        for (var i = 0; i < x.Length; i++)
            if (!double.IsFinite(x[i]) || !double.IsFinite(y[i])) throw new EvaluationException($"Value {i} is not a finite number.");
        var ones = new int[x.Length];
        Array.Fill(ones, 1);
        return ones;
    }
}

/// <summary>Kendall's τ-b in O(n log n), by counting how many earlier values lie below (a Fenwick tree over the ranks).</summary>
static class Kendall
{
    public static double TauB(ReadOnlySpan<double> x, ReadOnlySpan<double> y, ReadOnlySpan<int> weights)
    {
        var (order, byY) = (Correlations.Order(x), Correlations.Order(y));
        var level = new int[x.Length];
        var levels = 0;
        for (var i = 0; i < byY.Length; i++)
        {
            if (i == 0 || y[byY[i]] != y[byY[i - 1]]) levels++;
            level[byY[i]] = levels;
        }
        var tree = new long[levels + 1];
        long Below(int place)
        {
            var sum = 0L;
            for (; place > 0; place &= place - 1) sum += tree[place];
            return sum;
        }
        Int128 balance = 0, tiedX = 0, tiedY = 0;
        var added = 0L;
        for (var from = 0; from < order.Length;)
        {
            var to = from;
            var own = 0L;
            for (; to < order.Length && x[order[to]] == x[order[from]]; to++)
            {
                var (at, weight) = (order[to], weights[order[to]]);
                own += weight;
                var (below, atMost) = (Below(level[at] - 1), Below(level[at]));
                balance += (Int128)weight * (below - (added - atMost));
            }
            for (; from < to; from++)
                for (var place = level[order[from]]; place <= levels; place += place & -place) tree[place] += weights[order[from]];
            tiedX += (Int128)own * (own - 1) / 2;
            added += own;
        }
        for (var place = 1; place <= levels; place++)
        {
            var own = Below(place) - Below(place - 1);
            tiedY += (Int128)own * (own - 1) / 2;
        }
        var pairs = (Int128)added * (added - 1) / 2;
        return pairs == tiedX || pairs == tiedY ? double.NaN : (double)balance / Math.Sqrt((double)(pairs - tiedX)) / Math.Sqrt((double)(pairs - tiedY));
    }
}
