using System.Globalization;
using System.Text;

namespace ModelZoo.Hub.Web.Charts;

/// <summary>Draws training curves: every member thin, the middle half as a band, the median strong.</summary>
static class CurveSvg
{
    const double Height = 218;

    /// <summary>Steps across and down of the stretched part. Whole ones: a path of a member costs some five characters a point.</summary>
    const int Units = 500;
    const int Rows = 400;

    public static string Draw(CurvePlot plot)
    {
        double top = 32, bottom = Height - 20;
        var canvas = new SvgCanvas(Height, plot.Finding);
        var y = new LinearScale(plot.Low, plot.High, bottom, top);
        var places = new LabelPlaces();
        canvas.Text(0, 11, plot.Title, "strong");
        foreach (var tick in y.Ticks(4))
        {
            canvas.Line(0, y.At(tick), 100, y.At(tick), "axis");
            if (places.TryTake(0, y.At(tick) - 4, Amount.Plain(tick), isEnd: false)) canvas.Text(0, y.At(tick) - 4, Amount.Plain(tick), "tick");
        }
        canvas.Line(0, bottom, 100, bottom, "base");
        canvas.Text(0, bottom + 15, "epoch 0", "tick");
        canvas.Text(100, bottom + 15, plot.LastEpoch.ToString(CultureInfo.InvariantCulture), "tick", "end");
        canvas.BeginStretched(Units, Rows, top, bottom - top, $"curves k{plot.Group % 6 + 1}");
        if (Band(plot) is { Length: > 0 } band) canvas.Path("band", band);
        var lines = new StringBuilder();
        foreach (var line in plot.Lines) Append(lines, plot, line);
        if (lines.Length > 0) canvas.Path("thin", lines.ToString());
        var median = new StringBuilder();
        Append(median, plot, [.. plot.Bands.Select(band => new CurvePoint(band.Epoch, band.Median))]);
        if (median.Length > 0) canvas.Path("median", median.ToString());
        canvas.EndStretched();
        if (plot.Bands is [_, .., var last] && double.IsFinite(last.Median) && Math.Abs(last.Median) < 1e6) canvas.Text(100, Math.Clamp(y.At(last.Median) - 6, top + 10, bottom - 4), last.Median.ToString(Math.Abs(last.Median) < 100 ? "0.000" : "0.0", CultureInfo.InvariantCulture), "point", "end");
        return canvas.End();
    }

    static string Band(CurvePlot plot)
    {
        if (plot.Bands.Count < 2) return "";
        var path = new StringBuilder();
        foreach (var band in plot.Bands) path.Append(CultureInfo.InvariantCulture, $"{(path.Length == 0 ? 'M' : 'L')}{X(plot, band.Epoch)} {Y(plot, band.High)}");
        foreach (var band in plot.Bands.Reverse()) path.Append(CultureInfo.InvariantCulture, $"L{X(plot, band.Epoch)} {Y(plot, band.Low)}");
        return path.Append('z').ToString();
    }

    /// <summary>A line from point to point, each told by its distance from the one before.</summary>
    static void Append(StringBuilder path, CurvePlot plot, IReadOnlyList<CurvePoint> points)
    {
        if (points.Count < 2) return;
        var (x, y) = (X(plot, points[0].Epoch), Y(plot, points[0].Value));
        path.Append(CultureInfo.InvariantCulture, $"M{x} {y}l");
        for (var i = 1; i < points.Count; i++)
        {
            var (nextX, nextY) = (X(plot, points[i].Epoch), Y(plot, points[i].Value));
            var (dx, dy) = (nextX - x, nextY - y);
            if (i > 1) path.Append(' ');
            path.Append(CultureInfo.InvariantCulture, $"{dx}{(dy < 0 ? "" : " ")}{dy}");
            (x, y) = (nextX, nextY);
        }
    }

    static int X(CurvePlot plot, int epoch) => (int)Math.Round(Units * Math.Clamp(epoch / (double)Math.Max(1, plot.LastEpoch), 0, 1));

    static int Y(CurvePlot plot, double value) => (int)Math.Round(new LinearScale(plot.Low, plot.High, Rows, 0).At(value));
}
