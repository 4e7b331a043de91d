using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using ModelZoo.Hub.Web.Charts;

namespace ModelZoo.Tests.Web;

/// <summary>Charts are pure functions: the same record gives the same text, which stands beside this file. MODELZOO_ACCEPT=1 writes the files anew; look at them before you keep them.</summary>
public sealed class ChartTests
{
    public static TheoryData<string> Names => [.. s_charts.Keys];

    static readonly RooflinePlot Roofline = new("One step of batch 1 does 1.05 FLOP for each byte it moves.", 1.008e12,
        [new("int8", 660.6e12, false), new("bf16, fp16", 165.2e12, true), new("fp32, tf32", 82.6e12, false)],
        [
            new("batch 1", 1.05, 0.79e12, "memory", "20.5 ms"), new("batch 16", 15.9, 11e12, "memory", "23.4 ms"), new("batch 256", 50, 33e12, "memory, does not fit", "124 ms"),
            new("prompt of 2 k", 1400, 66e12, "compute", "450 ms", 1),
        ]);

    static readonly MemoryBars Memory = new("Batch 16 is the largest of these that fits.", 23.2e9,
    [
        new("batch 1", [new(0, 16.1e9), new(1, 0.27e9), new(3, 0.13e9), new(4, 0.54e9)], true) { IsChosen = true },
        new("batch 64", [new(0, 16.1e9), new(1, 17.2e9), new(3, 0.13e9), new(4, 0.54e9)], false),
    ]);

    static readonly LengthPlot Length = new("At 131,072 tokens one sequence keeps 11.2 GB.", [512, 1024, 2048, 4096, 8192, 16384, 32768, 65536, 131072],
    [
        new("1 sequence", [0.26e9, 0.51e9, 0.59e9, 0.76e9, 1.1e9, 1.8e9, 3.1e9, 5.8e9, 11.2e9]),
        new("1, without windows", [0.26e9, 0.52e9, 1.04e9, 2.08e9, 4.16e9, 8.3e9, 16.6e9, 33.3e9, 66.6e9], IsReference: true),
    ], 9e9, 131072);

    static readonly CostPlot Costs = new("Two models are better than everything that costs no more.", "acc", "parameters", true,
    [
        new("ada/small", 26_000, "26.0 k", 0.9891, "0.9891", 0, true), new("ada/large", 1_200_000, "1.20 M", 0.9915, "0.9915", 3, true), new("ada/worse", 3_000_000, "3.00 M", 0.97, "0.9700", 2, false),
    ]);

