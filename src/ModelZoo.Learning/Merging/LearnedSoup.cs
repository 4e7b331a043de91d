using System.Text.Json.Nodes;

namespace ModelZoo.Learning.Merging;

/// <summary>How a soup of given parameters does, and where it would do better.</summary>
/// <param name="Gradient">Of the mean loss, with respect to each parameter.</param>
/// <param name="ScaleGradient">Of the mean loss, with respect to the factor on the logits.</param>
public sealed record SoupSlope(double Loss, float[] Gradient, double ScaleGradient);

/// <summary>Weights of a soup found by descent on validation loss: softmax over models, for the whole model or for each group of parameters.</summary>
/// <param name="Weights">[groups][models], each summing to one.</param>
/// <param name="LogitScale">What the logits are multiplied by.</param>
/// <remarks>Wortsman et al. 2022, appendix I, arXiv:2203.05482: AdamW, learning rate 0.05, no weight decay, 5 epochs.</remarks>
public sealed record LearnedSoup(double[][] Weights, double LogitScale, float[] Parameters, IReadOnlyList<double> Losses)
{
    const double Rate = 0.05;

    /// <param name="models">The parameters of each model, in one order.</param>
    /// <param name="groupOf">The group of each parameter, from 0; null for one group.</param>
    /// <param name="batches">Batches of an epoch; <paramref name="slope"/> is asked for each.</param>
    public static LearnedSoup Fit(IReadOnlyList<float[]> models, IReadOnlyList<int>? groupOf, int batches, Func<float[], double, int, SoupSlope> slope, CancellationToken stop, int epochs = 5)
    {
        if (models.Count == 0 || models.Any(model => model.Length != models[0].Length)) throw new MergeException("The models have different numbers of parameters.");
        var groups = groupOf is null ? 1 : groupOf.Max() + 1;
        // The last entry is the logarithm of the logit scale.
        var logits = new double[groups * models.Count + 1];
        var (first, second) = (new double[logits.Length], new double[logits.Length]);
        var losses = new List<double>();
        var step = 0;
        for (var epoch = 0; epoch < epochs; epoch++)
            for (var batch = 0; batch < batches; batch++)
            {
                stop.ThrowIfCancellationRequested();
                var weights = Softmax(logits, groups, models.Count);
                var scale = Math.Exp(logits[^1]);
                var found = slope(Mix(models, groupOf, weights), scale, batch);
                if (!double.IsFinite(found.Loss)) throw new MergeException("The soup's loss is no finite number.");
                losses.Add(found.Loss);
                Step(logits, Gradient(models, groupOf, weights, found, scale), first, second, ++step);
            }
        var last = Softmax(logits, groups, models.Count);
        return new(last, Math.Exp(logits[^1]), Mix(models, groupOf, last), losses);
    }

    /// <summary>As recipes keep it.</summary>
    public JsonObject ToJson() => new()
    {
        ["weights"] = new JsonArray([.. Weights.Select(group => (JsonNode)new JsonArray([.. group.Select(weight => (JsonNode)weight)]))]), ["logit_scale"] = LogitScale, ["first_loss"] = Losses.Count > 0 ? Losses[0] : null,
        ["last_loss"] = Losses.Count > 0 ? Losses[^1] : null, ["steps"] = Losses.Count,
    };

    static double[] Gradient(IReadOnlyList<float[]> models, IReadOnlyList<int>? groupOf, double[][] weights, SoupSlope found, double scale)
    {
        var along = new double[weights.Length * models.Count + 1];
        for (var m = 0; m < models.Count; m++)
            for (var p = 0; p < found.Gradient.Length; p++) along[(groupOf?[p] ?? 0) * models.Count + m] += (double)found.Gradient[p] * models[m][p];
        for (var g = 0; g < weights.Length; g++)
        {
            var mean = 0.0;
            for (var m = 0; m < models.Count; m++) mean += weights[g][m] * along[g * models.Count + m];
            for (var m = 0; m < models.Count; m++) along[g * models.Count + m] = weights[g][m] * (along[g * models.Count + m] - mean);
        }
        along[^1] = found.ScaleGradient * scale;
        return along;
    }

    static void Step(double[] values, double[] gradient, double[] first, double[] second, int step)
    {
        for (var i = 0; i < values.Length; i++)
        {
            first[i] = 0.9 * first[i] + 0.1 * gradient[i];
            second[i] = 0.999 * second[i] + 0.001 * gradient[i] * gradient[i];
            values[i] -= Rate * (first[i] / (1 - Math.Pow(0.9, step))) / (Math.Sqrt(second[i] / (1 - Math.Pow(0.999, step))) + 1e-8);
        }
    }

    static double[][] Softmax(double[] logits, int groups, int models) => [.. Enumerable.Range(0, groups).Select(g =>
    {
        var row = logits.AsSpan(g * models, models).ToArray();
        var top = row.Max();
        var sum = row.Sum(value => Math.Exp(value - top));
        return row.Select(value => Math.Exp(value - top) / sum).ToArray();
    })];

    static float[] Mix(IReadOnlyList<float[]> models, IReadOnlyList<int>? groupOf, double[][] weights)
    {
        var mixed = new float[models[0].Length];
        for (var p = 0; p < mixed.Length; p++)
        {
            var sum = 0.0;
            for (var m = 0; m < models.Count; m++) sum += weights[groupOf?[p] ?? 0][m] * models[m][p];
            mixed[p] = (float)sum;
        }
        return mixed;
    }
}
