using ModelZoo.Hub.Web.Charts;

namespace ModelZoo.Tests.Web;

/// <summary>Charts of populations, for <see cref="ChartTests"/>.</summary>
static class SamplePopulationCharts
{
    static readonly CurvePlot Curves = new("test: median test accuracy 0.100 at epoch 0, 0.900 at epoch 3.", "test", "test accuracy", 3, 0, 1,
        [[new(0, 0.1), new(1, 0.5), new(2, 0.8), new(3, 0.92)], [new(0, 0.08), new(1, 0.4), new(3, 0.9)], [new(0, 0.1)]],
        [new(0, 0.09, 0.1, 0.1, 3), new(1, 0.42, 0.45, 0.48, 2), new(3, 0.905, 0.91, 0.915, 2)]) { Group = 2 };

    static readonly MapPlot Map = new("5 members by directions 1 and 2 of their last weights.", "direction 1, 22 %", "direction 2, 22 %", ["base-1", "base-2 <b>"],
        [new("base-1", -12.4, -20.4, 0), new("ft-1", -12.1, -20.0, 0), new("base-2", -11.2, 20.5, 1), new("ft-2 <b>", -11, 20.1, 1), new("stray", 30, 0, -1)]);

    static readonly MatrixPlot Matrix = new("relative of 3 members in 2 families, ordered by lineage.", "relative", new[,] { { double.NaN, 0.1, 1.2 }, { 0.1, double.NaN, 1.1 }, { 1.2, 1.1, double.NaN } }, [new("base-1", 2), new("base-2", 1)]) { Low = 0.1, High = 1.2 };

    static readonly FamilyPlot Families = new("2 families: a square is a parent, a disc on its line a child by test accuracy.", "test accuracy of children", 0.5, 1,
        [new("base-1, 3 children", 0, 0, [new("a", 0.9, false), new("b", 0.8, false), new("c", null, true)]), new("base-2 <b>, 1 child", 1, 1, [new("d", 0.7, false)])]);

    public static IReadOnlyDictionary<string, Func<string>> All { get; } = new Dictionary<string, Func<string>>
    {
        ["curves"] = () => CurveSvg.Draw(Curves),
        ["curves-nothing"] = () => CurveSvg.Draw(Curves with { Lines = [], Bands = [], LastEpoch = 0 }),
        ["curves-hostile"] = () => CurveSvg.Draw(Curves with { Title = "</text><script>", Lines = [[new(int.MaxValue, 1e300), new(-5, -1e300)]], Bands = [new(0, double.MinValue, 0, double.MaxValue, 1), new(9, double.NaN, double.NaN, double.NaN, 1)] }),
        ["map"] = () => MapSvg.Draw(Map),
        ["map-nothing"] = () => MapSvg.Draw(Map with { Points = [], Groups = [] }),
        ["scree"] = () => MapSvg.Draw(new ScreePlot("The first 4 directions explain 72 % of the variance.", [0.2246, 0.2196, 0.1586, 0.0059])),
        ["matrix"] = () => MatrixSvg.Draw(Matrix),
        ["matrix-nothing"] = () => MatrixSvg.Draw(Matrix with { Cells = new double[0, 0], Blocks = [] }),
        ["families"] = () => FamilySvg.Draw(Families),
        ["barriers"] = () => FamilySvg.Draw(new BarrierPlot("2 of 4 pairs lose at most 0.02.", 0.02, [new("siblings, same first head", [0.0027, 0.0185]), new("other families", [0.78, 0.81])])),
    };
}
