using Microsoft.Extensions.DependencyInjection;
using ModelZoo.Hub.Jobs;
using ModelZoo.Hub.Kernel;

namespace ModelZoo.Hub.Populations.FineTuning;

/// <summary>Fine-tuning as a job of the hub.</summary>
static class FineTuningServices
{
    public static IServiceCollection AddFineTuning(this IServiceCollection services)
    {
        services.AddAll(typeof(FineTuneRequests), typeof(FineTuneScratch), typeof(FineTuneStateStore), typeof(TunedCommit));
        services.AddSingleton<IJobHandler, FineTuneJob>();
        services.AddSingleton<IChore>(all => all.GetRequiredService<FineTuneScratch>());
        return services;
    }
}
