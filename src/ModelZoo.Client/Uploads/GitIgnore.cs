namespace ModelZoo.Client;

/// <summary>The rules of one <c>.gitignore</c> file (gitignore(5)). The last rule that matches decides; paths are relative to the file's folder.</summary>
sealed class GitIgnore
{
    readonly List<Rule> _rules = [];

    sealed record Rule(string[] Pattern, bool Negated, bool FoldersOnly, bool AnyDepth);

    public static GitIgnore Parse(string text)
    {
        var ignore = new GitIgnore();
        foreach (var raw in text.TrimStart('\ufeff').Split('\n'))
        {
            var line = TrimEnd(raw.TrimEnd('\r'));
            if (line.Length == 0 || line[0] == '#') continue;
            var negated = line[0] == '!';
            if (negated) line = line[1..];
            var foldersOnly = line.EndsWith('/');
            if (foldersOnly) line = line[..^1];
            if (line.Length == 0) continue;
            var anyDepth = !line.Contains('/', StringComparison.Ordinal);
            ignore._rules.Add(new(line.TrimStart('/').Split('/'), negated, foldersOnly, anyDepth));
        }
        return ignore;
    }

    /// <summary>Drops trailing blanks unless a backslash keeps them.</summary>
    static string TrimEnd(string line)
    {
        var end = line.Length;
        while (end > 0 && line[end - 1] == ' ' && !(end > 1 && line[end - 2] == '\\')) end--;
        return line[..end];
    }

    /// <summary>True to leave out, false to keep against an earlier rule, null when no rule speaks of it.</summary>
    public bool? Decide(ReadOnlySpan<string> path, bool isFolder)
    {
        for (var i = _rules.Count - 1; i >= 0; i--)
        {
            var rule = _rules[i];
            if (rule.FoldersOnly && !isFolder) continue;
            if (rule.AnyDepth ? MatchesSegment(rule.Pattern[0], path[^1]) : MatchesPath(rule.Pattern, path)) return !rule.Negated;
        }
        return null;
    }

    /// <summary>Segment by segment; <c>**</c> stands for any number of folders and is retried one folder further, like a star.</summary>
    static bool MatchesPath(ReadOnlySpan<string> pattern, ReadOnlySpan<string> path)
    {
        if (pattern.Length > 1 && pattern[^1] == "**" && path.Length < pattern.Length) return false;      // "a/**" is what lies inside a, not a
        var (p, t, star, mark) = (0, 0, -1, 0);
        while (t < path.Length)
        {
            if (p < pattern.Length && pattern[p] == "**") (star, mark) = (p++, t);
            else if (p < pattern.Length && MatchesSegment(pattern[p], path[t])) (p, t) = (p + 1, t + 1);
            else if (star >= 0) (p, t) = (star + 1, ++mark);
            else return false;
        }
        while (p < pattern.Length && pattern[p] == "**") p++;
        return p == pattern.Length;
    }

    internal static bool MatchesSegment(ReadOnlySpan<char> pattern, ReadOnlySpan<char> text)
    {
        var (p, t, star, mark) = (0, 0, -1, 0);
        while (t < text.Length)
        {
            if (p < pattern.Length && pattern[p] == '*') (star, mark) = (p++, t);
            else if (p < pattern.Length && MatchesOne(pattern, p, text[t], out var next)) (p, t) = (next, t + 1);
            else if (star >= 0) (p, t) = (star + 1, ++mark);
            else return false;
        }
        while (p < pattern.Length && pattern[p] == '*') p++;
        return p == pattern.Length;
    }

    static bool MatchesOne(ReadOnlySpan<char> pattern, int at, char c, out int next)
    {
        next = at + 1;
        switch (pattern[at])
        {
            case '?':
                return true;
            case '\\' when at + 1 < pattern.Length:
                next = at + 2;
                return pattern[at + 1] == c;
            case '[':
                return MatchesSet(pattern, at, c, ref next);
            default:
                return pattern[at] == c;
        }
    }

    static bool MatchesSet(ReadOnlySpan<char> pattern, int at, char c, ref int next)
    {
        var i = at + 1;
        var negated = i < pattern.Length && pattern[i] is '!' or '^';
        if (negated) i++;
        var (found, first) = (false, true);
        for (; i < pattern.Length && (first || pattern[i] != ']'); first = false)
        {
            var low = Member(pattern, ref i);
            var high = low;
            if (i + 1 < pattern.Length && pattern[i] == '-' && pattern[i + 1] != ']')
            {
                i++;
                high = Member(pattern, ref i);
            }
            found |= low <= c && c <= high;
        }
        if (i >= pattern.Length) return false;                // an open set matches nothing
        next = i + 1;
        return found != negated;

        static char Member(ReadOnlySpan<char> pattern, ref int i)
        {
            if (pattern[i] == '\\' && i + 1 < pattern.Length) i++;
            return pattern[i++];
        }
    }
}
