using System.Text;
using System.Text.RegularExpressions;

namespace ModelZoo.Hub.Cards;

/// <summary>A part of the text under one heading, up to the next heading of its level or higher.</summary>
/// <param name="Level">1 to 6 as in Markdown; 7 for a bold label at the start of a line.</param>
/// <param name="From">First line of the text below the heading.</param>
/// <param name="To">First line after it.</param>
/// <param name="OwnTo">First line of the next heading of any level.</param>
sealed record CardSection(string Title, int Level, int From, int To, int OwnTo);

/// <summary>The lines of a card's text: which are code, which are headings, and the sections they make.</summary>
sealed partial class CardText
{
    const int LabelLevel = 7;

    /// <summary>Lines and characters that are read; a README of more is read up to there.</summary>
    const int MaxLines = 20_000;
    const int MaxLength = 2 * 1024 * 1024;

    enum LineKind { Text, Code, Fence, Heading, Comment }

    readonly string[] _lines;
    readonly LineKind[] _kinds;

    CardText(string[] lines)
    {
        _lines = lines;
        _kinds = new LineKind[lines.Length];
        MarkCode();
        Sections = Nest(FindHeadings(), lines.Length);
    }

    public IReadOnlyList<CardSection> Sections { get; }

    public static CardText Parse(string body) =>
        new([.. (body.Length > MaxLength ? body[..MaxLength] : body).Split('\n', MaxLines + 1).Take(MaxLines).Select(line => line.TrimEnd('\r'))]);

    /// <summary>The prose of a section, or of everything: without code, headings, comments, tags, addresses, images and placeholders.</summary>
    public string Prose(int from = 0, int to = int.MaxValue)
    {
        var kept = new StringBuilder();
        for (var i = from; i < Math.Min(to, _lines.Length); i++)
            if (_kinds[i] == LineKind.Text) AppendProse(kept, _lines[i]);
        var prose = UrlPattern().Replace(kept.ToString(), " ");
        prose = TagPattern().Replace(prose, " ");
        return PlaceholderPattern().Replace(prose, " ");
    }

    /// <summary>Words in a section's prose.</summary>
    public int CountWords(CardSection section) => WordPattern().Count(Prose(section.From, section.To));

    public bool HasFence(CardSection section) => Enumerable.Range(section.From, section.To - section.From).Any(line => _kinds[line] == LineKind.Fence);

    /// <summary>The placeholder that stands in a section's own text; null when there is none.</summary>
    public string? FindPlaceholder(CardSection section)
    {
        for (var i = section.From; i < section.OwnTo; i++)
            if (_kinds[i] == LineKind.Text && ReportedPlaceholderPattern().Match(_lines[i]) is { Success: true } match) return match.Value;
        return null;
    }

    /// <summary>The words of a heading, in lower case; a hyphen joins.</summary>
    public static IReadOnlyList<string> Words(string title) => [.. WordPattern().Matches(title).Select(match => match.Value.ToLowerInvariant())];

    /// <summary>Takes comments, images and the targets of links out of a line. Every bracket is looked for once, so a line costs its length.</summary>
    static void AppendProse(StringBuilder prose, string line)
    {
        var lastBracket = line.LastIndexOf(']');
        for (var at = 0; at < line.Length;)
        {
            var rest = line.AsSpan(at);
            if (rest.StartsWith("<!--"))
            {
                var end = line.IndexOf("-->", at, StringComparison.Ordinal);
                at = end < 0 ? line.Length : end + 3;
            }
            else if (rest.StartsWith("![") && at < lastBracket)
            {
                var alt = line.IndexOf(']', at);
                at = alt + 1 < line.Length && line[alt + 1] == '(' ? EndOfTarget(line, alt + 1) : alt + 1;
                prose.Append(' ');
            }
            else if (rest.StartsWith("]("))
            {
                at = EndOfTarget(line, at + 1);
                prose.Append("] ");
            }
            else prose.Append(line[at++]);
        }
        prose.Append('\n');
    }

    /// <summary>What opens and never closes takes the rest of the line.</summary>
    static int EndOfTarget(string line, int open) => line.IndexOf(')', open) is var end and >= 0 ? end + 1 : line.Length;

