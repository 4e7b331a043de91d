using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace ModelZoo.Git;

/// <summary>The full name of a reference, such as "refs/heads/main", that git check-ref-format accepts.</summary>
public sealed record ReferenceName
{
    /// <summary>Longest name in UTF-8 bytes: servers that keep references as files end near here.</summary>
    public const int MaxBytes = 1024;

    const string Branches = "refs/heads/";
    const string Tags = "refs/tags/";

    ReferenceName(string value) => Value = value;

    public string Value { get; }

    public bool IsBranch => Value.StartsWith(Branches, StringComparison.Ordinal);

    public bool IsTag => Value.StartsWith(Tags, StringComparison.Ordinal);

    /// <summary>"main" for "refs/heads/main", "v1" for "refs/tags/v1", the full name for any other.</summary>
    public string ShortName => IsBranch ? Value[Branches.Length..] : IsTag ? Value[Tags.Length..] : Value;

    public static bool TryParse([NotNullWhen(true)] string? text, [NotNullWhen(true)] out ReferenceName? name)
    {
        name = text is not null && IsValid(text) ? new(text) : null;
        return name is not null;
    }

    /// <exception cref="FormatException">Not the full name of a reference.</exception>
    public static ReferenceName Parse(string text) =>
        TryParse(text, out var name) ? name : throw new FormatException($"'{text}' is not the full name of a reference, such as refs/heads/main.");

    /// <param name="name">The short name. "HEAD" and names that begin with '-' are refused, as git branch does.</param>
    public static bool TryBranch([NotNullWhen(true)] string? name, [NotNullWhen(true)] out ReferenceName? branch)
    {
        branch = null;
        return name is not (null or "HEAD") && !name.StartsWith('-') && TryParse(Branches + name, out branch);
    }

    public static bool TryTag([NotNullWhen(true)] string? name, [NotNullWhen(true)] out ReferenceName? tag)
    {
        tag = null;
        return name is not (null or "HEAD") && !name.StartsWith('-') && TryParse(Tags + name, out tag);
    }

    /// <exception cref="FormatException">Not a name for a branch.</exception>
    public static ReferenceName Branch(string name) =>
        TryBranch(name, out var branch) ? branch : throw new FormatException($"'{name}' is not a valid name for a branch.");

    /// <exception cref="FormatException">Not a name for a tag.</exception>
    public static ReferenceName Tag(string name) =>
        TryTag(name, out var tag) ? tag : throw new FormatException($"'{name}' is not a valid name for a tag.");

    public override string ToString() => Value;

    /// <summary>The rules of git-check-ref-format(1), and that the name is full.</summary>
    static bool IsValid(string text)
    {
        if (!text.StartsWith("refs/", StringComparison.Ordinal) || text.Length > MaxBytes || Encoding.UTF8.GetByteCount(text) > MaxBytes) return false;
        if (text[^1] is '.' or '/' || text.Contains("..", StringComparison.Ordinal) || text.Contains("@{", StringComparison.Ordinal)) return false;
        foreach (var c in text)
            if (c is <= ' ' or '\u007f' or '~' or '^' or ':' or '?' or '*' or '[' or '\\') return false;
        foreach (var range in text.AsSpan().Split('/'))
        {
            var component = text.AsSpan()[range];
            if (component.IsEmpty || component[0] == '.' || component.EndsWith(".lock", StringComparison.Ordinal)) return false;
        }
        return !UnicodeText.HasLoneSurrogate(text);
    }
}
