using System.Text;

namespace ModelZoo.Hub.Cards;

/// <summary>
/// Rewrites HTML so that tags are known, well nested, few levels deep and carry few attributes, in one pass. It is no safeguard
/// against scripts (the sanitiser is) but against size: a browser's parser repairs bad nesting by copying elements, and a text
/// made for that grows without bound.
/// </summary>
sealed class HtmlBalancer
{
    public const int MaxDepth = 64;

    const int MaxAttributes = 16;

    /// <summary>Elements left open within a line of text that a new block may still begin in.</summary>
    const int MaxOpenInline = 4;

    readonly string _html;
    readonly StringBuilder _output;
    readonly List<string> _open = [];
    int _at;

    HtmlBalancer(string html)
    {
        _html = html;
        _output = new(html.Length + 256);
    }

    public static string Balance(string html) => new HtmlBalancer(html).Run();

    string Run()
    {
        while (_at < _html.Length)
        {
            var tag = _html.IndexOf('<', _at);
            if (tag < 0) tag = _html.Length;
            _output.Append(_html, _at, tag - _at);
            _at = tag;
            if (tag < _html.Length) ReadMarkup(tag + 1 < _html.Length ? _html[tag + 1] : ' ');
        }
        CloseTo(0);
        return _output.ToString();
    }

    void ReadMarkup(char next)
    {
        if (char.IsAsciiLetter(next)) ReadStart();
        else if (next == '/' && _at + 2 < _html.Length && char.IsAsciiLetter(_html[_at + 2])) ReadEnd();
        else if (_html.AsSpan(_at).StartsWith("<!--")) SkipPast("-->", _at + 2);
        else if (next is '!' or '?' or '/') SkipPast(">", _at + 1);
        else
        {
            _output.Append("&lt;");
            _at++;
        }
    }

    /// <summary>What is never closed ends the text: a browser would read it so, and searching again from every tag would not be linear.</summary>
    void SkipPast(string end, int from)
    {
        var found = _html.IndexOf(end, from, StringComparison.Ordinal);
        _at = found < 0 ? _html.Length : found + end.Length;
    }

    void ReadEnd()
    {
        _at += 2;
        var name = ReadName();
        SkipPast(">", _at);
        if (_open.LastIndexOf(name) is var depth and >= 0) CloseTo(depth);
    }

    void ReadStart()
    {
        var start = ++_at;
        var name = ReadName();
        var attributes = new StringBuilder();
        if (!ReadAttributes(attributes, out var hasLink))
        {
            _output.Append("&lt;").Append(_html.AsSpan(start).ToString().Replace("<", "&lt;", StringComparison.Ordinal));
            _at = _html.Length;
            return;
        }
        if (HtmlAllowList.DroppedWithContent.Contains(name)) SkipContent(name);
        else if (HtmlAllowList.Void.Contains(name)) _output.Append('<').Append(name).Append(attributes).Append('>');
        else if (HtmlAllowList.Elements.ContainsKey(name)) Open(name, attributes, isPoint: name == "a" && !hasLink);
    }

    void Open(string name, StringBuilder attributes, bool isPoint)
    {
        if (!CloseImplied(name) || _open.Count >= MaxDepth) return;
        _output.Append('<').Append(name).Append(attributes).Append('>');
        if (isPoint) _output.Append("</a>");           // <a name=x> is often left open: it is a place, not a link
        else _open.Add(name);
    }

