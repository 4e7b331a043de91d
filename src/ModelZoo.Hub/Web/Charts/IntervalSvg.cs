namespace ModelZoo.Hub.Web.Charts;

/// <summary>Draws scores below one another, each with its interval: intervals that overlap are no proof of a difference.</summary>
static class IntervalSvg
{
    const double RowHeight = 34;

    public static string Draw(IntervalPlot plot)
    {
        var height = plot.Lines.Count * RowHeight + 24;
        var canvas = new SvgCanvas(height, plot.Finding);
        var x = LinearScale.Around(plot.Lines.SelectMany(line => new[] { line.Value, line.Low ?? line.Value, line.High ?? line.Value }), 0.06, 1, 99);
        foreach (var tick in x.Ticks(4))
        {
            canvas.Line(x.At(tick), 0, x.At(tick), height - 20, "axis");
            if (x.At(tick) is > 4 and < 96) canvas.Text(x.At(tick), height - 6, Amount.Plain(tick), "tick", "middle");
        }
        for (var i = 0; i < plot.Lines.Count; i++)
        {
            var (line, at) = (plot.Lines[i], i * RowHeight + 24);
            canvas.Text(0, at - 10, line.Name, i == 0 ? "strong" : null);
            canvas.Text(100, at - 10, line.Text, null, "end");
            if (line is { Low: { } low, High: { } high })
            {
                canvas.Line(x.At(low), at, x.At(high), at, $"line k{line.Group % 6 + 1}");
                canvas.Line(x.At(low), at - 4, x.At(low), at + 4, "base");
                canvas.Line(x.At(high), at - 4, x.At(high), at + 4, "base");
            }
            canvas.Mark(x.At(line.Value), at, line.Group, $"mark k{line.Group % 6 + 1}", $"{line.Name}: {line.Text}, {plot.Groups[line.Group % plot.Groups.Count]}");
        }
        return canvas.End();
    }
}
