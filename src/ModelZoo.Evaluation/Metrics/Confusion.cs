using ModelZoo.Evaluation.Statistics;

namespace ModelZoo.Evaluation.Metrics;

/// <summary>How often each class was right, predicted and true. A prediction of -1 is no class: it is only ever wrong.</summary>
public sealed class Confusion
{
    readonly int[] _classes;
    readonly long[] _true, _predicted, _right;
    long _count, _hits;

    Confusion(int[] classes)
    {
        _classes = classes;
        (_true, _predicted, _right) = (new long[classes.Length], new long[classes.Length], new long[classes.Length]);
    }

    public static Confusion Of(ReadOnlySpan<int> labels, ReadOnlySpan<int> predictions)
    {
        if (labels.Length != predictions.Length || labels.Length == 0) throw new EvaluationException("Labels and predictions must be as many, and some.");
        var statistic = new int[labels.Length];
        Array.Fill(statistic, 1);
        return Cells(labels, predictions).Fill(statistic);
    }

    /// <summary>A statistic of the weighted confusion of (label, prediction) pairs.</summary>
    internal static WeightedStatistic Statistic(IReadOnlyList<Outcome> outcomes, string metric, Func<Confusion, double> value)
    {
        var (labels, predictions) = (new int[outcomes.Count], new int[outcomes.Count]);
        for (var i = 0; i < outcomes.Count; i++) (labels[i], predictions[i]) = Outcomes.Pair(outcomes[i], metric);
        var cells = Cells(labels, predictions);
        return weights => value(cells.Fill(weights));
    }

    /// <summary>Mean recall over the classes that occur in the labels.</summary>
    public double BalancedAccuracy()
    {
        var (sum, classes) = (0.0, 0);
        for (var k = 0; k < _classes.Length; k++)
        {
            if (_true[k] == 0) continue;
            sum += (double)_right[k] / _true[k];
            classes++;
        }
        return sum / classes;
    }

    /// <summary>Precision, recall and F1; 0/0 is 0. Binary looks at one class, micro at all decisions, macro at every class alike, weighted at classes by their labels.</summary>
    public (double Precision, double Recall, double F1) Score(string average, int positive = 1)
    {
        switch (average)
        {
            case "binary":
                if (_classes.Any(c => c != positive && c is not (0 or 1 or -1)) || _classes.Count(c => c >= 0) > 2)
                    throw new EvaluationException("There are more than two classes: say average: macro, micro or weighted.");
                var at = Array.IndexOf(_classes, positive);
                return at < 0 ? default : Single(_right[at], _predicted[at], _true[at]);
            case "micro":
                return Single(_hits, Answered(), _count);
        }
        var (precision, recall, f1, total) = (0.0, 0.0, 0.0, 0.0);
        for (var k = 0; k < _classes.Length; k++)
        {
            if (_classes[k] < 0 || _true[k] + _predicted[k] == 0) continue;
            var weight = average == "macro" ? 1 : (double)_true[k];
            var own = Single(_right[k], _predicted[k], _true[k]);
            (precision, recall, f1, total) = (precision + weight * own.Precision, recall + weight * own.Recall, f1 + weight * own.F1, total + weight);
        }
        return total == 0 ? default : (precision / total, recall / total, f1 / total);
    }

    /// <summary>Matthews' correlation for any number of classes; 0 where a side is constant.</summary>
    public double Matthews()
    {
        double s = _count, both = 0, predicted = 0, actual = 0;
        for (var k = 0; k < _classes.Length; k++)
        {
            both += (double)_predicted[k] * _true[k];
            predicted += (double)_predicted[k] * _predicted[k];
            actual += (double)_true[k] * _true[k];
        }
        var (left, right) = (s * s - predicted, s * s - actual);
        return left <= 0 || right <= 0 ? 0 : (_hits * s - both) / (Math.Sqrt(left) * Math.Sqrt(right));
    }

    /// <summary>Cohen's κ; undefined where chance alone explains everything.</summary>
    public double Kappa()
    {
        double s = _count, chance = 0;
        for (var k = 0; k < _classes.Length; k++) chance += _predicted[k] / s * (_true[k] / s);
        return chance >= 1 ? double.NaN : (_hits / s - chance) / (1 - chance);
    }

    public double Accuracy() => (double)_hits / _count;

    long Answered() => _classes is [-1, ..] ? _count - _predicted[0] : _count;

    static (double Precision, double Recall, double F1) Single(long right, long predicted, long actual) =>
        (predicted == 0 ? 0 : (double)right / predicted, actual == 0 ? 0 : (double)right / actual, predicted + actual == 0 ? 0 : 2.0 * right / (predicted + actual));

    static CellTable Cells(ReadOnlySpan<int> labels, ReadOnlySpan<int> predictions)
    {
        var seen = new SortedSet<int>();
        foreach (var label in labels) seen.Add(label);
        foreach (var prediction in predictions) seen.Add(prediction);
        int[] classes = [.. seen];
        var index = new Dictionary<int, int>(classes.Length);
        for (var k = 0; k < classes.Length; k++) index[classes[k]] = k;
        var (rows, columns) = (new int[labels.Length], new int[labels.Length]);
        for (var i = 0; i < labels.Length; i++) (rows[i], columns[i]) = (index[labels[i]], index[predictions[i]]);
        return new(classes, rows, columns);
    }

    sealed record CellTable(int[] Classes, int[] Labels, int[] Predictions)
    {
        public Confusion Fill(ReadOnlySpan<int> weights)
        {
            var filled = new Confusion(Classes);
            for (var i = 0; i < weights.Length; i++)
            {
                var weight = weights[i];
                var (label, prediction) = (Labels[i], Predictions[i]);
                filled._true[label] += weight;
                filled._predicted[prediction] += weight;
                filled._count += weight;
                if (label != prediction || Classes[label] < 0) continue;
                filled._right[label] += weight;
                filled._hits += weight;
            }
            return filled;
        }
    }
}
