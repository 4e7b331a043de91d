using System.Text.RegularExpressions;

namespace ModelZoo.Evaluation.Metrics.Texts;

/// <summary>BLEU as sacreBLEU computes it: up to 4-grams, exponential smoothing, brevity penalty with the closest reference length. 0 to 100.</summary>
/// <remarks>K. Papineni et al. 2002; M. Post 2018, arXiv:1804.08771; tokeniser of mteval-v13a.</remarks>
public sealed partial class Bleu(string tokenizer = "13a", bool lowercase = false, bool effectiveOrder = false, string smooth = "exp")
{
    public const int Order = 4;

    /// <summary>Right and all n-grams for each n, then lengths of hypothesis and reference.</summary>
    internal const int Width = 2 * Order + 2;

    /// <param name="References">For each hypothesis.</param>
    public (double Score, double[] Precisions, double BrevityPenalty, int Length, int ReferenceLength) Corpus(IReadOnlyList<string> hypotheses, IReadOnlyList<IReadOnlyList<string>> references)
    {
        if (hypotheses.Count == 0 || hypotheses.Count != references.Count) throw new EvaluationException("Hypotheses and references must be as many, and some.");
        var (sums, own) = (new double[Width], new double[Width]);
        for (var i = 0; i < hypotheses.Count; i++)
        {
            Count(hypotheses[i], references[i], own);
            for (var k = 0; k < Width; k++) sums[k] += own[k];
        }
        var score = Score(sums, effectiveOrder, smooth, out var precisions, out var penalty);
        return (score, precisions, penalty, (int)sums[^2], (int)sums[^1]);
    }

    /// <summary>Of one text, over the orders that it has.</summary>
    public double Sentence(string hypothesis, IReadOnlyList<string> references)
    {
        var own = new double[Width];
        Count(hypothesis, references, own);
        return Score(own, effectiveOrder: true, smooth, out _, out _);
    }

    internal double Final(double[] sums) => Score(sums, effectiveOrder, smooth, out _, out _);

    internal void Count(string hypothesis, IReadOnlyList<string> references, Span<double> into)
    {
        if (references.Count == 0) throw new EvaluationException("BLEU needs a reference for every text.");
        var numbers = new WordNumbers();
        var words = numbers.Of(Tokens(hypothesis));
        var others = references.Select(reference => numbers.Of(Tokens(reference))).ToArray();
        for (var n = 1; n <= Order; n++)
        {
            var allowed = NGrams.Of(others[0], n, 32);
            foreach (var other in others.AsSpan(1)) allowed = allowed.Union(NGrams.Of(other, n, 32));
            var own = NGrams.Of(words, n, 32);
            (into[n - 1], into[Order + n - 1]) = (own.Shared(allowed), own.Total);
        }
        var closest = others[0].Length;
        foreach (var other in others)
        {
            var (gap, best) = (Math.Abs(other.Length - words.Length), Math.Abs(closest - words.Length));
            if (gap < best || (gap == best && other.Length < closest)) closest = other.Length;
        }
        (into[2 * Order], into[2 * Order + 1]) = (words.Length, closest);
    }

    static double Score(double[] sums, bool effectiveOrder, string smooth, out double[] precisions, out double penalty)
    {
        precisions = new double[Order];
        var (length, reference) = (sums[2 * Order], sums[2 * Order + 1]);
        penalty = length >= reference ? 1 : length > 0 ? Math.Exp(1 - reference / length) : 0;
        if (sums.AsSpan(0, Order).IndexOfAnyExcept(0.0) < 0) return 0;
        var (halving, order, logs) = (1.0, Order, 0.0);
        for (var n = 0; n < Order; n++)
        {
            if (sums[Order + n] == 0) break;
            if (effectiveOrder) order = n + 1;
            if (sums[n] == 0 && smooth == "exp") precisions[n] = 100 / ((halving *= 2) * sums[Order + n]);
            else precisions[n] = 100 * sums[n] / sums[Order + n];
        }
        for (var n = 0; n < order; n++) logs += precisions[n] == 0 ? -9999999999 : Math.Log(precisions[n]);
        return penalty * Math.Exp(logs / order);
    }

    List<string> Tokens(string text)
    {
        if (lowercase) text = text.ToLowerInvariant();
        text = PythonText.StripEnd(text);
        return tokenizer switch
        {
            "13a" => PythonText.Split(Thirteen(text)),
            "char" => [.. text.EnumerateRunes().Where(rune => !(rune.IsBmp && PythonText.IsSpace((char)rune.Value))).Select(rune => rune.ToString())],
            _ => PythonText.Split(text),
        };
    }

    static string Thirteen(string text)
    {
        text = text.Replace("<skipped>", "").Replace("-\n", "").Replace('\n', ' ');
        if (text.Contains('&')) text = text.Replace("&quot;", "\"").Replace("&amp;", "&").Replace("&lt;", "<").Replace("&gt;", ">");
        text = Symbols().Replace($" {text} ", " $1 ");
        text = PointAfterOther().Replace(text, "$1 $2 ");
        text = PointBeforeOther().Replace(text, " $1 $2");
        return DashAfterDigit().Replace(text, "$1 $2 ");
    }

    [GeneratedRegex(@"([\{-\~\[-\` -\&\(-\+\:-\@\/])")]
    private static partial Regex Symbols();

    [GeneratedRegex(@"([^0-9])([\.,])")]
    private static partial Regex PointAfterOther();

    [GeneratedRegex(@"([\.,])([^0-9])")]
    private static partial Regex PointBeforeOther();

    [GeneratedRegex(@"([0-9])(-)")]
    private static partial Regex DashAfterDigit();
}
