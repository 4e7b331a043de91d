using Microsoft.Extensions.DependencyInjection;
using ModelZoo.Hub.Jobs;
using ModelZoo.Hub.Kernel;

namespace ModelZoo.Hub.Serving.Hosting;

/// <summary>Models that answer requests: which may be asked, and the workers that run them.</summary>
static class HostingServices
{
    public static IServiceCollection AddHosting(this IServiceCollection services)
    {
        services.AddAll(typeof(ServedModelStore), typeof(ModelPlanner), typeof(ModelHost));
        services.AddSingleton<IChore>(all => all.GetRequiredService<ModelHost>());
        return services;
    }
}
