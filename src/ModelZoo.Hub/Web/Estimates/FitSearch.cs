using ModelZoo.Profiling;

namespace ModelZoo.Hub.Web.Estimates;

/// <summary>How a model fits a device.</summary>
/// <param name="Precision">The widest format that fits; null: as the weights are stored.</param>
/// <param name="Memory">Bytes in use.</param>
/// <param name="UnitsPerSecond">Over the whole batch; null when no time can be told.</param>
sealed record FittingModel(Precision? Precision, double Memory, double? UnitsPerSecond, StepTime Step, WorkUnit Unit);

/// <summary>Finds the widest format in which a model fits. Nothing is thrown and little allocated, so that whole lists can be gone through.</summary>
static class FitSearch
{
    public static FittingModel? Find(Profile profile, Device device, Scenario scenario, Reference reference)
    {
        if (profile.Parameters is null || device.CapacityBytes is null && !device.IsMicrocontroller) return null;
        var work = profile.Work ?? new WorkModel { Unit = WorkUnit.Input };
        if (scenario.Weights is not null) return Try(profile, work, device, scenario, reference);
        if (Try(profile, work, device, scenario, reference) is { } stored) return stored;
        foreach (var precision in Ladder(reference))
            if (Try(profile, work, device, scenario with { Weights = precision }, reference) is { } found) return found;
        return null;
    }

    static FittingModel? Try(Profile profile, WorkModel work, Device device, Scenario scenario, Reference reference)
    {
        var phase = work.HasDecoder ? Phase.Decode : Phase.Forward;
        var given = Assumptions.Of(profile, device, scenario, reference, phase, null, out var refusal);
        var model = new StepModel(profile, work, device, scenario, given);
        if (!model.Fits(scenario.Batch, scenario.Context)) return null;
        var memory = model.Memory(scenario.Batch, scenario.Context).Total;
        if (refusal is not null || profile.Work is null || given.Bandwidth <= 0) return new(scenario.Weights, memory, null, default, work.Unit);
        var step = work.HasDecoder ? model.Decode(scenario.Batch, scenario.Context) : work.IsEncoder ? model.Encode(scenario.Batch, scenario.Context) : model.Forward(scenario.Batch);
        var calls = work.Unit == WorkUnit.Call ? work.CallsPerResult : 1;
        return new(scenario.Weights, memory, step.Seconds > 0 ? scenario.Batch / (step.Seconds * calls) : null, step, work.Unit);
    }

    static IEnumerable<Precision> Ladder(Reference reference) => reference.Precisions.Where(precision => precision is { IsOnLadder: true, Bits: < 16 }).OrderByDescending(precision => precision.Bits);
}
