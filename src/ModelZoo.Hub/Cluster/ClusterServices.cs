using Microsoft.Extensions.DependencyInjection;
using ModelZoo.Hub.Kernel;

namespace ModelZoo.Hub.Cluster;

/// <summary>The nodes that share a database. What is added here is started first.</summary>
static class ClusterServices
{
    public static void AddCluster(this IServiceCollection services, NodeRole role)
    {
        services.AddAll(typeof(NodeStore), typeof(ClusterLevel));
        services.AddSingleton(all => ActivatorUtilities.CreateInstance<Membership>(all, role));
        services.AddHostedService(all => all.GetRequiredService<Membership>());
        services.AddHostedService<BellWire>();
    }
}
