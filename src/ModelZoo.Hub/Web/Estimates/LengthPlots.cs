using ModelZoo.Hub.Web.Charts;
using ModelZoo.Profiling;

namespace ModelZoo.Hub.Web.Estimates;

/// <summary>Cache and state by the length of the context, with what windows save.</summary>
static class LengthPlots
{
    /// <summary>At most so many points; the shortest length follows.</summary>
    const int Octaves = 8;

    /// <summary>Null where nothing is kept between tokens.</summary>
    public static LengthPlot? Find(Profile profile, Device device, Scenario scenario, Reference reference)
    {
        if (profile.Work is not { HasDecoder: true } work || EstimateViews.Prepare(profile, device, scenario, reference) is not { } model) return null;
        var longest = profile.Shape.MaxContext is > 0 and var most ? (double)most : (double?)null;
        var end = Math.Clamp(Math.Max(longest ?? 0, scenario.Context), 64, 1 << 20);
        var shortest = Math.Clamp(Math.Pow(2, Math.Floor(Math.Log2(end)) - Octaves), 1, 512);
        var lengths = new List<double>();
        for (var length = shortest; length <= end * 1.01; length *= 2) lengths.Add(length);
        if (lengths[^1] < end) lengths.Add(end);
        double Kept(double batch, double length) => model.Memory(batch, length) is var plan ? plan.Cache + plan.State : 0;
        if (Kept(1, lengths[^1]) <= 0) return null;
        List<LengthLine> lines = [new("1 sequence", [.. lengths.Select(length => Kept(1, length))])];
        var batch = scenario.Batch > 1 ? scenario.Batch : 16;
        lines.Add(new($"{Amount.Plain(batch)} sequences", [.. lengths.Select(length => Kept(batch, length))]));
        var windows = work.Layers.Where(layer => layer is { Window: > 0, CacheElements: > 0 }).ToList();
        if (windows.Count > 0)
        {
            double full = 0, kept = work.CacheElements(lengths[^1], model.InputTokens);
            lines.Add(new("1, without windows", [.. lengths.Select(length => Without(work, model, length) * Kept(1, length))], IsReference: true));
            full = Without(work, model, lengths[^1]) * kept;
            return new($"At {Amount.Whole(lengths[^1])} tokens one sequence keeps {Amount.Bytes(Kept(1, lengths[^1]))}; without the windows of {windows.Sum(layer => layer.Count)} layers it would keep {Amount.Plain(kept > 0 ? full / kept : 1)} times as much.",
                lengths, lines, Room(model, scenario), longest);
        }
        var perToken = work.CacheElements(2, model.InputTokens) - work.CacheElements(1, model.InputTokens);
        var finding = perToken > 0
            ? $"Each token of each sequence adds {Amount.Bytes(perToken * scenario.CacheBytes)}: {Amount.Bytes(Kept(1, lengths[^1]))} at {Amount.Whole(lengths[^1])} tokens."
            : $"A sequence keeps {Amount.Bytes(Kept(1, shortest))} at any length.";
        return new(finding, lengths, lines, Room(model, scenario), longest);
    }

    /// <summary>How many times as much would be kept if no layer had a window.</summary>
    static double Without(WorkModel work, StepModel model, double length)
    {
        var kept = work.CacheElements(length, model.InputTokens) + work.StateElements;
        var full = work.StateElements;
        foreach (var layer in work.Layers) full += layer.Count * (layer.CacheElements * length + layer.CrossCacheElements * model.InputTokens);
        return kept > 0 ? full / kept : 1;
    }

    static double? Room(StepModel model, Scenario scenario)
    {
        if (model.Device.CapacityBytes is null || model.Device.IsMicrocontroller) return null;
        var plan = model.Memory(scenario.Batch, 1);
        var room = model.Available - plan.Weights - plan.Runtime - plan.Companions;
        return room > 0 ? room : null;
    }
}
