using System.Globalization;

namespace ModelZoo.Hub.Web.Charts;

/// <summary>Draws results over time: faint marks for all, strong ones and a step line for records, which alone have names.</summary>
static class FrontierSvg
{
    const double Height = 280;

    public static string Draw(FrontierPlot plot)
    {
        double top = 14, bottom = Height - 38;
        var canvas = new SvgCanvas(Height, plot.Finding);
        var x = LinearScale.Around(plot.Dots.Select(dot => (double)dot.At.ToUnixTimeSeconds()), 0.06, 0, 100);
        var y = LinearScale.Around(plot.Dots.Select(dot => dot.Value), 0.12, bottom, top);
        var places = new LabelPlaces();
        foreach (var tick in y.Ticks(5))
        {
            canvas.Line(0, y.At(tick), 100, y.At(tick), "axis");
            if (places.TryTake(0, y.At(tick) - 4, Amount.Plain(tick), isEnd: false)) canvas.Text(0, y.At(tick) - 4, Amount.Plain(tick), "tick");
        }
        canvas.Line(0, bottom, 100, bottom, "base");
        places.Take(0, 100, bottom - 2, bottom + 40);
        if (plot.Dots.Count > 0)
        {
            canvas.Text(0, bottom + 17, Day(plot.Dots.Min(dot => dot.At)));
            canvas.Text(100, bottom + 17, Day(plot.Dots.Max(dot => dot.At)), anchor: "end");
        }
        canvas.Text(0, bottom + 33, $"{plot.Metric}, {(plot.HigherIsBetter ? "higher" : "lower")} is better");
        TimeDot? best = null;
        foreach (var record in plot.Dots.Where(dot => dot.IsRecord).OrderBy(dot => dot.At))
        {
            if (best is not null)
            {
                canvas.Line(X(best), y.At(best.Value), X(record), y.At(best.Value), "roof used");
                canvas.Line(X(record), y.At(best.Value), X(record), y.At(record.Value), "roof used");
            }
            best = record;
        }
        if (best is not null) canvas.Line(X(best), y.At(best.Value), 100, y.At(best.Value), "roof used");
        foreach (var dot in plot.Dots) places.Take(X(dot) - 1.6, X(dot) + 1.6, y.At(dot.Value) - 5, y.At(dot.Value) + 5);
        foreach (var dot in plot.Dots.OrderBy(dot => dot.IsRecord))
        {
            canvas.Mark(X(dot), y.At(dot.Value), dot.Group, $"mark k{dot.Group % 6 + 1}{(dot.IsRecord ? "" : " pale")}", $"{dot.Name}: {dot.ValueText}, {Day(dot.At)}, {ScoreMarksKey.Words[dot.Group % 5]}");
            if (!dot.IsRecord) continue;
            foreach (var (aside, below, isEnd) in ((double, double, bool)[])[(-2, -8, true), (2, 17, false), (3, 5, false), (-3, 5, true), (2, -8, false)])
            {
                if (!places.TryTake(X(dot) + aside, y.At(dot.Value) + below, dot.Name, isEnd)) continue;
                canvas.Text(X(dot) + aside, y.At(dot.Value) + below, dot.Name, "point", isEnd ? "end" : null);
                break;
            }
        }
        return canvas.End();

        double X(TimeDot dot) => x.At(dot.At.ToUnixTimeSeconds());
    }

    static string Day(DateTimeOffset at) => at.UtcDateTime.ToString("d MMM yyyy", CultureInfo.InvariantCulture);
}
