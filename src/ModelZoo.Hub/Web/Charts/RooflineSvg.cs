namespace ModelZoo.Hub.Web.Charts;

/// <summary>Draws a roofline: both axes logarithmic, the memory's slope, a roof for each rate, a mark for each point.</summary>
static class RooflineSvg
{
    public static string Draw(RooflinePlot plot)
    {
        double height = plot.IsSmall ? 170 : 320, top = 12, bottom = height - (plot.IsSmall ? 20 : 38);
        var canvas = new SvgCanvas(height, plot.Finding);
        var highest = plot.Roofs.Count > 0 ? plot.Roofs.Max(roof => roof.Rate) : 1;
        var bandwidth = plot.Bandwidth > 0 ? plot.Bandwidth : 1;
        var x = LogScale.Around([.. plot.Points.Select(point => point.Intensity), highest / bandwidth], 4, 12, 0, 100);
        var y = LogScale.Around([.. plot.Points.Select(point => point.Rate), .. plot.Roofs.Select(roof => roof.Rate), bandwidth * x.Low], 3, 2.6, bottom, top);
        var places = new LabelPlaces();
        DrawGrid(canvas, plot, x, y, places, bottom);
        DrawCeilings(canvas, plot, x, y, places, bandwidth, highest);
        DrawPoints(canvas, plot, x, y, places);
        NameSlope(canvas, x, y, places, bandwidth, highest);
        return canvas.End();
    }

    static void DrawGrid(SvgCanvas canvas, RooflinePlot plot, LogScale x, LogScale y, LabelPlaces places, double bottom)
    {
        foreach (var tick in x.Decades(plot.IsSmall ? 4 : 6))
        {
            canvas.Line(x.At(tick), y.To, x.At(tick), bottom, "axis");
            if (x.At(tick) is > 4 and < 96) canvas.Text(x.At(tick), bottom + 15, Amount.Plain(tick), anchor: "middle");
        }
        foreach (var tick in y.Decades(plot.IsSmall ? 3 : 5))
        {
            canvas.Line(0, y.At(tick), 100, y.At(tick), "axis");
            var words = Amount.Rate(tick);
            if (!plot.IsSmall && places.TryTake(0, y.At(tick) - 4, words, isEnd: false)) canvas.Text(0, y.At(tick) - 4, words, "tick");
        }
        canvas.Line(0, bottom, 100, bottom, "base");
        places.Take(0, 100, bottom - 3, bottom + 40);
        if (!plot.IsSmall) canvas.Text(100, bottom + 33, "FLOP per byte moved", anchor: "end");
    }

    static void DrawCeilings(SvgCanvas canvas, RooflinePlot plot, LogScale x, LogScale y, LabelPlaces places, double bandwidth, double highest)
    {
        canvas.Line(0, y.At(bandwidth * x.Low), x.At(highest / bandwidth), y.At(highest), "roof used");
        foreach (var roof in plot.Roofs.OrderByDescending(roof => roof.IsUsed).ThenByDescending(roof => roof.Rate))
        {
            var at = y.At(roof.Rate);
            canvas.Line(x.At(roof.Rate / bandwidth), at, 100, at, roof.IsUsed ? "roof used" : "roof");
            var words = plot.IsSmall ? roof.Formats.Split(',')[0] : $"{roof.Formats} {Amount.Rate(roof.Rate)}";
            if ((!plot.IsSmall || roof.IsUsed) && places.TryTake(100, at - 4, words, isEnd: true)) canvas.Text(100, at - 4, words, roof.IsUsed ? "strong" : null, "end");
        }
    }

    static void DrawPoints(SvgCanvas canvas, RooflinePlot plot, LogScale x, LogScale y, LabelPlaces places)
    {
        foreach (var point in plot.Points) places.Take(x.At(point.Intensity) - 1.6, x.At(point.Intensity) + 1.6, y.At(point.Rate) - 5, y.At(point.Rate) + 5);
        foreach (var point in plot.Points)
        {
            var (left, down) = (x.At(point.Intensity), y.At(point.Rate));
            canvas.Mark(left, down, point.Group, $"mark k{point.Group % 6 + 1}", $"{point.Name}: {Amount.Plain(point.Intensity)} FLOP per byte, {Amount.Rate(point.Rate)}, {point.Bound}");
            if (plot.IsSmall) continue;
            foreach (var (aside, below, isEnd) in ((double, double, bool)[])[(3, 5, false), (-3, 5, true), (2, 17, false), (-2, -8, true), (-2, 17, true), (2, -8, false)])
            {
                if (!places.TryTake(left + aside, down + below, point.Name, isEnd)) continue;
                canvas.Text(left + aside, down + below, point.Name, "point", isEnd ? "end" : null);
                break;
            }
        }
    }

    /// <summary>Beside the slope, at the first place along it that is free.</summary>
    static void NameSlope(SvgCanvas canvas, LogScale x, LogScale y, LabelPlaces places, double bandwidth, double highest)
    {
        var words = Amount.Bandwidth(bandwidth);
        foreach (var share in (double[])[0.2, 0.35, 0.5, 0.65, 0.8, 0.08])
        {
            var at = Math.Pow(10, Math.Log10(x.Low) + share * (Math.Log10(highest / bandwidth) - Math.Log10(x.Low)));
            if (!places.TryTake(x.At(at) + 3, y.At(bandwidth * at) + 14, words, isEnd: false)) continue;
            canvas.Text(x.At(at) + 3, y.At(bandwidth * at) + 14, words, "strong");
            return;
        }
    }
}
