using ModelZoo.Hub.Accounts;
using ModelZoo.Profiling;

namespace ModelZoo.Hub.Web.Estimates;

/// <summary>A repository that declares a device or a workload.</summary>
sealed record Declared(string Repository, Href Link);

/// <summary>The registry as one viewer sees it: the built-in rows, and those that repositories he may read declare.</summary>
/// <param name="Devices">By id, for those that repositories declare.</param>
/// <param name="Workloads">Likewise.</param>
sealed record VisibleRegistry(Reference Reference, IReadOnlyDictionary<string, Declared> Devices, IReadOnlyDictionary<string, Declared> Workloads);

/// <summary>Puts the registry together for a viewer.</summary>
sealed class Registry
{
    static readonly VisibleRegistry s_builtIn = new(Reference.BuiltIn, new Dictionary<string, Declared>(), new Dictionary<string, Declared>());

    public ValueTask<VisibleRegistry> GetAsync(Actor actor, CancellationToken stop) => new(s_builtIn);
}
