using ModelZoo.Hub.Accounts;
using ModelZoo.Hub.Web.Estimates;
using ModelZoo.Profiling;

namespace ModelZoo.Hub.Web.Pages.Devices;

/// <summary>The models of this hub that fit a device, of those that the viewer may see.</summary>
sealed class FittingRepositories
{
    public Task<IReadOnlyList<FitLine>> FindAsync(Device device, Scenario scenario, Reference reference, Actor actor, CancellationToken stop) => Task.FromResult<IReadOnlyList<FitLine>>([]);
}
