using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace ModelZoo.Git;

/// <summary>
/// A validated path of a file or folder inside a repository: relative, '/'-separated, no empty, '.' or '..' segment, no
/// component that git would take for its own folder. Never empty; the root is said by <c>null</c>.
/// </summary>
public sealed record RepoPath
{
    /// <summary>Longest path in UTF-8 bytes; git and the file systems clients check out to share this order of magnitude.</summary>
    public const int MaxBytes = 4096;

    /// <summary>Most folders a path may descend; bounds recursion everywhere behind it.</summary>
    public const int MaxDepth = 128;

    /// <summary>Longest single segment in UTF-8 bytes, the limit of common file systems.</summary>
    public const int MaxSegmentBytes = 255;

    RepoPath(string value) => Value = value;

    public string Value { get; }

    public string[] Segments => Value.Split('/');

    public string Name => Value[(Value.LastIndexOf('/') + 1)..];

    /// <summary>The folder this path lies in; null when it lies in the root.</summary>
    public RepoPath? Parent => Value.LastIndexOf('/') is var slash and >= 0 ? new(Value[..slash]) : null;

    public RepoPath Append(string segment) => Parse($"{Value}/{segment}");

    public static bool TryParse([NotNullWhen(true)] string? text, [NotNullWhen(true)] out RepoPath? path) =>
        TryParse(text, out path, out _);

    /// <param name="problem">One sentence that says what is wrong, when the result is false.</param>
    public static bool TryParse([NotNullWhen(true)] string? text, [NotNullWhen(true)] out RepoPath? path, out string problem)
    {
        path = null;
        problem = FindProblem(text);
        if (problem.Length > 0) return false;
        path = new(text!);
        return true;
    }

    /// <exception cref="FormatException">The text breaks a rule; the message says which.</exception>
    public static RepoPath Parse(string text) =>
        TryParse(text, out var path, out var problem) ? path : throw new FormatException(problem);

    static string FindProblem(string? text)
    {
        if (string.IsNullOrEmpty(text)) return "A path must not be empty.";
        if (text.Length > MaxBytes || Encoding.UTF8.GetByteCount(text) > MaxBytes) return $"A path may have at most {MaxBytes} bytes.";
        if (text[0] == '/') return "A path must be relative: it must not begin with '/'.";
        if (UnicodeText.HasLoneSurrogate(text)) return "A path must be valid Unicode.";
        var depth = 0;
        foreach (var range in text.AsSpan().Split('/'))
        {
            var segment = text.AsSpan()[range];
            if (++depth > MaxDepth) return $"A path may have at most {MaxDepth} segments.";
            if (FindSegmentProblem(segment) is { } problem) return problem;
        }
        return "";
    }

    static string? FindSegmentProblem(ReadOnlySpan<char> segment)
    {
        if (segment.IsEmpty) return "A path must not have empty segments.";
        if (segment is "." or "..") return "A path must not have '.' or '..' segments.";
        if (Encoding.UTF8.GetByteCount(segment) > MaxSegmentBytes) return $"A path segment may have at most {MaxSegmentBytes} bytes.";
        foreach (var c in segment)
        {
            // Line breaks and other controls have no use in a file name and break headers, logs and pointer files.
            if (c < ' ' || c == '\u007f') return "A path must not contain control characters.";
            if (c is '\u200e' or '\u200f' or (>= '\u202a' and <= '\u202e') or (>= '\u2066' and <= '\u2069'))
                return "A path must not contain characters that reverse the direction of text.";
        }
        if (segment.Contains('\\') && segment.Contains("..", StringComparison.Ordinal)) return "A path must not combine '\\' with '..'.";
        if (IsGitFolder(segment)) return "A path must not contain a '.git' component.";
        return null;
    }

    /// <summary>
    /// True for every spelling of ".git" that some file system would open as the git folder (CVE-2014-9390): HFS+ ignores
    /// invisible characters, Windows knows the short name "git~1", takes '\\' for a separator, reads ':' as the start of a
    /// stream name, and drops any number of trailing dots and spaces.
    /// </summary>
    static bool IsGitFolder(ReadOnlySpan<char> segment)
    {
        foreach (var range in segment.Split('\\'))
            if (IsGitFolderName(segment[range])) return true;
        return false;
    }

    static bool IsGitFolderName(ReadOnlySpan<char> name)
    {
        Span<char> visible = stackalloc char[name.Length];        // at most MaxSegmentBytes
        var length = 0;
        foreach (var c in name)
        {
            if (c is (>= '\u200c' and <= '\u200f') or (>= '\u202a' and <= '\u202e') or (>= '\u206a' and <= '\u206f') or '\ufeff') continue;
            visible[length++] = char.ToLowerInvariant(c);
        }
        ReadOnlySpan<char> rest = visible[..length];
        if (rest.IndexOf(':') is var stream and >= 0) rest = rest[..stream];
        return rest.TrimEnd(". ") is ".git" or "git~1";
    }

    public override string ToString() => Value;
}
