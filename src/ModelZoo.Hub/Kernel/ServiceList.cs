using Microsoft.Extensions.DependencyInjection;

namespace ModelZoo.Hub.Kernel;

/// <summary>How rooms name what they offer: one of each for the whole hub.</summary>
static class ServiceList
{
    public static void AddAll(this IServiceCollection services, params Type[] types)
    {
        foreach (var type in types) services.AddSingleton(type);
    }
}
