using System.Text;

namespace ModelZoo.Hub.Cards;

/// <summary>An address of a card, made absolute.</summary>
/// <param name="IsOutside">True when it leads to another host.</param>
readonly record struct CardLink(string Url, bool IsOutside);

/// <summary>Turns the addresses a card names into those a page may hold. Only http, https, mailto and places of this hub come through.</summary>
static class CardLinks
{
    const int MaxLength = 4096;

    public const string AnchorPrefix = "user-content-";

    public static CardLink? FindPage(string? named, CardLinkContext links) => Find(named, links, isPicture: false);

    public static CardLink? FindPicture(string? named, CardLinkContext links) => Find(named, links, isPicture: true);

    static CardLink? Find(string? named, CardLinkContext links, bool isPicture)
    {
        if (named is null || Clean(named) is not { Length: > 0 and <= MaxLength } url) return null;
        if (url[0] == '#') return isPicture ? null : new($"#{AnchorPrefix}{links.Anchors}{Uri.EscapeDataString(Unescape(url[1..])).Replace("%3A", ":", StringComparison.Ordinal)}", false);
        if (url.StartsWith("//", StringComparison.Ordinal)) url = "https:" + url;
        if (FindScheme(url) is { } scheme)
        {
            if (scheme == "mailto" && !isPicture) return new(url, false);
            if (scheme is not ("http" or "https") || !Uri.TryCreate(url, UriKind.Absolute, out var absolute) || absolute.UserInfo.Length > 0) return null;
            return new(absolute.AbsoluteUri, !links.OwnHosts.Contains(absolute.Authority, StringComparer.OrdinalIgnoreCase));
        }
        if (url[0] == '/') return new(Uri.TryCreate("http://h" + url, UriKind.Absolute, out var rooted) ? rooted.PathAndQuery + rooted.Fragment : "/", false);
        return Resolve(url, links, isPicture);
    }

    static CardLink? Resolve(string url, CardLinkContext links, bool isPicture)
    {
        var hash = url.IndexOf('#');
        var fragment = hash < 0 ? "" : "#" + Uri.EscapeDataString(Unescape(url[(hash + 1)..]));
        var path = hash < 0 ? url : url[..hash];
        if (path.IndexOf('?') is var query and >= 0) path = path[..query];
        var segments = new List<string>(links.Folder.Split('/', StringSplitOptions.RemoveEmptyEntries));
        foreach (var escaped in path.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            var segment = Unescape(escaped);
            if (segment == ".") continue;
            if (segment != "..") segments.Add(segment);
            else if (segments.Count == 0) return null;
            else segments.RemoveAt(segments.Count - 1);
        }
        var file = string.Join('/', segments);
        if (isPicture) return file.Length == 0 ? null : new(links.ResolveUrl(file), false);
        return new((file.Length == 0 || path.EndsWith('/') ? links.TreeUrl(file) : links.BlobUrl(file)) + fragment, false);
    }

    /// <summary>As browsers do (WHATWG URL, "basic URL parser"): no tabs or line breaks, no blanks around, backslash is a slash. Null when other controls are left.</summary>
    static string? Clean(string named)
    {
        if (named.Length > MaxLength * 2) return null;
        var url = new StringBuilder(named.Length);
        foreach (var c in named)
            if (c is not ('\t' or '\n' or '\r')) url.Append(c == '\\' ? '/' : c);
        var text = url.ToString().Trim(' ', '\0', '\u00a0', '\u3000', '\ufeff', '\u200b');
        return text.Any(char.IsControl) ? null : text;
    }

    /// <summary>The text before a colon that is no part of a path; anything unusual there counts as a scheme, and unknown schemes are refused.</summary>
    static string? FindScheme(string url)
    {
        var end = url.IndexOfAny([':', '/', '?', '#']);
        return end >= 0 && url[end] == ':' ? url[..end].ToLowerInvariant() : null;
    }

    static string Unescape(string text) => Uri.UnescapeDataString(text);
}