    /// <summary>Ends what the new element ends by itself. False when the element may not begin here.</summary>
    bool CloseImplied(string name)
    {
        switch (name)
        {
            case "li": CloseNearest(["li"], ["ul", "ol"]); break;
            case "dt" or "dd": CloseNearest(["dt", "dd"], ["dl"]); break;
            case "td" or "th": CloseNearest(["td", "th"], ["tr", "table"]); break;
            case "tr": CloseNearest(["tr"], ["table", "tbody", "thead", "tfoot"]); break;
            case "thead" or "tbody" or "tfoot": CloseNearest(["thead", "tbody", "tfoot"], ["table"]); break;
            case "a" when _open.Contains("a"):
                if (_open.LastIndexOf("a") is var link && _open.FindLastIndex(open => !HtmlAllowList.Inline.Contains(open)) < link) CloseTo(link);
                else return false;
                break;
        }
        if (HtmlAllowList.Inline.Contains(name)) return true;
        var block = _open.FindLastIndex(open => !HtmlAllowList.Inline.Contains(open));
        if (block >= 0 && _open[block] == "p") CloseTo(block);
        else if (_open.Count - 1 - block > MaxOpenInline) CloseTo(block + 1);
        return true;
    }

    void CloseNearest(string[] names, string[] boundaries)
    {
        for (var i = _open.Count - 1; i >= 0 && !boundaries.Contains(_open[i]); i--)
        {
            if (!names.Contains(_open[i])) continue;
            CloseTo(i);
            return;
        }
    }

    void CloseTo(int depth)
    {
        for (var i = _open.Count - 1; i >= depth; i--) _output.Append("</").Append(_open[i]).Append('>');
        _open.RemoveRange(depth, _open.Count - depth);
    }

    void SkipContent(string name)
    {
        var end = _html.IndexOf("</" + name, _at, StringComparison.OrdinalIgnoreCase);
        _at = end < 0 ? _html.Length : end;
        if (end >= 0) SkipPast(">", end);
    }

    string ReadName()
    {
        var start = _at;
        while (_at < _html.Length && _html[_at] is not (' ' or '\t' or '\n' or '\r' or '\f' or '/' or '>' or '<')) _at++;
        return _at - start > 32 ? "" : _html[start.._at].ToLowerInvariant();
    }

    /// <summary>Copies the attributes that are known, quoted anew. False when the tag never ends.</summary>
    bool ReadAttributes(StringBuilder kept, out bool hasLink)
    {
        var count = 0;
        hasLink = false;
        while (_at < _html.Length)
        {
            var c = _html[_at];
            if (c == '>')
            {
                _at++;
                return true;
            }
            if (c is ' ' or '\t' or '\n' or '\r' or '\f' or '/')
            {
                _at++;
                continue;
            }
            var start = _at++;
            while (_at < _html.Length && _html[_at] is not (' ' or '\t' or '\n' or '\r' or '\f' or '/' or '>' or '=')) _at++;
            var nameLength = _at - start;
            if (!TryReadValue(out var value)) return false;
            if (nameLength > 16 || count >= MaxAttributes) continue;
            var name = _html.Substring(start, nameLength).ToLowerInvariant();
            if (!HtmlAllowList.Attributes.Contains(name)) continue;
            count++;
            hasLink |= name == "href";
            kept.Append(' ').Append(name).Append("=\"").Append(value.ToString().Replace("\"", "&quot;", StringComparison.Ordinal)).Append('"');
        }
        return false;
    }

    bool TryReadValue(out ReadOnlySpan<char> value)
    {
        value = default;
        SkipSpace();
        if (_at >= _html.Length || _html[_at] != '=') return true;
        _at++;
        SkipSpace();
        if (_at >= _html.Length) return false;
        var quote = _html[_at];
        if (quote is not ('"' or '\''))
        {
            var start = _at;
            while (_at < _html.Length && _html[_at] is not (' ' or '\t' or '\n' or '\r' or '\f' or '>')) _at++;
            value = _html.AsSpan(start, _at - start);
            return true;
        }
        var end = _html.IndexOf(quote, _at + 1);
        if (end < 0) return false;
        value = _html.AsSpan(_at + 1, end - _at - 1);
        _at = end + 1;
        return true;
    }

    void SkipSpace()
    {
        while (_at < _html.Length && _html[_at] is ' ' or '\t' or '\n' or '\r' or '\f') _at++;
    }
}
