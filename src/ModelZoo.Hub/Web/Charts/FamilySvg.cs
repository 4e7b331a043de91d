namespace ModelZoo.Hub.Web.Charts;

/// <summary>Draws families as lines with their children, and barriers of pairs by kind.</summary>
static class FamilySvg
{
    const double RowHeight = 34;
    const double Edge = 24;

    /// <summary>Where children begin, in per cent: left of it stands the parent.</summary>
    const double Trunk = 4;

    public static string Draw(FamilyPlot plot)
    {
        var bottom = plot.Rows.Count * RowHeight + 6;
        var canvas = new SvgCanvas(bottom + Edge + 14, plot.Finding);
        var x = new LinearScale(plot.Low, plot.High, Trunk + 2, 99);
        foreach (var tick in x.Ticks(5))
        {
            canvas.Line(x.At(tick), 0, x.At(tick), bottom, "axis");
            if (x.At(tick) is > 4 and < 96) canvas.Text(x.At(tick), bottom + 15, Amount.Plain(tick), "tick", "middle");
        }
        canvas.Text(100, bottom + 32, plot.Measure, anchor: "end");
        canvas.DefineMarks();
        for (var i = 0; i < plot.Rows.Count; i++)
        {
            var (row, at) = (plot.Rows[i], i * RowHeight + 26);
            var left = Math.Min(row.Depth, 8) * Trunk * 0.5;
            canvas.Text(left, at - 11, row.Name, "point");
            var reach = row.Children.Select(child => child.Value is { } value ? x.At(value) : Trunk + 2).DefaultIfEmpty(left).Max();
            canvas.Line(left, at, reach, at, $"line k{row.Group % 6 + 1}");
            canvas.BeginGroup($"mark k{row.Group % 6 + 1}");
            canvas.Use(left + 0.6, at, 3, row.Name);
            foreach (var child in row.Children) canvas.Use(child.Value is { } value ? x.At(value) : Trunk + 2, at, child.IsFailed ? 5 : child.IsSoup ? 1 : 0, child.IsFailed ? child.Name + ", failed" : child.Name);
            canvas.EndGroup();
        }
        return canvas.End();
    }

    public static string Draw(BarrierPlot plot)
    {
        var bottom = plot.Rows.Count * RowHeight + 8;
        var canvas = new SvgCanvas(bottom + Edge + 14, plot.Finding);
        var x = LinearScale.Around(plot.Rows.SelectMany(row => row.Barriers).Append(0).Append(plot.ConnectedUpTo), 0.03, 1, 99);
        foreach (var tick in x.Ticks(5))
        {
            canvas.Line(x.At(tick), 0, x.At(tick), bottom, "axis");
            if (x.At(tick) is > 4 and < 96) canvas.Text(x.At(tick), bottom + 15, Amount.Plain(tick), "tick", "middle");
        }
        canvas.Line(x.At(plot.ConnectedUpTo), 0, x.At(plot.ConnectedUpTo), bottom, "limit");
        canvas.Text(100, bottom + 32, "accuracy lost on the way from one to the other", anchor: "end");
        canvas.DefineMarks();
        for (var i = 0; i < plot.Rows.Count; i++)
        {
            var (row, at) = (plot.Rows[i], i * RowHeight + 26);
            canvas.Text(2, at - 11, row.Name, "point");
            canvas.BeginGroup($"mark k{i % 6 + 1}");
            foreach (var barrier in row.Barriers) canvas.Use(x.At(barrier), at, MapMarks.Shape(i), Amount.Plain(barrier));
            canvas.EndGroup();
        }
        return canvas.End();
    }
}
