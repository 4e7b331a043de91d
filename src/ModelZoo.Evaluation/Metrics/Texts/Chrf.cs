namespace ModelZoo.Evaluation.Metrics.Texts;

/// <summary>chrF as sacreBLEU computes it: F-score of character n-grams without white space, with words for chrF++. 0 to 100. Of several references the best counts.</summary>
/// <remarks>M. Popović 2015 and 2017.</remarks>
public sealed class Chrf(int charOrder = 6, int wordOrder = 0, double beta = 2, bool lowercase = false)
{
    /// <summary>For each order: n-grams of the hypothesis, of the reference, in common.</summary>
    internal int Width => 3 * (charOrder + wordOrder);

    public double Corpus(IReadOnlyList<string> hypotheses, IReadOnlyList<IReadOnlyList<string>> references)
    {
        if (hypotheses.Count == 0 || hypotheses.Count != references.Count) throw new EvaluationException("Hypotheses and references must be as many, and some.");
        var (sums, own) = (new double[Width], new double[Width]);
        for (var i = 0; i < hypotheses.Count; i++)
        {
            Count(hypotheses[i], references[i], own);
            for (var k = 0; k < Width; k++) sums[k] += own[k];
        }
        return Final(sums);
    }

    internal void Count(string hypothesis, IReadOnlyList<string> references, Span<double> into)
    {
        var numbers = new WordNumbers();
        var found = Read(hypothesis, numbers);
        var best = -1.0;
        var own = new double[Width];
        foreach (var reference in references)
        {
            var wanted = Read(reference, numbers);
            for (var k = 0; k < found.Length; k++)
                // Nothing is counted against a text where the reference has no n-gram of this order.
                (own[3 * k], own[3 * k + 1], own[3 * k + 2]) = (wanted[k].Total == 0 ? 0 : found[k].Total, wanted[k].Total, found[k].Shared(wanted[k]));
            var score = Final(own);
            if (score <= best) continue;
            best = score;
            own.CopyTo(into);
        }
    }

    internal double Final(double[] sums)
    {
        var (precision, recall, orders) = (0.0, 0.0, 0);
        for (var k = 0; k < sums.Length; k += 3)
        {
            if (sums[k] <= 0 || sums[k + 1] <= 0) continue;
            precision += sums[k + 2] / sums[k];
            recall += sums[k + 2] / sums[k + 1];
            orders++;
        }
        if (orders == 0 || precision + recall == 0) return 0;
        (precision, recall) = (precision / orders, recall / orders);
        var factor = beta * beta;
        return 100 * (1 + factor) * precision * recall / (factor * precision + recall);
    }

    NGrams[] Read(string text, WordNumbers numbers)
    {
        if (lowercase) text = text.ToLowerInvariant();
        var grams = new NGrams[charOrder + wordOrder];
        var characters = PythonText.CodePoints(PythonText.Without(text, PythonText.IsSpace));
        for (var n = 1; n <= charOrder; n++) grams[n - 1] = NGrams.Of(characters, n, 21);
        if (wordOrder == 0) return grams;
        var words = numbers.Of(Words(text));
        for (var n = 1; n <= wordOrder; n++) grams[charOrder + n - 1] = NGrams.Of(words, n, 32);
        return grams;
    }

    /// <summary>One mark at the end or the beginning of a word stands by itself.</summary>
    static List<string> Words(string text)
    {
        var words = new List<string>();
        foreach (var word in PythonText.Split(text))
        {
            if (word.Length == 1) words.Add(word);
            else if (PythonText.IsPunctuation(word[^1])) words.AddRange([word[..^1], word[^1..]]);
            else if (PythonText.IsPunctuation(word[0])) words.AddRange([word[..1], word[1..]]);
            else words.Add(word);
        }
        return words;
    }
}