    void MarkCode()
    {
        var (fence, comment) = ("", false);
        for (var i = 0; i < _lines.Length; i++)
        {
            var line = _lines[i].AsSpan().TrimStart(' ');
            if (comment)
            {
                _kinds[i] = LineKind.Comment;
                comment = !_lines[i].Contains("-->", StringComparison.Ordinal);
            }
            else if (fence.Length > 0)
            {
                var closes = line.StartsWith(fence) && line.TrimEnd().TrimStart(fence[0]).IsEmpty;
                _kinds[i] = closes ? LineKind.Fence : LineKind.Code;
                if (closes) fence = "";
            }
            else if (line.StartsWith("```") || line.StartsWith("~~~"))
            {
                var run = line.IndexOfAnyExcept(line[0]);
                // A run of backquotes with more of them on the line is code within a paragraph.
                if (line[0] == '`' && run >= 0 && line[run..].Contains('`')) continue;
                fence = new(line[0], run < 0 ? line.Length : run);
                _kinds[i] = LineKind.Fence;
            }
            else if (_lines[i].LastIndexOf("<!--", StringComparison.Ordinal) is var open and >= 0 && _lines[i].IndexOf("-->", open, StringComparison.Ordinal) < 0)
            {
                comment = true;
                if (line.StartsWith("<!--")) _kinds[i] = LineKind.Comment;
            }
        }
    }

    List<(string Title, int Level, int Line, int From)> FindHeadings()
    {
        var found = new List<(string, int, int, int)>();
        for (var i = 0; i < _lines.Length; i++)
        {
            if (_kinds[i] != LineKind.Text) continue;
            if (AtxPattern().Match(_lines[i]) is { Success: true } atx)
            {
                _kinds[i] = LineKind.Heading;
                found.Add((atx.Groups[2].Value.Trim().TrimEnd('#').Trim(), atx.Groups[1].Length, i, i + 1));
            }
            else if (i + 1 < _lines.Length && _kinds[i + 1] == LineKind.Text && SetextLevel(_lines[i], _lines[i + 1]) is > 0 and var level)
            {
                _kinds[i] = _kinds[i + 1] = LineKind.Heading;
                found.Add((_lines[i].Trim(), level, i, i + 2));
                i++;
            }
            else if (LabelPattern().Match(_lines[i]) is { Success: true } label)
            {
                // The label's own line holds the beginning of its text, so it stays text.
                found.Add((label.Groups[1].Value.Trim(' ', ':'), LabelLevel, i, i));
            }
        }
        return found;
    }

    static int SetextLevel(string line, string under)
    {
        if (string.IsNullOrWhiteSpace(line) || line.StartsWith("    ", StringComparison.Ordinal) || line.TrimStart()[0] is '|' or '>' or '-' or '*' or '#') return 0;
        var rule = under.AsSpan().Trim();
        if (rule.IsEmpty || under.StartsWith("    ", StringComparison.Ordinal)) return 0;
        if (!rule.ContainsAnyExcept('=')) return 1;
        return rule.Length > 1 && !rule.ContainsAnyExcept('-') ? 2 : 0;
    }

    /// <summary>One pass from the end with a stack: a heading ends where the next of its level or higher begins.</summary>
    static CardSection[] Nest(List<(string Title, int Level, int Line, int From)> headings, int lines)
    {
        var sections = new CardSection[headings.Count];
        Span<int> next = stackalloc int[LabelLevel + 1];
        next.Fill(lines);
        var following = lines;
        for (var i = headings.Count - 1; i >= 0; i--)
        {
            var (title, level, line, from) = headings[i];
            sections[i] = new(title, level, Math.Min(from, lines), Math.Max(from, next[level]), Math.Max(from, following));
            for (var deeper = level; deeper <= LabelLevel; deeper++) next[deeper] = line;
            following = line;
        }
        return sections;
    }

    [GeneratedRegex(@"^ {0,3}(#{1,6})(?:[ \t]+(.*))?$", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex AtxPattern();

    [GeneratedRegex(@"^ {0,3}(?:\*\*|__)([^*_]{1,200})(?:\*\*|__)", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex LabelPattern();

    [GeneratedRegex(@"[\p{L}\p{N}]+(?:['’‑-][\p{L}\p{N}]+)*", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex WordPattern();

    [GeneratedRegex(@"(?:https?|ftp)://[^\s<>)\]]+", RegexOptions.CultureInvariant | RegexOptions.IgnoreCase | RegexOptions.NonBacktracking)]
    private static partial Regex UrlPattern();

    [GeneratedRegex(@"</?[A-Za-z][^<>]*>", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex TagPattern();

    [GeneratedRegex(@"\[more information needed\]|\[optional\]|\bTODO\b|\bTBD\b|\{\{[^{}]*\}\}", RegexOptions.CultureInvariant | RegexOptions.IgnoreCase)]
    private static partial Regex PlaceholderPattern();

    [GeneratedRegex(@"\[[Mm]ore [Ii]nformation [Nn]eeded\]|\bTODO\b|\bTBD\b|\{\{[^{}\n]*\}\}", RegexOptions.CultureInvariant)]
    private static partial Regex ReportedPlaceholderPattern();
}
