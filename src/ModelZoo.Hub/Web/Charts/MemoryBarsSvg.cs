namespace ModelZoo.Hub.Web.Charts;

/// <summary>Draws stacked bars, one below the other, and the capacity as a mark on each.</summary>
static class MemoryBarsSvg
{
    const double RowHeight = 40;
    const double BarHeight = 14;

    public static string Draw(MemoryBars bars)
    {
        double head = bars.CapacityBytes is > 0 ? 20 : 4, height = head + bars.Bars.Count * RowHeight;
        var canvas = new SvgCanvas(height, bars.Finding);
        var most = Math.Max(bars.CapacityBytes ?? 0, bars.Bars.Count > 0 ? bars.Bars.Max(bar => bar.TotalBytes) : 1);
        // A bar many times the capacity would press the line against the edge: it is cut, and its words say how long it is.
        if (bars.CapacityBytes is > 0 and var room) most = Math.Min(most, 6 * room);
        var scale = most > 0 ? 99 / most : 0;
        for (var i = 0; i < bars.Bars.Count; i++)
        {
            var bar = head + i * RowHeight + 18;
            DrawBar(canvas, bars.Bars[i], head + i * RowHeight, scale);
            if (bars.CapacityBytes is > 0 and var line) canvas.Line(line * scale, bar - 3, line * scale, bar + BarHeight + 3, "limit");
        }
        if (bars.CapacityBytes is > 0 and var capacity)
        {
            var at = capacity * scale;
            var isRight = at > 50;
            canvas.Text(at, 11, $"{Amount.Bytes(capacity)} usable", "strong", isRight ? "end" : null);
        }
        return canvas.End();
    }

    static void DrawBar(SvgCanvas canvas, MemoryBar bar, double top, double scale)
    {
        var (x, total) = (0.0, bar.TotalBytes);
        canvas.Text(0, top + 12, bar.Label, bar.IsChosen ? "strong" : null);
        canvas.Text(100, top + 12, Amount.Bytes(total) + bar.Fits switch { true => ", fits", false => ", does not fit", null => "" }, bar.IsChosen ? "strong" : null, "end");
        foreach (var part in bar.Parts.Where(part => part.SizeBytes > 0))
        {
            var width = Math.Min(part.SizeBytes * scale, 100 - x);
            if (width <= 0) break;
            canvas.Rect(x, top + 18, width, BarHeight, $"fill k{Math.Abs(part.Kind) % 6 + 1}");
            x += width;
        }
    }
}
