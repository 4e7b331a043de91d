using System.Globalization;
using System.Text;
using AngleSharp.Dom;

namespace ModelZoo.Hub.Cards;

/// <summary>Writes a parsed tree anew with only what the allow-list names. The output is made from names and values, never copied from the input.</summary>
sealed class HtmlSanitizer(CardLinkContext links)
{
    /// <summary>The balancer lets fewer levels through; this holds whatever comes before.</summary>
    const int MaxDepth = 256;

    readonly StringBuilder _output = new();
    readonly Dictionary<string, int> _headings = new(StringComparer.Ordinal);

    public string Write(IElement body)
    {
        WriteChildren(body, 0, insideLink: false);
        return _output.ToString();
    }

    void WriteChildren(INode parent, int depth, bool insideLink)
    {
        if (depth > MaxDepth) return;
        foreach (var child in parent.ChildNodes)
        {
            if (child is IText text) Escape(text.Data);
            else if (child is IElement element) WriteElement(element, depth + 1, insideLink);
        }
    }

    void WriteElement(IElement element, int depth, bool insideLink)
    {
        var name = element.LocalName;
        if (element.NamespaceUri != NamespaceNames.HtmlUri || HtmlAllowList.DroppedWithContent.Contains(name)) return;
        switch (name)
        {
            case "img": WriteImage(element, insideLink); return;
            case "input": WriteCheckbox(element); return;
            case "a": WriteLink(element, depth, insideLink); return;
        }
        if (!HtmlAllowList.Elements.ContainsKey(name))
        {
            WriteChildren(element, depth, insideLink);
            return;
        }
        _output.Append('<').Append(name);
        WriteAttributes(element, name);
        _output.Append('>');
        if (HtmlAllowList.Void.Contains(name)) return;
        if (name == "pre") _output.Append('\n');       // the parser takes one line break away
        WriteChildren(element, depth, insideLink);
        _output.Append("</").Append(name).Append('>');
    }

    void WriteLink(IElement element, int depth, bool insideLink)
    {
        var link = insideLink ? null : CardLinks.FindPage(element.GetAttribute("href"), links);
        var place = element.GetAttribute("id") ?? element.GetAttribute("name");
        if (link is null && string.IsNullOrEmpty(place))
        {
            WriteChildren(element, depth, insideLink);
            return;
        }
        _output.Append("<a");
        if (!string.IsNullOrEmpty(place)) Attribute("id", Anchor(place));
        if (element.GetAttribute("title") is { } title) Attribute("title", title);
        WriteClasses(element);
        if (link is { } target)
        {
            Attribute("href", target.Url);
            if (target.IsOutside) Attribute("rel", "nofollow noopener ugc");
        }
        _output.Append('>');
        WriteChildren(element, depth, insideLink: insideLink || link is not null);
        _output.Append("</a>");
    }

    /// <summary>A picture of another host would tell it who reads the card, so it is shown as a link unless allowed.</summary>
    void WriteImage(IElement element, bool insideLink)
    {
        var alt = element.GetAttribute("alt") ?? "";
        var picture = CardLinks.FindPicture(element.GetAttribute("src"), links);
        if (picture is not { } source || (source.IsOutside && !links.AllowRemoteImages))
        {
            var label = alt.Length > 0 ? alt : picture?.Url ?? "";
            if (picture is null || insideLink)
            {
                Escape(label);
                return;
            }
            _output.Append("<a");
            Attribute("href", picture.Value.Url);
            Attribute("rel", "nofollow noopener ugc");
            _output.Append('>');
            Escape(label);
            _output.Append("</a>");
            return;
        }
        _output.Append("<img");
        Attribute("src", source.Url);
        Attribute("alt", alt);
        foreach (var name in (string[])["title", "width", "height", "align"])
            if (element.GetAttribute(name) is { } value && IsValid(name, value)) Attribute(name, value);
        Attribute("loading", "lazy");
        if (source.IsOutside) Attribute("referrerpolicy", "no-referrer");
        _output.Append('>');
    }

    /// <summary>Task lists are the only inputs, and nobody can press them.</summary>
    void WriteCheckbox(IElement element)
    {
        if (!string.Equals(element.GetAttribute("type"), "checkbox", StringComparison.OrdinalIgnoreCase)) return;
        _output.Append("<input type=\"checkbox\" disabled");
        if (element.HasAttribute("checked")) _output.Append(" checked");
        _output.Append('>');
    }

