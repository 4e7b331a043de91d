namespace ModelZoo.Profiling;

/// <summary>One dot of a roofline: an operator or the whole step.</summary>
/// <param name="Intensity">FLOP per byte.</param>
/// <param name="Ceiling">FLOP/s that the device allows at this intensity.</param>
public sealed record RooflinePoint(string Name, double Flop, double Bytes, double Intensity, double Ceiling, Bound Bound, double Seconds);

/// <summary>The ceilings of a device and where a model's operators stand below them.</summary>
public sealed record RooflineChart(Device Device, double Bandwidth, IReadOnlyList<(NumberFormat Format, double Rate, double Ridge)> Ceilings, IReadOnlyList<RooflinePoint> Points)
{
    /// <summary>Operators in turn: never less than the one maximum over the whole step.</summary>
    public double SumSeconds => Points.Where(point => point.Name != Roofline.Whole).Sum(point => point.Seconds);
}

public static class Roofline
{
    public const string Whole = "whole step";

    /// <exception cref="ProfileException">The device's bandwidth or rate is not known, or the model's work.</exception>
    public static RooflineChart Of(Profile profile, Device device, Scenario? scenario = null, Reference? reference = null)
    {
        scenario ??= Scenario.Default;
        var model = Estimator.Prepare(profile, device, scenario, reference);
        var given = model.Given;
        if (given.Bandwidth <= 0) throw new ProfileException($"The bandwidth of {device.Name} is not known.");
        var work = profile.Work!;
        var points = new List<RooflinePoint>();
        var whole = work.HasDecoder ? model.Decode(scenario.Batch, scenario.Context) : work.IsEncoder ? model.Encode(scenario.Batch, scenario.Context) : model.Forward(scenario.Batch);
        Add(Whole, whole.Flop, whole.Bytes);
        var tokens = scenario.Batch * (work.IsEncoder ? scenario.Context : 1);
        foreach (var group in profile.Groups.Where(g => g.MatrixWeights > 0).GroupBy(g => g.Component))
        {
            double flop = 0, weights = 0;
            foreach (var item in group)
            {
                flop += 2.0 * item.Macs * tokens;
                var read = item.Component == Component.Expert && profile.Shape is { Experts: { } experts, ExpertsPerToken: { } used }
                    ? item.MatrixWeights / (double)used * WorkModel.DistinctExperts((int)experts, (int)used, tokens) : item.MatrixWeights;
                weights += read * (group.Key == Component.Head ? given.HeadBits : given.WeightBits) / 8;
            }
            Add(Name(group.Key), flop, weights);
        }
        if (work.HasDecoder)
        {
            double flop = 0;
            foreach (var layer in work.Layers) flop += layer.Count * layer.ScoreFlop * layer.Reach(scenario.Context);
            if (flop > 0) Add("attention scores", flop * scenario.Batch, scenario.Batch * work.CacheElements(scenario.Context, model.InputTokens) * scenario.CacheBytes);
            if (work.StateElements > 0) Add("scan", work.ScanFlop * scenario.Batch, 2 * scenario.Batch * work.StateElements * scenario.StateBytes);
        }
        return new(device, given.Bandwidth,
            [.. device.PeakRates.OrderByDescending(pair => pair.Value).Select(pair => (pair.Key, pair.Value, pair.Value / given.Bandwidth))], points);

        void Add(string name, double flop, double bytes)
        {
            if (bytes <= 0) return;
            var (compute, memory) = (flop / (given.Rate * given.Compute), bytes / (given.Bandwidth * given.BandwidthShare));
            points.Add(new(name, flop, bytes, flop / bytes, Math.Min(given.Rate, given.Bandwidth * flop / bytes), memory > compute ? Bound.Memory : Bound.Compute, Math.Max(compute, memory)));
        }
    }

    static string Name(Component component) => component switch
    {
        Component.FeedForward => "feed-forward",
        Component.StateSpace => "state-space",
        Component.VisionTower => "vision tower",
        _ => component.ToString().ToLowerInvariant(),
    };
}
