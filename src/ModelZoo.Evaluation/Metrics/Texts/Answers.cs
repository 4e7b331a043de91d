using System.Text.RegularExpressions;

namespace ModelZoo.Evaluation.Metrics.Texts;

/// <summary>Short answers compared loosely: SQuAD's exact match and F1, and HELM's matches. Of several references the best counts.</summary>
static partial class Answers
{
    /// <summary>SQuAD: lower case, no ASCII punctuation, no articles, single blanks.</summary>
    public static double SquadExact(string? prediction, IReadOnlyList<string> references) =>
        Best(prediction, references, static (answer, gold) => Normalised(answer) == Normalised(gold) ? 1 : 0);

    /// <summary>SQuAD: F1 over the words as multisets; two empty answers agree.</summary>
    public static double SquadF1(string? prediction, IReadOnlyList<string> references) => Best(prediction, references, static (answer, gold) =>
    {
        var (found, wanted) = (PythonText.Split(Normalised(answer)), PythonText.Split(Normalised(gold)));
        if (found.Count == 0 || wanted.Count == 0) return found.Count == wanted.Count ? 1 : 0;
        return F1(Common(found, wanted), found.Count, wanted.Count);
    });

    /// <summary>HELM: the same text but for blanks around it.</summary>
    public static double HelmExact(string? prediction, IReadOnlyList<string> references) =>
        Best(prediction, references, static (answer, gold) => answer.Length > 0 && PythonText.Strip(answer) == PythonText.Strip(gold) ? 1 : 0);

    public static double HelmQuasi(string? prediction, IReadOnlyList<string> references) =>
        Best(prediction, references, static (answer, gold) => answer.Length > 0 && Normalised(answer) == Normalised(gold) ? 1 : 0);

    public static double HelmPrefix(string? prediction, IReadOnlyList<string> references) => Best(prediction, references, static (answer, gold) =>
        answer.Length > 0 && PythonText.Strip(answer).StartsWith(PythonText.Strip(gold), StringComparison.Ordinal) ? 1 : 0);

    public static double HelmQuasiPrefix(string? prediction, IReadOnlyList<string> references) => Best(prediction, references, static (answer, gold) =>
        answer.Length > 0 && Normalised(answer).StartsWith(Normalised(gold), StringComparison.Ordinal) ? 1 : 0);

    /// <summary>HELM: F1 over the sets of words.</summary>
    public static double HelmF1(string? prediction, IReadOnlyList<string> references) => Best(prediction, references, static (answer, gold) =>
    {
        var (found, wanted) = (PythonText.Split(Normalised(answer)).ToHashSet(), PythonText.Split(Normalised(gold)).ToHashSet());
        return F1(found.Count(wanted.Contains), found.Count, wanted.Count);
    });

    static double Best(string? prediction, IReadOnlyList<string> references, Func<string, string, double> judge)
    {
        if (prediction is null) return 0;
        var best = 0.0;
        foreach (var reference in references) best = Math.Max(best, judge(prediction, reference));
        return best;
    }

    static double F1(int common, int found, int wanted) => common == 0 ? 0 : 2.0 * common / (found + wanted);

    static int Common(List<string> found, List<string> wanted)
    {
        var left = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var word in wanted) left[word] = left.GetValueOrDefault(word) + 1;
        var common = 0;
        foreach (var word in found)
        {
            if (!left.TryGetValue(word, out var count) || count == 0) continue;
            left[word] = count - 1;
            common++;
        }
        return common;
    }

    static string Normalised(string text) =>
        string.Join(' ', PythonText.Split(Articles().Replace(PythonText.Without(text.ToLowerInvariant(), PythonText.IsPunctuation), " ")));

    [GeneratedRegex(@"\b(a|an|the)\b")]
    private static partial Regex Articles();
}
