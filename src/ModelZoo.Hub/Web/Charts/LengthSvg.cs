namespace ModelZoo.Hub.Web.Charts;

/// <summary>Draws bytes over lengths, both logarithmic: a full cache is a straight line, windows bend it, a fixed state is level.</summary>
static class LengthSvg
{
    const double Height = 280;

    public static string Draw(LengthPlot plot)
    {
        double top = 12, bottom = Height - 38;
        var canvas = new SvgCanvas(Height, plot.Finding);
        var x = LogScale.Around(plot.Lengths, 1, 1, 0, 100);
        var y = LogScale.Around([.. plot.Lines.SelectMany(line => line.SizesBytes), plot.RoomBytes ?? 0], 1.6, 2, bottom, top);
        var places = new LabelPlaces();
        foreach (var tick in y.Decades(5))
        {
            canvas.Line(0, y.At(tick), 100, y.At(tick), "axis");
            if (places.TryTake(0, y.At(tick) - 4, Amount.Bytes(tick), isEnd: false)) canvas.Text(0, y.At(tick) - 4, Amount.Bytes(tick), "tick");
        }
        for (var i = 0; i < plot.Lengths.Count; i++)
        {
            var at = x.At(plot.Lengths[i]);
            canvas.Line(at, bottom, at, bottom + 4, "base");
            if (i % 3 == 0 && at < 97) canvas.Text(at, bottom + 17, Amount.Tokens(plot.Lengths[i]), anchor: at < 4 ? null : "middle");
        }
        canvas.Line(0, bottom, 100, bottom, "base");
        canvas.Text(100, bottom + 33, "tokens in the context", anchor: "end");
        if (plot.RoomBytes is > 0 and var room)
        {
            canvas.Line(0, y.At(room), 100, y.At(room), "limit");
            var words = $"room beside the weights {Amount.Bytes(room)}";
            foreach (var above in (double[])[-5, 13])
            {
                if (!places.TryTake(100, y.At(room) + above, words, isEnd: true)) continue;
                canvas.Text(100, y.At(room) + above, words, "strong", "end");
                break;
            }
        }
        if (plot.LongestTokens is { } longest && x.At(longest) is > 5 and < 99.5 and var end) canvas.Line(end, y.To, end, bottom, "edge");
        var color = 0;
        foreach (var line in plot.Lines) DrawLine(canvas, plot, line, x, y, places, line.IsReference ? 0 : color++);
        return canvas.End();
    }

    static void DrawLine(SvgCanvas canvas, LengthPlot plot, LengthLine line, LogScale x, LogScale y, LabelPlaces places, int color)
    {
        var count = Math.Min(plot.Lengths.Count, line.SizesBytes.Count);
        var of = line.IsReference ? "line reference" : $"line k{color % 6 + 1}";
        var from = 0;
        for (var i = 1; i < count; i++)
        {
            // Points on one straight line are drawn as that line.
            if (i + 1 < count && Math.Abs(Slope(from, i) - Slope(i, i + 1)) < 0.01) continue;
            if (line.SizesBytes[i] > 0) canvas.Line(x.At(plot.Lengths[from]), y.At(line.SizesBytes[from]), x.At(plot.Lengths[i]), y.At(line.SizesBytes[i]), of);
            from = i;
        }
        if (count == 0) return;
        // The name stands at the end of its line, or where there is room before it.
        for (var i = count - 1; i >= count / 2; i--)
        {
            var (left, down) = (x.At(plot.Lengths[i]), y.At(line.SizesBytes[i]));
            foreach (var above in (double[])[-7, 16])
                if (places.TryTake(left - 1, down + above, line.Name, isEnd: true))
                {
                    canvas.Text(left - 1, down + above, line.Name, line.IsReference ? null : "point", "end");
                    return;
                }
        }

        double Slope(int a, int b) => (y.At(line.SizesBytes[b]) - y.At(line.SizesBytes[a])) / Math.Max(1e-9, x.At(plot.Lengths[b]) - x.At(plot.Lengths[a]));
    }
}
