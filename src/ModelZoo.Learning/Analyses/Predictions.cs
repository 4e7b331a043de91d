namespace ModelZoo.Learning.Analyses;

/// <summary>What one model says about an evaluation set: its probabilities, and figures of merit against the labels.</summary>
public sealed class Predictions
{
    const int CalibrationBins = 15;
    const double SmallestProbability = 1e-300;

    readonly double[] _probabilities;
    readonly int[] _classes;
    readonly IReadOnlyList<int> _labels;

    /// <param name="logits">[samples, classes].</param>
    public Predictions(ReadOnlySpan<float> logits, IReadOnlyList<int> labels, int classes)
    {
        if (logits.Length != labels.Count * classes) throw new ArgumentException("There are not as many logits as labels and classes say.", nameof(logits));
        (_labels, Classes) = (labels, classes);
        _probabilities = new double[logits.Length];
        _classes = new int[labels.Count];
        for (var s = 0; s < labels.Count; s++)
        {
            var row = logits.Slice(s * classes, classes);
            var best = 0;
            for (var c = 1; c < classes; c++)
                if (row[c] > row[best]) best = c;
            _classes[s] = best;
            var sum = 0.0;
            for (var c = 0; c < classes; c++) sum += _probabilities[s * classes + c] = Math.Exp((double)row[c] - row[best]);
            for (var c = 0; c < classes; c++) _probabilities[s * classes + c] /= sum;
        }
    }

    public int Count => _classes.Length;

    public int Classes { get; }

    public IReadOnlyList<int> Labels => _labels;

    /// <summary>The class of largest probability, the lowest of equals.</summary>
    public IReadOnlyList<int> Chosen => _classes;

    public ReadOnlySpan<double> Probabilities(int sample) => _probabilities.AsSpan(sample * Classes, Classes);

    public int Correct => _classes.Zip(_labels).Count(pair => pair.First == pair.Second);

    public double Accuracy => (double)Correct / Count;

    public double NegativeLogLikelihood => Mean(s => -Math.Log(Math.Max(Probabilities(s)[_labels[s]], SmallestProbability)));

    /// <summary>0 to 2.</summary>
    public double Brier => Mean(s =>
    {
        var sum = 0.0;
        for (var c = 0; c < Classes; c++) sum += Math.Pow(_probabilities[s * Classes + c] - (c == _labels[s] ? 1 : 0), 2);
        return sum;
    });

    /// <summary>Expected calibration error over 15 equal bins; bin k holds confidences in (k/15, (k + 1)/15].</summary>
    public double CalibrationError
    {
        get
        {
            var (counts, right, confidence) = (new int[CalibrationBins], new double[CalibrationBins], new double[CalibrationBins]);
            for (var s = 0; s < Count; s++)
            {
                var p = Probabilities(s)[_classes[s]];
                var bin = Math.Clamp((int)Math.Ceiling(p * CalibrationBins) - 1, 0, CalibrationBins - 1);
                counts[bin]++;
                right[bin] += _classes[s] == _labels[s] ? 1 : 0;
                confidence[bin] += p;
            }
            return Enumerable.Range(0, CalibrationBins).Where(k => counts[k] > 0).Sum(k => Math.Abs(right[k] - confidence[k]) / Count);
        }
    }

    /// <summary>Accuracy of the mean of probabilities: what a soup is held against.</summary>
    public static double EnsembleAccuracy(IReadOnlyList<Predictions> members)
    {
        var first = members[0];
        var right = 0;
        var mean = new double[first.Classes];
        for (var s = 0; s < first.Count; s++)
        {
            Array.Clear(mean);
            foreach (var member in members)
                for (var c = 0; c < mean.Length; c++) mean[c] += member._probabilities[s * mean.Length + c];
            if (Array.IndexOf(mean, mean.Max()) == first._labels[s]) right++;
        }
        return (double)right / first.Count;
    }

    double Mean(Func<int, double> each)
    {
        var sum = 0.0;
        for (var s = 0; s < Count; s++) sum += each(s);
        return sum / Count;
    }
}
