using System.Collections.Concurrent;
using System.Globalization;
using System.Text;

namespace ModelZoo.Inference.Patterns;

/// <summary>Where a match and its groups stand; a group that took no part has a start of −1. Number 0 is the match itself.</summary>
public sealed record PatternMatch(IReadOnlyList<(int Start, int End)> Groups)
{
    public int Start => Groups[0].Start;

    public int End => Groups[0].End;
}

/// <summary>
/// A regular expression in Python's syntax and meaning (module <c>re</c>, texts), on the bounded engine: one that explodes is refused instead of waited
/// for. What Python knows and this does not is refused by name, never matched differently.
/// </summary>
public sealed class PythonPattern
{
    const long StepsPerCharacter = 500, FreeSteps = 1_000_000;

    const int MaxCached = 200, MaxResult = 16 << 20;

    static readonly ConcurrentDictionary<string, PythonPattern> s_known = new(StringComparer.Ordinal);

    readonly PatternProgram _program;
    readonly Pattern _shown;
    readonly IReadOnlyDictionary<string, int> _names;

    /// <exception cref="InferenceException">The expression is wrong, or uses what is not supported.</exception>
    public PythonPattern(string expression)
    {
        var parser = new PythonPatternParser(expression);
        var root = parser.Parse();
        (Expression, GroupCount, _names) = (expression, parser.GroupCount, parser.Names);
        _program = new PatternProgram(root, Math.Max(1, parser.GroupCount));
        _shown = new Pattern(expression, _program);
    }

    public string Expression { get; }

    public int GroupCount { get; }

    /// <summary>The same pattern for the same expression, as long as there are not too many.</summary>
    public static PythonPattern Of(string expression)
    {
        if (s_known.TryGetValue(expression, out var known)) return known;
        var made = new PythonPattern(expression);
        if (s_known.Count >= MaxCached) s_known.Clear();
        return s_known[expression] = made;
    }

    /// <summary>All matches, as Python's <c>finditer</c> finds them: empty ones too.</summary>
    /// <exception cref="InferenceException">The pattern explodes on this text.</exception>
    public IReadOnlyList<PatternMatch> FindAll(string text, int most = int.MaxValue)
    {
        var matches = new List<PatternMatch>();
        var slots = new int[_program.SlotCount];
        var scan = new PatternScan(_program, text, FreeSteps + StepsPerCharacter * text.Length, slots);
        for (var at = 0; at <= text.Length && matches.Count < most;)
        {
            Array.Fill(slots, -1);
            var (start, end) = scan.Find(at, _shown);
            if (start < 0) break;
            var groups = new (int, int)[GroupCount + 1];
            groups[0] = (start, end);
            for (var group = 1; group <= GroupCount; group++) groups[group] = slots[2 * group + 1] < 0 ? (-1, -1) : (slots[2 * group], slots[2 * group + 1]);
            matches.Add(new(groups));
            // CPython, _sre.c: after an empty match the next one may begin at the same place, but must not be empty.
            scan.MustMoveFrom = end == start ? end : -1;
            at = end;
        }
        return matches;
    }

    /// <summary>Python's <c>findall</c>: the match without groups, the group where there is one, a list of all of them where there are several.</summary>
    public IReadOnlyList<IReadOnlyList<string>> FindTexts(string text)
    {
        var from = GroupCount == 0 ? 0 : 1;
        return [.. FindAll(text).Select(IReadOnlyList<string> (match) => [.. match.Groups.Skip(from).Select(group => group.Start < 0 ? "" : text[group.Start..group.End])])];
    }

    public bool IsIn(string text) => FindAll(text, most: 1).Count > 0;

    /// <summary>Python's <c>sub</c>.</summary>
    /// <param name="replacement">With <c>\1</c>, <c>\g&lt;1&gt;</c> and <c>\g&lt;name&gt;</c> for groups.</param>
    /// <param name="count">Most replacements; 0: all.</param>
    public string Replace(string text, string replacement, int count = 0)
    {
        var parts = ParseReplacement(replacement);
        var output = new StringBuilder();
        var from = 0;
        foreach (var match in FindAll(text, count == 0 ? int.MaxValue : count))
        {
            output.Append(text, from, match.Start - from);
            foreach (var (literal, group) in parts)
            {
                if (literal is not null) output.Append(literal);
                else if (match.Groups[group].Start >= 0) output.Append(text, match.Groups[group].Start, match.Groups[group].End - match.Groups[group].Start);
            }
            if (output.Length > MaxResult) throw new InferenceException(InferenceFault.Limit, $"A replacement makes more than {MaxResult} characters.");
            from = match.End;
        }
        return from == 0 && output.Length == 0 ? text : output.Append(text, from, text.Length - from).ToString();
    }

    List<(string? Literal, int Group)> ParseReplacement(string replacement)
    {
        var parts = new List<(string?, int)>();
        var literal = new StringBuilder();
        for (var at = 0; at < replacement.Length; at++)
        {
            var c = replacement[at];
            if (c != '\\' || at + 1 == replacement.Length)
            {
                literal.Append(c == '\\' ? throw Wrong("ends in a backslash") : c);
                continue;
            }
            c = replacement[++at];
            if (c is >= '1' and <= '9')
            {
                var length = at + 1 < replacement.Length && char.IsAsciiDigit(replacement[at + 1]) ? 2 : 1;
                AddGroup(int.Parse(replacement.AsSpan(at, length), CultureInfo.InvariantCulture));
                at += length - 1;
            }
            else if (c == 'g')
            {
                var end = replacement.IndexOf('>', at);
                if (at + 1 >= replacement.Length || replacement[at + 1] != '<' || end < 0) throw Wrong("has a '\\g' without a name");
                var name = replacement[(at + 2)..end];
                AddGroup(int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : _names.TryGetValue(name, out number) ? number : throw Wrong($"names the group '{name}', which is not there"));
                at = end;
            }
            else if ("ntrfvab\\".IndexOf(c) is >= 0 and var known) literal.Append("\n\t\r\f\v\a\b\\"[known]);
            else if (char.IsAsciiLetterOrDigit(c)) throw Wrong($"has the escape '\\{c}', which is not known");
            else literal.Append('\\').Append(c);
        }
        if (literal.Length > 0) parts.Add((literal.ToString(), 0));
        return parts;

        void AddGroup(int number)
        {
            if (number > GroupCount) throw Wrong($"names the group {number}, which is not there");
            if (literal.Length > 0) parts.Add((literal.ToString(), 0));
            literal.Clear();
            parts.Add((null, number));
        }

        InferenceException Wrong(string reason) => new(InferenceFault.Model, $"The replacement '{(replacement.Length > 80 ? replacement[..80] + "…" : replacement)}' {reason}.");
    }

    public override string ToString() => Expression;
}
