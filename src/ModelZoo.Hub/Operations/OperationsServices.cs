using Microsoft.Extensions.DependencyInjection;
using ModelZoo.Hub.Jobs;
using ModelZoo.Hub.Kernel;

namespace ModelZoo.Hub.Operations;

/// <summary>Limits on requests, and figures about them.</summary>
static class OperationsServices
{
    public static void AddOperations(this IServiceCollection services)
    {
        services.AddAll(typeof(AllowanceStore), typeof(RequestLimits), typeof(MetricCollector), typeof(HubCountStore));
        services.AddSingleton<IChore>(all => all.GetRequiredService<RequestLimits>());
    }
}
