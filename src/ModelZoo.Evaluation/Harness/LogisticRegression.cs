namespace ModelZoo.Evaluation.Harness;

/// <summary>
/// Multinomial logistic regression on standardised features: ½‖W‖² + Σ cross-entropy (an L2 penalty of 1, biases free), by at most 100 iterations of L-BFGS
/// (Liu and Nocedal 1989) with a history of 10. Deterministic: it starts from zero.
/// </summary>
sealed class LogisticRegression
{
    const int Iterations = 100, History = 10;

    readonly double[] _mean, _deviation, _weights;
    readonly int _classes;

    LogisticRegression(double[] mean, double[] deviation, double[] weights, int classes) => (_mean, _deviation, _weights, _classes) = (mean, deviation, weights, classes);

    public static LogisticRegression Train(IReadOnlyList<float[]> vectors, int[] labels, int classes, CancellationToken stop)
    {
        var width = vectors[0].Length;
        var (mean, deviation) = (new double[width], new double[width]);
        foreach (var vector in vectors)
            for (var i = 0; i < width; i++) mean[i] += vector[i] / vectors.Count;
        foreach (var vector in vectors)
            for (var i = 0; i < width; i++) deviation[i] += (vector[i] - mean[i]) * (vector[i] - mean[i]) / vectors.Count;
        for (var i = 0; i < width; i++) deviation[i] = deviation[i] > 0 ? Math.Sqrt(deviation[i]) : 1;
        var features = vectors.Select(vector => Standardise(vector, mean, deviation)).ToArray();
        var weights = Minimise(classes * (width + 1), (point, gradient) => Loss(features, labels, classes, point, gradient, stop));
        return new(mean, deviation, weights, classes);
    }

    public double[] Predict(float[] vector) => Probabilities(Standardise(vector, _mean, _deviation), _weights, _classes);

    /// <summary>With a constant behind, for the bias.</summary>
    static double[] Standardise(float[] vector, double[] mean, double[] deviation)
    {
        var result = new double[vector.Length + 1];
        for (var i = 0; i < vector.Length; i++) result[i] = (vector[i] - mean[i]) / deviation[i];
        result[^1] = 1;
        return result;
    }

    static double[] Probabilities(double[] x, double[] weights, int classes)
    {
        var scores = new double[classes];
        for (var c = 0; c < classes; c++) scores[c] = VectorMath.Dot(weights.AsSpan(c * x.Length, x.Length), x);
        var most = scores.Max();
        var sum = 0.0;
        for (var c = 0; c < classes; c++) sum += scores[c] = Math.Exp(scores[c] - most);
        for (var c = 0; c < classes; c++) scores[c] /= sum;
        return scores;
    }

    static double Loss(double[][] features, int[] labels, int classes, double[] weights, double[] gradient, CancellationToken stop)
    {
        stop.ThrowIfCancellationRequested();
        var (width, loss) = (features[0].Length, 0.0);
        for (var i = 0; i < weights.Length; i++)
        {
            var isBias = i % width == width - 1;
            gradient[i] = isBias ? 0 : weights[i];
            loss += isBias ? 0 : 0.5 * weights[i] * weights[i];
        }
        for (var n = 0; n < features.Length; n++)
        {
            var p = Probabilities(features[n], weights, classes);
            loss -= Math.Log(Math.Max(p[labels[n]], 1e-300));
            for (var c = 0; c < classes; c++)
            {
                var error = p[c] - (c == labels[n] ? 1 : 0);
                var row = gradient.AsSpan(c * width, width);
                VectorMath.Add(row, error, features[n]);
            }
        }
        return loss;
    }

    static double[] Minimise(int size, Func<double[], double[], double> loss)
    {
        var (point, gradient) = (new double[size], new double[size]);
        var value = loss(point, gradient);
        var history = new List<(double[] Step, double[] Change, double Curvature)>();
        for (var iteration = 0; iteration < Iterations; iteration++)
        {
            var direction = Direction(gradient, history);
            var slope = Dot(direction, gradient);
            if (slope > -1e-12) break;
            var (step, next, nextGradient) = (iteration == 0 ? Math.Min(1, 1 / Math.Sqrt(Dot(gradient, gradient))) : 1.0, new double[size], new double[size]);
            double nextValue;
            for (var tries = 0; ; tries++, step /= 2)
            {
                for (var i = 0; i < size; i++) next[i] = point[i] + (step * direction[i]);
                nextValue = loss(next, nextGradient);
                // Armijo's condition.
                if (nextValue <= value + (1e-4 * step * slope) || tries == 30) break;
            }
            var moved = next.Zip(point, (a, b) => a - b).ToArray();
            var changed = nextGradient.Zip(gradient, (a, b) => a - b).ToArray();
            var curvature = Dot(moved, changed);
            if (curvature > 1e-12) history.Add((moved, changed, curvature));
            if (history.Count > History) history.RemoveAt(0);
            var isDone = Math.Abs(value - nextValue) <= 1e-9 * Math.Max(1, Math.Abs(value));
            (point, gradient, value) = (next, nextGradient, nextValue);
            if (isDone) break;
        }
        return point;
    }

    /// <summary>The two loops over the history.</summary>
    static double[] Direction(double[] gradient, List<(double[] Step, double[] Change, double Curvature)> history)
    {
        var q = Array.ConvertAll(gradient, x => -x);
        var shares = new double[history.Count];
        for (var k = history.Count - 1; k >= 0; k--)
        {
            shares[k] = Dot(history[k].Step, q) / history[k].Curvature;
            for (var i = 0; i < q.Length; i++) q[i] -= shares[k] * history[k].Change[i];
        }
        if (history.Count > 0)
        {
            var scale = history[^1].Curvature / Dot(history[^1].Change, history[^1].Change);
            for (var i = 0; i < q.Length; i++) q[i] *= scale;
        }
        for (var k = 0; k < history.Count; k++)
        {
            var back = Dot(history[k].Change, q) / history[k].Curvature;
            for (var i = 0; i < q.Length; i++) q[i] += (shares[k] - back) * history[k].Step[i];
        }
        return q;
    }

    static double Dot(double[] a, double[] b) => VectorMath.Dot(a, b);
}
