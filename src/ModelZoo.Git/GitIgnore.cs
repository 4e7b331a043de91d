using System.Text;

namespace ModelZoo.Git;

/// <summary>The rules of a .gitignore in the root. The last rule that matches decides, and nothing inside an ignored folder comes back.</summary>
public sealed class GitIgnore
{
    readonly List<(PathPattern Pattern, bool Ignores)> _rules = [];

    public static GitIgnore Parse(string text)
    {
        var ignore = new GitIgnore();
        foreach (var line in PatternLines.Read(text))
        {
            if (line.StartsWith('#')) continue;
            var pattern = TrimTrailingSpaces(line.EndsWith('\r') ? line[..^1] : line);
            var isNegated = pattern.StartsWith('!');
            if (isNegated) pattern = pattern[1..];
            if (pattern.Length > 0) ignore._rules.Add((new(pattern), !isNegated));
        }
        return ignore;
    }

    public bool IsIgnored(RepoPath file)
    {
        var path = Encoding.UTF8.GetBytes(file.Value);
        for (var slash = 0; slash < path.Length; slash++)
            if (path[slash] == '/' && FindVerdict(path.AsSpan(0, slash), isFolder: true) is true) return true;
        return FindVerdict(path, isFolder: false) is true;
    }

    /// <summary>What these rules alone say of a path below their own folder; null when none speaks of it. For a walk that meets a .gitignore in every folder.</summary>
    public bool? FindVerdict(RepoPath path, bool isFolder) => FindVerdict(Encoding.UTF8.GetBytes(path.Value), isFolder);

    bool? FindVerdict(ReadOnlySpan<byte> path, bool isFolder)
    {
        for (var i = _rules.Count - 1; i >= 0; i--)
            if (_rules[i].Pattern.Matches(path, isFolder)) return _rules[i].Ignores;
        return null;
    }

    /// <summary>Spaces at the end count only behind a backslash.</summary>
    static string TrimTrailingSpaces(string line)
    {
        var end = 0;
        for (var i = 0; i < line.Length; i++)
        {
            if (line[i] == ' ') continue;
            if (line[i] == '\\' && ++i == line.Length) return line;
            end = i + 1;
        }
        return line[..end];
    }
}
