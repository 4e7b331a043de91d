using System.Diagnostics.CodeAnalysis;

namespace ModelZoo.Hub.Web;

/// <summary>The target of a link: an address on this hub, or an http(s) address elsewhere. Nothing else can be one.</summary>
public readonly record struct Href
{
    readonly string? _value;

    Href(string value) => _value = value;

    public string Value => _value ?? "/";

    /// <summary>An address on this hub: begins with one '/', '?' or '#'. "//host" would leave the hub, so it is refused.</summary>
    public static bool TryLocal([NotNullWhen(true)] string? text, out Href href)
    {
        var ok = text is { Length: > 0 } && text[0] is '/' or '?' or '#'
            && !text.StartsWith("//", StringComparison.Ordinal) && !text.StartsWith("/\\", StringComparison.Ordinal)
            && !text.AsSpan().ContainsAnyInRange('\0', ' ');
        href = ok ? new(text!) : default;
        return ok;
    }

    public static Href Local(string text) =>
        TryLocal(text, out var href) ? href : throw new FormatException($"'{text}' is not an address on this hub.");

    /// <summary>An address elsewhere, as a card may name it. Only http and https: never a script.</summary>
    public static bool TryElsewhere(string? text, out Href href)
    {
        var ok = Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https";
        href = ok ? new(uri!.AbsoluteUri) : default;
        return ok;
    }

    public override string ToString() => Value;
}
