using System.Globalization;
using System.Text;
using ModelZoo.Evaluation.Data;
using ModelZoo.Inference.Patterns;
using ModelZoo.Inference.Templates;

namespace ModelZoo.Evaluation.Filters;

/// <summary>
/// <c>multi_choice_regex</c>: the letter of the chosen option, found by an expression; else by the text of an option of the document's <c>choices</c>; else
/// by a letter behind a colon.
/// </summary>
sealed class ChoiceFilter(FilterOptions options)
{
    /// <summary>Letters after Z are not letters any more.</summary>
    const int MaxChoices = 26;

    readonly RegexFilter _regex = RegexFilter.Parse(options);
    readonly bool _ignoresCase = options.Flag("ignore_case"), _ignoresPunctuation = options.Flag("ignore_punctuation");
    readonly IReadOnlyList<PythonPattern> _ignored = [.. options.Texts("regexes_to_ignore").Select(expression => new PythonPattern(expression))];

    public IReadOnlyList<object?> Apply(IReadOnlyList<object?> answers, Document document)
    {
        var choices = document.Fields.GetValueOrDefault("choices") as IReadOnlyList<object?> ?? throw new EvaluationException("multi_choice_regex needs a column 'choices' with a list of texts.");
        if (choices.Count is 0 or > MaxChoices) throw new EvaluationException($"multi_choice_regex takes 1 to {MaxChoices} choices, and the document has {choices.Count}.");
        var texts = choices.Select(choice => Clean(PythonString.Strip(choice as string ?? throw new EvaluationException("a choice is no text.")))).ToList();
        var letters = choices.Select((_, index) => ((char)('A' + index)).ToString()).ToList();
        var byText = texts.Select((text, index) => (text, Letter: $"({letters[index]})")).GroupBy(pair => pair.text).ToDictionary(group => group.Key, group => group.Last().Letter);
        var byLetter = letters.ToDictionary(letter => letter, letter => $"({letter})");
        var anyText = new PythonPattern(string.Join('|', texts.Select(Escaped)));
        var anyLetter = new PythonPattern($@":[\s]*({string.Join('|', letters)})");
        return [.. answers.Select(answer =>
        {
            var given = answer as string ?? "";
            var found = Find(_regex.Pattern, given, null);
            if (found.Length == 0) found = Find(anyText, Clean(given), byText);
            if (found.Length == 0) found = Find(anyLetter, given, byLetter);
            return found.Length == 0 ? _regex.Fallback : found;
        })];
    }

    string Find(PythonPattern pattern, string text, Dictionary<string, string>? names)
    {
        var matches = pattern.FindTexts(text);
        if (matches.Count == 0) return "";
        var groups = RegexFilter.At(matches, _regex.Select);
        var found = PythonString.Strip(groups.Count == 1 ? groups[0] : groups.FirstOrDefault(group => group.Length > 0) ?? "");
        return names is not null && names.TryGetValue(found, out var name) ? name : found;
    }

    string Clean(string text)
    {
        foreach (var pattern in _ignored) text = pattern.Replace(text, "");
        if (_ignoresCase) text = PythonString.ToLower(text);
        return _ignoresPunctuation ? string.Concat(text.EnumerateRunes().Where(rune => Rune.GetUnicodeCategory(rune) is < UnicodeCategory.ConnectorPunctuation or > UnicodeCategory.OtherPunctuation)) : text;
    }

    /// <summary>As Python's <c>re.escape</c>, for characters that mean something.</summary>
    static string Escaped(string text) => string.Concat(text.Select(c => @"\.^$*+?{}[]|()-&~#".Contains(c) ? $"\\{c}" : c.ToString()));
}
