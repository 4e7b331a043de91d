using ModelZoo.Learning.Training;

namespace ModelZoo.Learning.FineTuning;

/// <summary>How a model does on a set, every sample of it.</summary>
/// <param name="Loss">Cross-entropy in nats without smoothing, or the mean squared error of regression.</param>
/// <param name="Outputs">[samples, outputs].</param>
public sealed record SetScore(string Name, int Count, double Loss, float[] Outputs)
{
    /// <summary>z of a two-sided interval of 95 %.</summary>
    const double Z = 1.959963984540054;

    /// <summary>Null for regression.</summary>
    public int? Correct { get; init; }

    public double? Accuracy => Correct is { } correct && Count > 0 ? (double)correct / Count : null;

    /// <summary>The mean over classes of the harmonic mean of precision and recall; classes that neither occur nor are predicted are left out. Null for regression.</summary>
    public double? MacroF1 { get; init; }

    /// <summary>The accuracy's interval of 95 % (Wilson 1927, doi:10.1080/01621459.1927.10502953).</summary>
    public (double Low, double High)? Interval
    {
        get
        {
            if (Accuracy is not { } p) return null;
            var (n, z2) = ((double)Count, Z * Z);
            var (middle, half) = ((p + z2 / (2 * n)) / (1 + z2 / n), Z * Math.Sqrt(p * (1 - p) / n + z2 / (4 * n * n)) / (1 + z2 / n));
            return (Math.Max(0, middle - half), Math.Min(1, middle + half));
        }
    }

    internal bool IsBetterThan(SetScore? other) => other is null || (Accuracy ?? 0) > (other.Accuracy ?? 0) || ((Accuracy ?? 0) == (other.Accuracy ?? 0) && Loss < other.Loss);

    internal static SetScore Of(LabelledInputs set, int outputs, float[] values)
    {
        var loss = 0.0;
        if (set.Values is { } wanted)
        {
            for (var i = 0; i < set.Count; i++) loss += Math.Pow(values[i] - (double)wanted[i], 2);
            return new(set.Name, set.Count, set.Count > 0 ? loss / set.Count : 0, values);
        }
        var (right, predicted, occurs) = (new int[outputs], new int[outputs], new int[outputs]);
        for (var i = 0; i < set.Count; i++)
        {
            var row = values.AsSpan(i * outputs, outputs);
            var best = Evaluator.ArgMax(row);
            double top = row[best], sum = 0;
            foreach (var value in row) sum += Math.Exp(value - top);
            loss += Math.Log(sum) + top - row[set.Labels[i]];
            predicted[best]++;
            occurs[set.Labels[i]]++;
            if (best == set.Labels[i]) right[best]++;
        }
        var seen = Enumerable.Range(0, outputs).Where(c => predicted[c] + occurs[c] > 0).ToArray();
        return new(set.Name, set.Count, set.Count > 0 ? loss / set.Count : 0, values)
        {
            Correct = right.Sum(), MacroF1 = seen.Length > 0 ? seen.Average(c => 2.0 * right[c] / (predicted[c] + occurs[c])) : null,
        };
    }
}

/// <summary>What an epoch came to. Loss and accuracy of training are those of the batches as they were trained on, with dropout.</summary>
/// <param name="Epoch">From 0, which is the model before its first step.</param>
/// <param name="GradientNorm">Mean over the steps, before clipping.</param>
public sealed record EpochScore(int Epoch, double? TrainLoss, double? TrainAccuracy, double? GradientNorm, double? LearningRate, double? ValidationLoss, double? ValidationAccuracy, double? ValidationF1);

/// <summary>How far a run is.</summary>
/// <param name="Stage">features, training or evaluating.</param>
public sealed record FineTuneProgress(string Stage, int Epoch, int Epochs, int Done, int Total, double? Loss);
