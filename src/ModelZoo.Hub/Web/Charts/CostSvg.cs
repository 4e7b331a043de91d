namespace ModelZoo.Hub.Web.Charts;

/// <summary>Draws quality over cost: a mark for each model, the Pareto front as steps, names where there is room.</summary>
static class CostSvg
{
    const double Height = 300;

    public static string Draw(CostPlot plot)
    {
        double top = 14, bottom = Height - 40;
        var canvas = new SvgCanvas(Height, plot.Finding);
        var x = LogScale.Around(plot.Dots.Select(dot => dot.Cost), 1.6, 1.6, 0, 100);
        var y = LinearScale.Around(plot.Dots.Select(dot => dot.Value), 0.12, bottom, top);
        var places = new LabelPlaces();
        foreach (var tick in y.Ticks(5))
        {
            canvas.Line(0, y.At(tick), 100, y.At(tick), "axis");
            if (places.TryTake(0, y.At(tick) - 4, Amount.Plain(tick), isEnd: false)) canvas.Text(0, y.At(tick) - 4, Amount.Plain(tick), "tick");
        }
        foreach (var tick in x.Decades(6))
        {
            canvas.Line(x.At(tick), bottom, x.At(tick), bottom + 4, "base");
            if (x.At(tick) is > 4 and < 96) canvas.Text(x.At(tick), bottom + 17, Amount.Parameters(tick), anchor: "middle");
        }
        canvas.Line(0, bottom, 100, bottom, "base");
        places.Take(0, 100, bottom - 2, bottom + 40);
        canvas.Text(100, bottom + 34, $"{plot.Axis}, less is better", anchor: "end");
        canvas.Text(0, bottom + 34, $"{plot.Metric}, {(plot.HigherIsBetter ? "higher" : "lower")} is better");
        DrawFront(canvas, plot, x, y);
        foreach (var dot in plot.Dots) places.Take(x.At(dot.Cost) - 1.6, x.At(dot.Cost) + 1.6, y.At(dot.Value) - 5, y.At(dot.Value) + 5);
        foreach (var dot in plot.Dots)
        {
            var (left, down) = (x.At(dot.Cost), y.At(dot.Value));
            canvas.Mark(left, down, dot.Group, $"mark k{dot.Group % 6 + 1}{(dot.IsOnFront ? "" : " pale")}", $"{dot.Name}: {dot.ValueText} at {dot.CostText}, {ScoreMarksKey.Words[dot.Group % 5]}");
            if (!dot.IsOnFront) continue;
            foreach (var (aside, below, isEnd) in ((double, double, bool)[])[(3, 5, false), (-3, 5, true), (2, 17, false), (-2, -8, true), (2, -8, false), (-2, 17, true)])
            {
                if (!places.TryTake(left + aside, down + below, dot.Name, isEnd)) continue;
                canvas.Text(left + aside, down + below, dot.Name, "point", isEnd ? "end" : null);
                break;
            }
        }
        return canvas.End();
    }

    static void DrawFront(SvgCanvas canvas, CostPlot plot, LogScale x, LinearScale y)
    {
        CostDot? before = null;
        foreach (var dot in plot.Dots.Where(dot => dot.IsOnFront).OrderBy(dot => dot.Cost))
        {
            if (before is not null)
            {
                canvas.Line(x.At(before.Cost), y.At(before.Value), x.At(dot.Cost), y.At(before.Value), "roof used");
                canvas.Line(x.At(dot.Cost), y.At(before.Value), x.At(dot.Cost), y.At(dot.Value), "roof used");
            }
            before = dot;
        }
        if (before is not null) canvas.Line(x.At(before.Cost), y.At(before.Value), 100, y.At(before.Value), "roof");
    }
}
