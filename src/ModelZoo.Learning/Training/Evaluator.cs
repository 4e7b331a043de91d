using ModelZoo.Learning.Datasets;
using ModelZoo.Learning.Models;
using ModelZoo.Learning.Networks;

namespace ModelZoo.Learning.Training;

/// <summary>Runs a model over a whole split.</summary>
public static class Evaluator
{
    public static SplitResult Run(Architecture model, HeadShape head, float[] parameters, ImageSet set, CancellationToken stop)
    {
        var pass = NetworkPass.Of(model, head);
        var weights = new StepWeights(pass.Layout);
        weights.Refresh(parameters);
        return Run(pass, weights, set, stop);
    }

    /// <summary>[samples, features]: what the head reads, for comparing representations.</summary>
    public static float[] Features(Architecture model, HeadShape head, float[] parameters, ImageSet set, CancellationToken stop)
    {
        var pass = NetworkPass.Of(model, head);
        var weights = new StepWeights(pass.Layout);
        weights.Refresh(parameters);
        var features = new float[set.Count * model.Features];
        Visit(pass, weights, set, (first, samples, _) => pass.Features.AsSpan(0, samples * model.Features).CopyTo(features.AsSpan(first * model.Features)), stop);
        return features;
    }

    internal static SplitResult Run(NetworkPass pass, StepWeights weights, ImageSet set, CancellationToken stop)
    {
        var classes = pass.Outputs;
        var logits = new float[set.Count * classes];
        Visit(pass, weights, set, (first, samples, outputs) => outputs.AsSpan(0, samples * classes).CopyTo(logits.AsSpan(first * classes)), stop);
        var (loss, correct) = (0.0, 0);
        for (var i = 0; i < set.Count; i++)
        {
            var row = logits.AsSpan(i * classes, classes);
            double top = row[ArgMax(row)], sum = 0;
            foreach (var value in row) sum += Math.Exp(value - top);
            loss += Math.Log(sum) + top - row[set.Labels[i]];
            if (ArgMax(row) == set.Labels[i]) correct++;
        }
        return new(set.Name, set.Count, correct, loss / set.Count, logits);
    }

    /// <summary>The largest; of equal ones the first.</summary>
    internal static int ArgMax(ReadOnlySpan<float> values)
    {
        var best = 0;
        for (var i = 1; i < values.Length; i++)
            if (values[i] > values[best]) best = i;
        return best;
    }

    static void Visit(NetworkPass pass, StepWeights weights, ImageSet set, Action<int, int, float[]> take, CancellationToken stop)
    {
        var images = new float[NetworkPass.TileSamples * set.PixelsEach];
        var outputs = new float[NetworkPass.TileSamples * pass.Outputs];
        for (var first = 0; first < set.Count; first += NetworkPass.TileSamples)
        {
            stop.ThrowIfCancellationRequested();
            var samples = Math.Min(NetworkPass.TileSamples, set.Count - first);
            for (var i = 0; i < samples; i++) set.Read(first + i, images.AsSpan(i * set.PixelsEach));
            pass.Forward(weights, images, samples, outputs);
            take(first, samples, outputs);
        }
    }
}