    static readonly FrontierPlot Frontier = new("ada/large holds the record with 0.9915.", "acc", true,
    [
        new("ada/small", new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero), 0.9891, "0.9891", 0, true), new("ada/large", new(2026, 6, 1, 0, 0, 0, TimeSpan.Zero), 0.9915, "0.9915", 3, true),
        new("ada/worse", new(2026, 9, 1, 0, 0, 0, TimeSpan.Zero), 0.97, "0.9700", 2, false),
    ]);

    static readonly Dictionary<string, Func<string>> s_charts = new(SamplePopulationCharts.All)
    {
        ["roofline"] = () => RooflineSvg.Draw(Roofline),
        ["roofline-small"] = () => RooflineSvg.Draw(Roofline with { IsSmall = true }),
        ["roofline-nothing"] = () => RooflineSvg.Draw(new("Nothing is known.", 0, [], [])),
        ["memory"] = () => MemoryBarsSvg.Draw(Memory),
        ["memory-far-too-large"] = () => MemoryBarsSvg.Draw(new("Nothing fits.", 8e9, [new("FP32, 32 bits", [new(0, 2.6e12), new(1, 1e9)], false)])),
        ["memory-without-capacity"] = () => MemoryBarsSvg.Draw(Memory with { CapacityBytes = null }),
        ["length"] = () => LengthSvg.Draw(Length),
        ["cost"] = () => CostSvg.Draw(Costs),
        ["cost-nothing"] = () => CostSvg.Draw(new("Nothing is known.", "acc", "parameters", true, [])),
        ["frontier"] = () => FrontierSvg.Draw(Frontier),
        ["frontier-one"] = () => FrontierSvg.Draw(Frontier with { Dots = [Frontier.Dots[0]] }),
        ["intervals"] = () => IntervalSvg.Draw(new("ada/one leads, but not significantly.", "acc", [new("ada/one", 0.9915, 0.9895, 0.9931, "0.9915", 0), new("ada/two <b>", 0.9891, 0.9869, 0.991, "0.9891", 3), new("ada/three", 0.95, null, null, "0.9500", 2)])),
        ["strip"] = () => TensorStripSvg.Draw(Strip(12)),
    };

    static TensorStrip Strip(int layers) => new($"{layers + 2} blocks.",
    [
        new("before the layers", [new("embedding", 525e6)]),
        .. Enumerable.Range(0, layers).Select(layer => new StripBlock($"model.layers.{layer}", [new("feed forward", 352e6), new("attention", 84e6), new("norm", 16e3)])),
        new("after the layers", [new("head", 525e6), new("norm", 8e3)]),
    ]);

    [Theory, MemberData(nameof(Names))]
    public void A_chart_is_drawn_as_it_was(string name)
    {
        var svg = s_charts[name]();
        var file = Path.Combine(Folder(), name + ".svg");
        if (Environment.GetEnvironmentVariable("MODELZOO_ACCEPT") is { Length: > 0 })
        {
            Directory.CreateDirectory(Folder());
            File.WriteAllText(file, svg + "\n");
        }
        if (!File.Exists(file)) Assert.Skip($"Nobody has looked at {name}.svg yet: MODELZOO_ACCEPT=1 writes it.");
        Assert.Equal(File.ReadAllText(file).TrimEnd(), svg);
    }

    [Theory, MemberData(nameof(Names))]
    public void A_chart_is_well_formed_says_its_finding_and_has_no_colour_of_its_own(string name)
    {
        var svg = s_charts[name]();
        var root = XElement.Parse(svg);

        Assert.Equal("img", root.Attribute("role")?.Value);
        Assert.EndsWith(".", root.Attribute("aria-label")?.Value);
        Assert.DoesNotMatch("style=|fill=|stroke=|#[0-9a-f]{3}|NaN|Infinity|∞", svg);
        Assert.All(Regex.Matches(svg, "(?:x|x1|x2|width)=\"(-?[0-9.]+)%\"").Select(match => double.Parse(match.Groups[1].Value)), x => Assert.InRange(x, -0.01, 100.01));
    }

    [Fact]
    public void Labels_never_meet_at_the_narrowest_width()
    {
        foreach (var svg in (string[])[RooflineSvg.Draw(Roofline), LengthSvg.Draw(Length)])
        {
            var boxes = XElement.Parse(svg).Elements("text").Select(text =>
            {
                var (x, y, width) = (double.Parse(text.Attribute("x")!.Value.TrimEnd('%')), double.Parse(text.Attribute("y")!.Value), text.Value.Length * 1.9);
                var left = text.Attribute("text-anchor")?.Value switch { "end" => x - width, "middle" => x - width / 2, _ => x };
                return (text.Value, Left: left, Right: left + width, Top: y - 10, Bottom: y);
            }).ToList();
            foreach (var (one, at) in boxes.Select((box, at) => (box, at)))
                foreach (var other in boxes.Skip(at + 1))
                    Assert.False(one.Left < other.Right && one.Right > other.Left && one.Top < other.Bottom && one.Bottom > other.Top, $"'{one.Value}' meets '{other.Value}'");
        }
    }

    [Theory]
    [InlineData(126)]
    [InlineData(2_000)]
    public void A_strip_of_many_layers_stays_small(int layers)
    {
        var svg = TensorStripSvg.Draw(Strip(layers));

        Assert.InRange(svg.Length, 1_000, 16_000);
        Assert.Equal(5 - 1, XElement.Parse(svg).Elements("path").Count());      // norms are thinner than anything drawn
    }

    [Fact]
    public void A_map_and_a_matrix_of_many_members_stay_small()
    {
        var map = MapSvg.Draw(new MapPlot("Many.", "across", "up", ["a", "b"], [.. Enumerable.Range(0, 250).Select(i => new MapPoint($"finetune-{i:x12}", Math.Sin(i), Math.Cos(i), i % 2))]));
        var random = new Random(1);
        var cells = new double[48, 48];
        for (var i = 0; i < 48; i++)
            for (var j = 0; j < 48; j++) cells[i, j] = random.NextDouble();
        var matrix = MatrixSvg.Draw(new MatrixPlot("Noise.", "agreement", cells, [new("all", 48)]));

        Assert.InRange(map.Length, 10_000, 28_000);
        Assert.InRange(matrix.Length, 10_000, 24_000);
    }

    [Fact]
    public void Words_of_strangers_stay_words()
    {
        var svg = RooflineSvg.Draw(new("\"><script>alert(1)</script>", 1e12, [new("<b>", 1e14, true)], [new("<img src=x onerror=alert(1)>", 1, 1e12, "\"onload=\"", "")]));

        Assert.DoesNotContain("<script", svg);
        Assert.DoesNotContain("<img", svg);
        _ = XElement.Parse(svg);
    }

    static string Folder([CallerFilePath] string here = "") => Path.Combine(Path.GetDirectoryName(here)!, "charts");
}
