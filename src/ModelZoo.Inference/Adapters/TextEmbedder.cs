using ModelZoo.Inference.Runtime;

namespace ModelZoo.Inference.Adapters;

public enum Pooling
{
    /// <summary>Of all tokens that attention falls on.</summary>
    Mean,

    /// <summary>Of the first token.</summary>
    First,

    /// <summary>Of the last token that attention falls on.</summary>
    Last,
    Max,
}

/// <summary>Turns texts into vectors whose nearness is that of meaning.</summary>
public sealed class TextEmbedder(TextRunner runner, Pooling pooling = Pooling.Mean, bool normalises = true)
{
    readonly string _output = runner.RequireOutput("sentence_embedding", "last_hidden_state", "token_embeddings", runner.Session.Outputs[0].Name);

    public float[][] Embed(IReadOnlyList<string> texts, CancellationToken stop)
    {
        if (texts.Count == 0) return [];
        var batch = runner.Encode([.. texts.Select(text => (text, (string?)null))]);
        using var outputs = runner.Run(batch, _output, stop);
        var rows = TextClassifier.Rows(outputs[0], batch.Length);
        var vectors = outputs[0].Shape.Length == 2 ? rows : [.. rows.Select((row, i) => Pool(row, batch[i].AttentionMask))];
        if (normalises)
            foreach (var vector in vectors) Normalise(vector);
        return vectors;
    }

    float[] Pool(float[] states, int[] mask)
    {
        var width = states.Length / mask.Length;
        var result = new float[width];
        switch (pooling)
        {
            case Pooling.First: return states[..width];
            case Pooling.Last:
                var last = Math.Max(0, Array.LastIndexOf(mask, 1));
                return states[(last * width)..((last + 1) * width)];
            case Pooling.Max:
                Array.Fill(result, float.NegativeInfinity);
                for (var t = 0; t < mask.Length; t++)
                    for (var i = 0; i < width && mask[t] != 0; i++) result[i] = Math.Max(result[i], states[(t * width) + i]);
                return result;
            default:
                for (var t = 0; t < mask.Length; t++)
                    for (var i = 0; i < width && mask[t] != 0; i++) result[i] += states[(t * width) + i];
                var count = Math.Max(1, mask.Sum());
                for (var i = 0; i < width; i++) result[i] /= count;
                return result;
        }
    }

    static void Normalise(float[] vector)
    {
        var length = Math.Sqrt(vector.Sum(x => (double)x * x));
        for (var i = 0; i < vector.Length && length > 1e-12; i++) vector[i] = (float)(vector[i] / length);
    }
}
