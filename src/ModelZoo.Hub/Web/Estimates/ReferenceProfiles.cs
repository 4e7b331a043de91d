using System.Runtime.CompilerServices;
using ModelZoo.Profiling;

namespace ModelZoo.Hub.Web.Estimates;

/// <summary>Profiles of the registry's workloads, each made once.</summary>
static class ReferenceProfiles
{
    static readonly ConditionalWeakTable<ReferenceWorkload, Profile> s_known = [];

    public static Profile Of(ReferenceWorkload workload) => s_known.GetValue(workload, Make);

    static Profile Make(ReferenceWorkload workload)
    {
        try
        {
            return Profiler.OfReference(workload);
        }
        catch (Exception error) when (error is ProfileException or OverflowException)
        {
            return new() { Name = workload.Name, NotMeasured = new Dictionary<string, string> { ["parameters"] = error.Message } };
        }
    }
}
