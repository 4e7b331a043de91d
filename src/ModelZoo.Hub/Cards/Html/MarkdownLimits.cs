namespace ModelZoo.Hub.Cards;

/// <summary>
/// Whether a text is harmless to parse as Markdown. The parser's work grows with nesting and with open brackets and emphasis of one
/// paragraph; these bounds keep it near linear and are far above what people write.
/// </summary>
static class MarkdownLimits
{
    /// <summary>Quotes and lists that one line may begin.</summary>
    public const int MaxContainers = 16;

    /// <summary>Leading blanks of a line; nested lists are indented by two to four a level.</summary>
    public const int MaxIndent = 200;

    /// <summary>
    /// Sum over all paragraphs of the square of their brackets, emphasis marks and the like, which the parser's work grows with.
    /// A table of a thousand rows with ten marks each takes a quarter of it; at the bound a text took about a second (November 2026).
    /// </summary>
    public const long MaxMarksSquared = 400_000_000;

    /// <summary>Bare addresses in a text: each becomes a link of many times its length.</summary>
    public const int MaxAddresses = 10_000;

    /// <summary>Opened and not closed brackets in one paragraph.</summary>
    public const int MaxOpenBrackets = 100;

    /// <summary>Rows times columns of one table.</summary>
    public const int MaxCells = 100_000;

    public static bool Allow(string markdown)
    {
        if (markdown.AsSpan().Count("://") + markdown.AsSpan().Count("www.") > MaxAddresses) return false;
        var (marks, open, rows, columns) = (0L, 0, 0L, 0L);
        var squares = 0L;
        foreach (var line in markdown.AsSpan().EnumerateLines())
        {
            var text = line.TrimStart(" \t");
            if (text.IsEmpty)
            {
                squares += marks * marks;
                (marks, open, rows, columns) = (0, 0, 0, 0);
                continue;
            }
            if (line.Length - text.Length > MaxIndent || CountContainers(text) > MaxContainers) return false;
            marks += CountMarks(text, ref open, out var pipes);
            rows++;
            columns = Math.Max(columns, pipes);
            if (squares + marks * marks > MaxMarksSquared || open > MaxOpenBrackets || rows * columns > MaxCells) return false;
        }
        return true;
    }

    static int CountContainers(ReadOnlySpan<char> line)
    {
        var count = 0;
        while (!line.IsEmpty && count <= MaxContainers)
        {
            if (line[0] == '>') line = line[1..];
            else if (line[0] is '-' or '*' or '+' && line.Length > 1 && line[1] is ' ' or '\t') line = line[1..];
            else if (line.IndexOfAnyExceptInRange('0', '9') is > 0 and <= 9 and var digits && line[digits] is '.' or ')') line = line[(digits + 1)..];
            else break;
            line = line.TrimStart(" \t");
            count++;
        }
        return count;
    }

    static int CountMarks(ReadOnlySpan<char> line, ref int open, out int pipes)
    {
        var marks = 0;
        pipes = 1;
        foreach (var c in line)
            switch (c)
            {
                case '[': open++; marks++; break;
                case ']': open = Math.Max(0, open - 1); break;
                case '|': pipes++; break;
                case '*' or '_' or '`' or '<' or '~' or '!' or '(' or '&': marks++; break;
            }
        return marks;
    }
}
