using ModelZoo.Hub.Web.Charts;
using ModelZoo.Profiling;

namespace ModelZoo.Hub.Web.Estimates;

/// <summary>Memory by batch, and by the format of the weights.</summary>
static class MemoryPlots
{
    public static MemoryBars? Batches(Profile profile, Device device, Scenario scenario, Reference reference)
    {
        if (EstimateViews.Prepare(profile, device, scenario, reference) is not { } model) return null;
        var hasCapacity = device.CapacityBytes is not null;
        var bars = new List<MemoryBar>();
        foreach (var batch in new[] { 1.0, 4, 16, 64, scenario.Batch }.Distinct().Order())
            bars.Add(Bar($"batch {Amount.Plain(batch)}", model.Memory(batch, scenario.Context), hasCapacity ? model.Fits(batch, scenario.Context) : null, batch == scenario.Batch));
        var most = bars.LastOrDefault(bar => bar.Fits == true)?.Label;
        var where = scenario.Devices > 1 ? $"each of {Amount.Whole(scenario.Devices)} devices" : device.Name;
        return new(!hasCapacity ? $"The memory of {device.Name} is not known." : most is null ? $"None of these batches fits {where}{At(profile, scenario)}." : $"{char.ToUpperInvariant(most[0])}{most[1..]} is the largest of these that fits {where}{At(profile, scenario)}.",
            hasCapacity && !device.IsMicrocontroller ? model.Available : null, bars);
    }

    public static MemoryBars? Ladder(Profile profile, Device device, Scenario scenario, Reference reference)
    {
        var hasCapacity = device.CapacityBytes is not null;
        var bars = new List<MemoryBar>();
        double? available = null;
        foreach (var precision in reference.Precisions.Where(precision => precision.IsOnLadder || precision == scenario.Weights).OrderByDescending(precision => precision.Bits))
        {
            var chosen = scenario with { Weights = precision };
            // A device without the format's arithmetic still has memory: the plan asks for no rate.
            if (EstimateViews.Prepare(profile, device, chosen, reference) is not { } model) continue;
            bars.Add(Bar($"{precision.Name}, {Amount.Plain(precision.Bits)} bits", model.Memory(scenario.Batch, scenario.Context), hasCapacity ? model.Fits(scenario.Batch, scenario.Context) : null, precision == scenario.Weights));
            if (hasCapacity && !device.IsMicrocontroller) available = model.Available;
        }
        if (bars.Count == 0) return null;
        var widest = bars.FirstOrDefault(bar => bar.Fits == true)?.Label.Split(',')[0];
        return new(!hasCapacity ? $"The memory of {device.Name} is not known." : widest is null ? "No format of this ladder fits." : widest == bars[0].Label.Split(',')[0] ? "Every format fits." : $"{widest} is the widest format that fits.", available, bars);
    }

    static MemoryBar Bar(string label, MemoryPlan plan, bool? fits, bool isChosen) => new(label,
    [
        new(0, plan.Weights), new(1, plan.Cache), new(2, plan.State), new(3, plan.Transient), new(4, plan.Runtime), new(5, plan.Companions),
    ], fits) { IsChosen = isChosen };

    static string At(Profile profile, Scenario scenario) => profile.Work is { HasDecoder: true } or { IsEncoder: true } ? $" at {Amount.Whole(scenario.Context)} tokens" : "";
}
