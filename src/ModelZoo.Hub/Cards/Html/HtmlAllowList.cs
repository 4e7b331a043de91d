using System.Collections.Frozen;

namespace ModelZoo.Hub.Cards;

/// <summary>The HTML a card may hold. What is not named here does not come through.</summary>
static class HtmlAllowList
{
    static readonly string[] None = [];
    static readonly string[] Cell = ["align", "colspan", "rowspan", "style"];

    /// <summary>Elements, each with the attributes it may have beside the common ones.</summary>
    public static readonly FrozenDictionary<string, string[]> Elements = new Dictionary<string, string[]>(StringComparer.Ordinal)
    {
        ["a"] = ["href", "name"], ["img"] = ["src", "alt", "width", "height", "align"], ["input"] = ["type", "checked"],
        ["td"] = Cell, ["th"] = Cell, ["ol"] = ["start"], ["details"] = ["open"], ["p"] = ["align"], ["div"] = ["align"],
        ["h1"] = ["align"], ["h2"] = ["align"], ["h3"] = ["align"], ["h4"] = ["align"], ["h5"] = ["align"], ["h6"] = ["align"],
        ["table"] = ["align"], ["tr"] = ["align"], ["thead"] = None, ["tbody"] = None, ["tfoot"] = None, ["caption"] = None,
        ["col"] = None, ["colgroup"] = None, ["ul"] = None, ["li"] = None, ["dl"] = None, ["dt"] = None, ["dd"] = None,
        ["blockquote"] = None, ["pre"] = None, ["section"] = None, ["summary"] = None, ["figure"] = None, ["figcaption"] = None, ["center"] = None,
        ["abbr"] = None, ["b"] = None, ["bdi"] = None, ["bdo"] = None, ["br"] = None, ["cite"] = None, ["code"] = None, ["del"] = None, ["dfn"] = None,
        ["em"] = None, ["hr"] = None, ["i"] = None, ["ins"] = None, ["kbd"] = None, ["mark"] = None, ["q"] = None, ["rp"] = None, ["rt"] = None,
        ["ruby"] = None, ["s"] = None, ["samp"] = None, ["small"] = None, ["span"] = None, ["strike"] = None, ["strong"] = None, ["sub"] = None,
        ["sup"] = None, ["time"] = None, ["tt"] = None, ["u"] = None, ["var"] = None, ["wbr"] = None,
    }.ToFrozenDictionary(StringComparer.Ordinal);

    public static readonly FrozenSet<string> Common = FrozenSet.ToFrozenSet(["id", "title", "lang", "dir", "class"]);

    /// <summary>Every attribute that some element may have; the parser need not see the others.</summary>
    public static readonly FrozenSet<string> Attributes = Elements.Values.SelectMany(names => names).Concat(Common).ToFrozenSet(StringComparer.Ordinal);

    public static readonly FrozenSet<string> Void = FrozenSet.ToFrozenSet(["br", "hr", "img", "input", "wbr", "col"]);

    /// <summary>Elements that run within a line.</summary>
    public static readonly FrozenSet<string> Inline = FrozenSet.ToFrozenSet(
    [
        "a", "abbr", "b", "bdi", "bdo", "cite", "code", "del", "dfn", "em", "i", "ins", "kbd", "mark", "q", "rp", "rt", "ruby", "s", "samp", "small", "span",
        "strike", "strong", "sub", "sup", "time", "tt", "u", "var",
    ]);

    /// <summary>Elements whose content is no text for people; others that are not allowed leave their text behind.</summary>
    public static readonly FrozenSet<string> DroppedWithContent = FrozenSet.ToFrozenSet(
    [
        "script", "style", "iframe", "object", "embed", "applet", "svg", "math", "template", "noscript", "noembed", "noframes", "xmp", "plaintext", "textarea",
        "title", "select", "audio", "video", "canvas", "head", "frameset",
    ]);

    /// <summary>Classes that the renderer itself makes and the stylesheet knows.</summary>
    public static readonly FrozenSet<string> Classes = FrozenSet.ToFrozenSet(
    [
        "task-list-item", "contains-task-list", "footnotes", "footnote-ref", "footnote-back-ref", "markdown-alert", "markdown-alert-title",
        "markdown-alert-note", "markdown-alert-tip", "markdown-alert-important", "markdown-alert-warning", "markdown-alert-caution",
    ]);

    public static bool Allows(string element, string attribute) =>
        Elements.TryGetValue(element, out var own) && (Common.Contains(attribute) || own.Contains(attribute));
}
