namespace ModelZoo.Hub.Kernel;

/// <summary>
/// HTML made from other people's text that a sanitiser let through. The only value that a page writes without escaping.
/// Public because page models are (Razor components are public, and so must be what they take).
/// </summary>
public readonly record struct SanitisedHtml
{
    readonly string? _html;

    SanitisedHtml(string html) => _html = html;

    public string Html => _html ?? "";

    public bool IsEmpty => string.IsNullOrWhiteSpace(_html);

    /// <summary>Call this with the output of the card sanitiser and nothing else; the call sites are few and read in review.</summary>
    public static SanitisedHtml FromSanitiser(string html) => new(html);

    public override string ToString() => Html;
}