    void WriteAttributes(IElement element, string name)
    {
        if (name is ['h', >= '1' and <= '6']) Attribute("id", Anchor(HeadingId(element.TextContent)));
        else if (element.GetAttribute("id") is { Length: > 0 } id) Attribute("id", Anchor(id));
        WriteClasses(element);
        foreach (var attribute in element.Attributes)
        {
            if (attribute.Name is "id" or "class" || !HtmlAllowList.Allows(name, attribute.Name)) continue;
            if (attribute.Name == "style") WriteAlignment(element, attribute.Value);
            else if (IsValid(attribute.Name, attribute.Value)) Attribute(attribute.Name, attribute.Value);
        }
    }

    void WriteClasses(IElement element)
    {
        if (element.GetAttribute("class") is not { Length: > 0 and <= 200 } classes) return;
        var kept = classes.Split(' ', StringSplitOptions.RemoveEmptyEntries)
            .Where(word => HtmlAllowList.Classes.Contains(word) || (word.StartsWith("language-", StringComparison.Ordinal) && word.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '+' or '#' or '.')))
            .ToList();
        if (kept.Count > 0) Attribute("class", string.Join(' ', kept));
    }

    /// <summary>Tables say how columns are aligned in a style; only that comes through, as the attribute of old.</summary>
    void WriteAlignment(IElement element, string style)
    {
        var side = style.Replace(" ", "", StringComparison.Ordinal).TrimEnd(';') switch
        {
            "text-align:left" => "left", "text-align:center" => "center", "text-align:right" => "right", _ => null,
        };
        if (side is not null && !element.HasAttribute("align")) Attribute("align", side);
    }

    static bool IsValid(string name, string value) => name switch
    {
        "align" => value.ToLowerInvariant() is "left" or "center" or "right" or "justify" or "middle" or "top" or "bottom",
        "dir" => value is "ltr" or "rtl" or "auto",
        "colspan" or "rowspan" => int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var span) && span is >= 1 and <= 1000,
        "start" => int.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _),
        "width" or "height" => value.Length is > 0 and <= 6 && value.TrimEnd('%', 'p', 'x').All(char.IsAsciiDigit) && char.IsAsciiDigit(value[0]),
        "lang" => value.Length <= 35 && value.All(c => char.IsAsciiLetterOrDigit(c) || c == '-'),
        "open" or "title" => true,
        _ => false,
    };

    /// <summary>The name GitHub gives a heading: lower case, punctuation out, blanks to hyphens, a number when it repeats.</summary>
    string HeadingId(string heading)
    {
        var slug = new StringBuilder();
        foreach (var c in heading.AsSpan().Trim()[..Math.Min(heading.AsSpan().Trim().Length, 200)])
            if (char.IsLetterOrDigit(c) || c is '-' or '_') slug.Append(char.ToLowerInvariant(c));
            else if (c is ' ' or '\n') slug.Append('-');
        var name = slug.ToString();
        var count = _headings.GetValueOrDefault(name);
        _headings[name] = count + 1;
        return count == 0 ? name : $"{name}-{count}";
    }

    /// <summary>Ids of cards live in a space of their own, so that none can stand for a part of the page.</summary>
    string Anchor(string id)
    {
        var name = id.StartsWith(CardLinks.AnchorPrefix, StringComparison.Ordinal) ? id[CardLinks.AnchorPrefix.Length..] : id;
        return CardLinks.AnchorPrefix + links.Anchors + new string([.. name.Take(200).Where(c => !char.IsWhiteSpace(c) && !char.IsControl(c))]);
    }

    void Attribute(string name, string value)
    {
        _output.Append(' ').Append(name).Append("=\"");
        Escape(value);
        _output.Append('"');
    }

    void Escape(string text)
    {
        foreach (var c in text)
            switch (c)
            {
                case '&': _output.Append("&amp;"); break;
                case '<': _output.Append("&lt;"); break;
                case '>': _output.Append("&gt;"); break;
                case '"': _output.Append("&quot;"); break;
                case '\u00a0': _output.Append("&nbsp;"); break;
                case '\t' or '\n': _output.Append(c); break;
                default: if (!char.IsControl(c)) _output.Append(c); break;
            }
    }
}
