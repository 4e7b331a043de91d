namespace ModelZoo.Learning.Training;

/// <summary>Cross-entropy against soft targets, in double precision row by row: rows are short, and the loss is what one reads.</summary>
static class CrossEntropy
{
    /// <summary>Sum of −Σ t·log p over the rows; writes the gradient of their mean.</summary>
    /// <param name="targets">[rows, classes], each row summing to one.</param>
    /// <param name="batch">What the mean divides by.</param>
    public static double Run(int rows, int classes, ReadOnlySpan<float> logits, ReadOnlySpan<float> targets, int batch, Span<float> gradient)
    {
        Span<double> exps = classes <= 1024 ? stackalloc double[classes] : new double[classes];
        var loss = 0.0;
        for (var r = 0; r < rows; r++)
        {
            var z = logits.Slice(r * classes, classes);
            var t = targets.Slice(r * classes, classes);
            double top = z[0];
            foreach (var value in z) top = Math.Max(top, value);
            var sum = 0.0;
            for (var c = 0; c < classes; c++) sum += exps[c] = Math.Exp(z[c] - top);
            var log = Math.Log(sum) + top;
            for (var c = 0; c < classes; c++)
            {
                if (t[c] != 0) loss += t[c] * (log - z[c]);
                gradient[r * classes + c] = (float)((exps[c] / sum - t[c]) / batch);
            }
        }
        return loss;
    }

    /// <summary>(1 − ε) on the class, and ε spread over all.</summary>
    public static void Smooth(ReadOnlySpan<byte> labels, int classes, double epsilon, Span<float> targets)
    {
        targets.Fill((float)(epsilon / classes));
        for (var r = 0; r < labels.Length; r++) targets[r * classes + labels[r]] = (float)(1 - epsilon + epsilon / classes);
    }
}
