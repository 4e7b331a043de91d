using Microsoft.Extensions.DependencyInjection;
using ModelZoo.Hub.Jobs;
using ModelZoo.Hub.Kernel;

namespace ModelZoo.Hub.Conversions;

/// <summary>Weights in other formats, made on a worker and proposed as pull requests.</summary>
static class ConversionsServices
{
    public static void AddConversions(this IServiceCollection services)
    {
        services.AddAll(typeof(Conversions));
        services.AddSingleton<IJobHandler, ConversionJob>();
    }
}
