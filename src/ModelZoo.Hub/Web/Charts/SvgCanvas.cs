using System.Globalization;
using System.Net;
using System.Text;

namespace ModelZoo.Hub.Web.Charts;

/// <summary>
/// Writes one chart. Across, everything is in per cent of the width, so that a chart fits any column while its words keep their size; down, it is in
/// pixels. Colours and strokes are classes of charts.css.
/// </summary>
sealed class SvgCanvas
{
    /// <summary>Marks differ in shape as well as in colour: disc, diamond, triangle, square, bar, cross.</summary>
    static readonly string[] s_marks =
    [
        "M-4 0a4 4 0 1 0 8 0a4 4 0 1 0-8 0z", "M0-5.5L5.5 0 0 5.5-5.5 0z", "M0-5L5 4H-5z", "M-4-4H4V4H-4z", "M-6-2.5H6V2.5H-6z", "M-1.5-5h3v3.5H5v3H1.5V5h-3V1.5H-5v-3h3.5z",
    ];

    /// <summary>The path of a mark, within 6 px of its middle.</summary>
    public static string MarkOf(int shape) => s_marks[shape % s_marks.Length];

    readonly StringBuilder _svg = new();

    /// <summary>Words come last, so that no line runs through them.</summary>
    readonly StringBuilder _words = new();

    /// <param name="finding">What the chart shows, in a sentence, for those who do not see it.</param>
    public SvgCanvas(double height, string finding) =>
        _svg.Append(CultureInfo.InvariantCulture, $"<svg class=\"chart\" height=\"{Number(height)}\" role=\"img\" aria-label=\"{Escape(finding)}\">\n");

    /// <summary>A chart without words of its own, stretched to the width: <paramref name="units"/> across.</summary>
    public SvgCanvas(double units, double height, string finding) =>
        _svg.Append(CultureInfo.InvariantCulture, $"<svg class=\"chart\" height=\"{Number(height)}\" viewBox=\"0 0 {Number(units)} {Number(height)}\" preserveAspectRatio=\"none\" role=\"img\" aria-label=\"{Escape(finding)}\">\n");

    public void Line(double x1, double y1, double x2, double y2, string of) =>
        _svg.Append(CultureInfo.InvariantCulture, $"<line class=\"{of}\" x1=\"{Number(x1)}%\" y1=\"{Number(y1)}\" x2=\"{Number(x2)}%\" y2=\"{Number(y2)}\"/>\n");

    public void Rect(double x, double y, double width, double height, string of) =>
        _svg.Append(CultureInfo.InvariantCulture, $"<rect class=\"{of}\" x=\"{Number(x)}%\" y=\"{Number(y)}\" width=\"{Number(width)}%\" height=\"{Number(height)}\"/>\n");

    public void Text(double x, double y, string words, string? of = null, string? anchor = null)
    {
        var how = (of is null ? "" : $" class=\"{of}\"") + (anchor is null ? "" : $" text-anchor=\"{anchor}\"");
        _words.Append(CultureInfo.InvariantCulture, $"<text x=\"{Number(x)}%\" y=\"{Number(y)}\"{how}>{Escape(words)}</text>\n");
    }

    public void Mark(double x, double y, int shape, string of, string title) =>
        _svg.Append(CultureInfo.InvariantCulture, $"<svg x=\"{Number(x)}%\" y=\"{Number(y)}\"><path class=\"{of}\" d=\"{s_marks[shape % s_marks.Length]}\"><title>{Escape(title)}</title></path></svg>\n");

    /// <summary>Marks by the hundred: each shape is written once, each mark refers to it. Their ids belong to the page, so one chart of a page may do so.</summary>
    public void DefineMarks()
    {
        _svg.Append("<defs>");
        for (var i = 0; i < s_marks.Length; i++) _svg.Append(CultureInfo.InvariantCulture, $"<path id=\"mark{i}\" d=\"{s_marks[i]}\"/>");
        _svg.Append("</defs>\n");
    }

    /// <summary>A mark of <see cref="DefineMarks"/>, in the class of the group it is in.</summary>
    public void Use(double x, double y, int shape, string title) =>
        _svg.Append(CultureInfo.InvariantCulture, $"<use href=\"#mark{shape % s_marks.Length}\" x=\"{Number(x)}%\" y=\"{Number(y)}\"><title>{Escape(title)}</title></use>\n");

    public void BeginGroup(string of) => _svg.Append(CultureInfo.InvariantCulture, $"<g class=\"{of}\">\n");

    public void EndGroup() => _svg.Append("</g>\n");

    /// <summary>A part across the whole width whose paths count in units of their own: <paramref name="units"/> across, <paramref name="rows"/> down, in so many pixels.</summary>
    public void BeginStretched(double units, double rows, double top, double pixels, string of) =>
        _svg.Append(CultureInfo.InvariantCulture, $"<svg class=\"{of}\" y=\"{Number(top)}\" width=\"100%\" height=\"{Number(pixels)}\" viewBox=\"0 0 {Number(units)} {Number(rows)}\" preserveAspectRatio=\"none\">\n");

    public void EndStretched() => _svg.Append("</svg>\n");

    public void Path(string of, string d) => _svg.Append(CultureInfo.InvariantCulture, $"<path class=\"{of}\" d=\"{d}\"/>\n");

    /// <summary>The text of the SVG. The canvas is not written to again.</summary>
    public string End() => _svg.Append(_words).Append("</svg>").ToString();

    /// <summary>Two decimals are a hundredth of a pixel or of a per cent: more than any screen shows.</summary>
    public static string Number(double value) => double.IsFinite(value) ? Math.Round(value, 2).ToString("0.##", CultureInfo.InvariantCulture) : "0";

    static string Escape(string text) => WebUtility.HtmlEncode(text);
}
