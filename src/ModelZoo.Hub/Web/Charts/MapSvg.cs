namespace ModelZoo.Hub.Web.Charts;

/// <summary>Draws a map of weight space, and how much each direction explains.</summary>
static class MapSvg
{
    const double Height = 380;

    public static string Draw(MapPlot plot)
    {
        double top = 10, bottom = Height - 36;
        var canvas = new SvgCanvas(Height, plot.Finding);
        var x = LinearScale.Around(plot.Points.Select(point => point.X), 0.05, 1, 99);
        var y = LinearScale.Around(plot.Points.Select(point => point.Y), 0.05, bottom, top);
        foreach (var tick in y.Ticks(5)) canvas.Line(0, y.At(tick), 100, y.At(tick), "axis");
        foreach (var tick in x.Ticks(5))
        {
            canvas.Line(x.At(tick), top, x.At(tick), bottom, "axis");
            if (x.At(tick) is > 4 and < 96) canvas.Text(x.At(tick), bottom + 14, Amount.Plain(tick), "tick", "middle");
        }
        foreach (var tick in y.Ticks(5))
            if (y.At(tick) < bottom - 14) canvas.Text(0, y.At(tick) - 4, Amount.Plain(tick), "tick");
        canvas.Line(0, bottom, 100, bottom, "base");
        canvas.Text(100, bottom + 31, plot.AcrossAxis, anchor: "end");
        canvas.Text(0, bottom + 31, "up: " + plot.UpAxis);
        canvas.DefineMarks();
        foreach (var group in plot.Points.GroupBy(point => point.Group).OrderBy(group => group.Key))
        {
            canvas.BeginGroup(group.Key < 0 ? "mark pale" : $"mark k{MapMarks.Color(group.Key) + 1}");
            foreach (var point in group) canvas.Use(x.At(point.X), y.At(point.Y), group.Key < 0 ? 0 : MapMarks.Shape(group.Key), point.Name);
            canvas.EndGroup();
        }
        return canvas.End();
    }

    public static string Draw(ScreePlot plot)
    {
        double top = 20, bottom = 120;
        var canvas = new SvgCanvas(bottom + 20, plot.Finding);
        var (count, most) = (Math.Max(1, plot.Shares.Count), Math.Max(1e-9, plot.Shares.DefaultIfEmpty(0).Max()));
        for (var i = 0; i < plot.Shares.Count; i++)
        {
            var (share, left, wide) = (Math.Clamp(plot.Shares[i], 0, most), 100.0 * i / count, 100.0 / count);
            var height = (bottom - top) * share / most;
            canvas.Rect(left + wide * 0.1, bottom - height, wide * 0.8, height, "fill k1");
            canvas.Text(left + wide / 2, bottom - height - 4, (share * 100).ToString(share < 0.0995 ? "0.0" : "0", System.Globalization.CultureInfo.InvariantCulture), "point", "middle");
            canvas.Text(left + wide / 2, bottom + 15, (i + 1).ToString(System.Globalization.CultureInfo.InvariantCulture), "tick", "middle");
        }
        canvas.Line(0, bottom, 100, bottom, "base");
        return canvas.End();
    }
}
