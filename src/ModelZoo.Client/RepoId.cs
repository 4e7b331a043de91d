using System.Buffers;
using System.Diagnostics.CodeAnalysis;

namespace ModelZoo.Client;

/// <summary>Names one repository of a hub: its kind and <c>owner/name</c>. Exists only in a form that hubs accept.</summary>
public sealed record RepoId
{
    /// <summary>Longest owner or name.</summary>
    public const int MaxSegmentLength = 96;

    static readonly SearchValues<char> Allowed = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.");

    RepoId(RepoKind kind, string? owner, string name) => (Kind, Owner, Name) = (kind, owner, name);

    /// <summary>Model, dataset or space.</summary>
    public RepoKind Kind { get; }

    /// <summary>The account that owns it; null for the few old repositories with a single-part id.</summary>
    public string? Owner { get; }

    /// <summary>The part after the slash.</summary>
    public string Name { get; }

    /// <summary><c>owner/name</c>, without the kind.</summary>
    public string Id => Owner is null ? Name : $"{Owner}/{Name}";

    /// <summary>A repository of the given kind.</summary>
    /// <exception cref="FormatException">Owner or name is not acceptable.</exception>
    public static RepoId Of(RepoKind kind, string owner, string name) => Parse($"{kind.Plural()}/{owner}/{name}");

    /// <summary>Reads <c>owner/name</c>, <c>datasets/owner/name</c>, <c>spaces/owner/name</c> or <c>models/owner/name</c>.</summary>
    /// <param name="text">What a person typed.</param>
    /// <param name="kind">The kind when the text does not name one.</param>
    /// <exception cref="FormatException">The text is not a repository id.</exception>
    public static RepoId Parse(string text, RepoKind kind = RepoKind.Model) =>
        TryParse(text, kind, out var id) ? id
        : throw new FormatException($"'{text}' is not a repository: write owner/name, datasets/owner/name or spaces/owner/name (letters, digits, '-', '_' and '.').");

    /// <summary>Like <see cref="Parse"/>, without the exception.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, RepoKind kind, [NotNullWhen(true)] out RepoId? id)
    {
        id = null;
        if (string.IsNullOrEmpty(text) || text.Length > 300) return false;
        var parts = text.Split('/');
        if (parts.Length > 1 && KindOf(parts[0]) is { } named)
        {
            kind = named;
            parts = parts[1..];
        }
        if (parts.Length is 0 or > 2 || !Array.TrueForAll(parts, IsSegment)) return false;
        id = parts.Length == 1 ? new(kind, null, parts[0]) : new(kind, parts[0], parts[1]);
        return true;
    }

    static RepoKind? KindOf(string word) => word switch
    {
        "models" => RepoKind.Model,
        "datasets" => RepoKind.Dataset,
        "spaces" => RepoKind.Space,
        _ => null,
    };

    static bool IsSegment(string text) =>
        text.Length is > 0 and <= MaxSegmentLength && !text.AsSpan().ContainsAnyExcept(Allowed)
        && !text.Contains("--", StringComparison.Ordinal) && !text.Contains("..", StringComparison.Ordinal)
        && text[0] is not ('-' or '.') && text[^1] is not ('-' or '.')
        && !text.EndsWith(".git", StringComparison.OrdinalIgnoreCase) && !text.EndsWith(".ipynb", StringComparison.OrdinalIgnoreCase);

    internal string ApiPath => $"/api/{Kind.Plural()}/{Id}";

    internal string WebPath => $"/{Kind.Prefix()}{Id}";

    /// <summary>The form that <see cref="Parse"/> reads back: <c>owner/name</c> for models, else with the kind in front.</summary>
    public override string ToString() => Kind.Prefix() + Id;
}
