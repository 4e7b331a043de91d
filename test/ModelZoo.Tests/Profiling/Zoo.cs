using ModelZoo.Profiling;

namespace ModelZoo.Tests.Profiling;

/// <summary>Models and devices of the registry, and scenarios without losses, for worked figures.</summary>
static class Zoo
{
    public static readonly Reference Reference = Reference.BuiltIn;

    public static Profile Model(string id) => Profiler.OfReference(Reference.FindWorkload(id) ?? throw new InvalidOperationException($"no workload '{id}'"));

    public static Device Device(string id) => Reference.FindDevice(id) ?? throw new InvalidOperationException($"no device '{id}'");

    /// <summary>Every peak reached, nothing added.</summary>
    public static readonly Scenario Pure = new() { Preset = Preset.Ceiling };

    public static Precision Precision(string id) => Reference.FindPrecision(id)!;
}
