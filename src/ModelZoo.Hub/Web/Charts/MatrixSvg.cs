using System.Globalization;
using System.Text;

namespace ModelZoo.Hub.Web.Charts;

/// <summary>
/// Draws a matrix in one hue: the more, the stronger. Cells of one step are one path, and neighbours in a row one stroke, so that thousands of cells cost a few
/// kilobytes. Lines and numbers mark the blocks.
/// </summary>
static class MatrixSvg
{
    public const int Steps = 6;
    const double Edge = 16;
    const double Side = 380;

    public static string Draw(MatrixPlot plot)
    {
        var n = plot.Cells.GetLength(0);
        var canvas = new SvgCanvas(Side + Edge, plot.Finding);
        if (n > 0)
        {
            var paths = new StringBuilder[Steps];
            for (var step = 0; step < Steps; step++) paths[step] = new();
            for (var row = 0; row < n; row++)
                for (var column = 0; column < n;)
                {
                    var (from, step) = (column, StepOf(plot, plot.Cells[row, column]));
                    while (column < n && StepOf(plot, plot.Cells[row, column]) == step) column++;
                    if (step is { } known) paths[known].Append(CultureInfo.InvariantCulture, $"M{2 * from} {2 * row + 1}h{2 * (column - from)}");
                }
            canvas.BeginStretched(2 * n, 2 * n, Edge, Side, "heat");
            for (var step = 0; step < Steps; step++)
                if (paths[step].Length > 0) canvas.Path($"h{step}", paths[step].ToString());
            canvas.EndStretched();
            DrawBlocks(canvas, plot, n);
        }
        return canvas.End();
    }

    /// <summary>Null for what was not measured.</summary>
    public static int? StepOf(MatrixPlot plot, double value) =>
        !double.IsFinite(value) ? null : plot.High > plot.Low ? Math.Clamp((int)((value - plot.Low) / (plot.High - plot.Low) * Steps), 0, Steps - 1) : 0;

    static void DrawBlocks(SvgCanvas canvas, MatrixPlot plot, int n)
    {
        var at = 0;
        var places = new LabelPlaces();
        for (var i = 0; i < plot.Blocks.Count; i++)
        {
            var (x, y) = (100.0 * at / n, Edge + Side * at / n);
            if (i > 0)
            {
                canvas.Line(x, Edge, x, Edge + Side, "cut");
                canvas.Line(0, y, 100, y, "cut");
            }
            var word = (i + 1).ToString(CultureInfo.InvariantCulture);
            at += plot.Blocks[i].Rows;
            var middle = (x + 100.0 * at / n) / 2;
            if (places.TryTake(middle - 1, Edge - 4, word, isEnd: false)) canvas.Text(middle, Edge - 4, word, "tick", "middle");
        }
    }
}
