using System.Text.RegularExpressions;

namespace ModelZoo.Evaluation.Metrics.Texts;

/// <summary>Equality of texts after what the task wants ignored, in lm-evaluation-harness's order: expressions, case, ASCII punctuation, digits.</summary>
sealed partial class ExactMatch
{
    /// <summary>A task's expressions come from strangers: none may run longer on one text.</summary>
    static readonly TimeSpan s_patience = TimeSpan.FromSeconds(1);

    readonly Regex[] _ignored;
    readonly bool _case, _punctuation, _numbers;

    public ExactMatch(MetricOptions options)
    {
        _ignored = [.. options.Texts("regexes_to_ignore").Select(pattern => Read(pattern, options.Metric))];
        (_case, _punctuation, _numbers) = (options.Flag("ignore_case"), options.Flag("ignore_punctuation"), options.Flag("ignore_numbers"));
    }

    public double Score(Outcome outcome, string metric)
    {
        var (prediction, references) = Outcomes.Texts(outcome, metric);
        if (prediction is null) return 0;
        var seen = Cleaned(prediction, metric);
        foreach (var reference in references)
            if (Cleaned(reference, metric) == seen) return 1;
        return 0;
    }

    internal static double Equal(string? prediction, IReadOnlyList<string> references)
    {
        if (prediction is null) return 0;
        foreach (var reference in references)
            if (reference == prediction) return 1;
        return 0;
    }

    string Cleaned(string text, string metric)
    {
        foreach (var pattern in _ignored)
        {
            try
            {
                text = pattern.Replace(text, "");
            }
            catch (RegexMatchTimeoutException)
            {
                throw new EvaluationException($"'{metric}': the expression '{pattern}' takes too long.");
            }
        }
        if (_case) text = text.ToLowerInvariant();
        if (_punctuation) text = PythonText.Without(text, PythonText.IsPunctuation);
        if (_numbers) text = PythonText.Without(text, char.IsAsciiDigit);
        return text;
    }

    static Regex Read(string pattern, string metric)
    {
        // Python writes named groups and their references with a P.
        var written = NamedReference().Replace(NamedGroup().Replace(pattern, "(?<"), "\\k<$1>");
        try
        {
            return new(written, RegexOptions.CultureInvariant, s_patience);
        }
        catch (ArgumentException broken)
        {
            throw new EvaluationException($"'{metric}': '{pattern}' is no regular expression that can be read: {broken.Message}");
        }
    }

    [GeneratedRegex(@"\(\?P<")]
    private static partial Regex NamedGroup();

    [GeneratedRegex(@"\(\?P=([A-Za-z_0-9]+)\)")]
    private static partial Regex NamedReference();
}
