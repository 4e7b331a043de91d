using ModelZoo.Profiling;

namespace ModelZoo.Tests.Profiling;

/// <summary>Models made up for tests.</summary>
static class Blueprints
{
    /// <summary>A workload typed in by hand: parameters and nothing else.</summary>
    public sealed record Typed(double Parameters)
    {
        public Profile Profile => Profiler.OfReference(ReferenceWorkload.From(RecordTable.Parse(System.Text.Encoding.UTF8.GetBytes($"id,parameters,inference_flops_unit\nmine,{Parameters},per token\n"))[0]));
    }
}
