namespace ModelZoo.Profiling;

/// <summary>
/// What a model needs of memory on any device in the standard scenario (<see cref="Scenario.Default"/>: batch 1, a context of 2048 tokens,
/// weights as stored). It is kept with a model, so that a search for what fits a device compares numbers and estimates nothing.
/// </summary>
/// <param name="Weights">Bytes of the weights alone: micro-controllers keep them in flash.</param>
/// <param name="Bytes">Weights, cache, state and transient; what the runtime takes depends on the device and is added for each.</param>
public readonly record struct Footprint(double Weights, double Bytes)
{
    static readonly Device s_anything = new() { Id = "", Name = "" };

    /// <summary>Null when the parameters are not known: then nobody can say what it needs.</summary>
    public static Footprint? Of(Profile profile, Reference? reference = null)
    {
        if (profile.Parameters is null) return null;
        var scenario = Scenario.Default;
        var work = profile.Work ?? new WorkModel { Unit = WorkUnit.Input };
        var given = Assumptions.Of(profile, s_anything, scenario, reference ?? Reference.BuiltIn, work.HasDecoder ? Phase.Decode : Phase.Forward, null, out _);
        var plan = new StepModel(profile, work, s_anything, scenario, given).Memory(scenario.Batch, scenario.Context);
        return new(plan.Weights, (plan with { Runtime = 0, Companions = 0 }).Total);
    }

    /// <summary>The same verdict as that of an estimate in the standard scenario.</summary>
    public bool Fits(MemoryRoom room) => Bytes + room.RuntimeBytes is var need
        && (room.IsSplit ? Weights <= room.FlashBytes && need - Weights <= room.AvailableBytes : need <= room.AvailableBytes);
}

/// <summary>The memory that a device offers to a model.</summary>
/// <param name="AvailableBytes">Of the device's memory, or the SRAM of a micro-controller.</param>
/// <param name="RuntimeBytes">What drivers and workspaces take of it.</param>
/// <param name="FlashBytes">Where a micro-controller keeps the weights.</param>
public readonly record struct MemoryRoom(double AvailableBytes, double RuntimeBytes, bool IsSplit, double FlashBytes)
{
    /// <summary>What is left over; negative: missing. Of the scarcer memory where there are two.</summary>
    public double HeadroomBytes(Footprint footprint) => footprint.Bytes + RuntimeBytes is var need && IsSplit
        ? Math.Min(FlashBytes - footprint.Weights, AvailableBytes - (need - footprint.Weights)) : AvailableBytes - need;

    /// <summary>Null when the device's memory is not known.</summary>
    public static MemoryRoom? Of(Device device)
    {
        if (device.CapacityBytes is not { } capacity) return null;
        var runtime = Assumptions.DefaultRuntime(device);
        return device.IsMicrocontroller ? new(device.SramBytes!.Value, runtime, true, device.FlashBytes!.Value)
            : new(capacity * Assumptions.DefaultShare(device), runtime, false, 0);
    }
}
