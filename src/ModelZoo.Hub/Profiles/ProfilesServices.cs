using Microsoft.Extensions.DependencyInjection;
using ModelZoo.Hub.Jobs;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Repositories;

namespace ModelZoo.Hub.Profiles;

/// <summary>What the headers of weight files say.</summary>
static class ProfilesServices
{
    public static void AddProfiles(this IServiceCollection services)
    {
        services.AddAll(typeof(WeightSummaryStore), typeof(WeightSummaryFollower), typeof(WeightSummaryJob));
        services.AddSingleton<ICommitFollower>(all => all.GetRequiredService<WeightSummaryFollower>());
        services.AddSingleton<IForkFollower>(all => all.GetRequiredService<WeightSummaryFollower>());
        services.AddSingleton<IJobHandler>(all => all.GetRequiredService<WeightSummaryJob>());
        services.AddSingleton<ILateProjection>(all => all.GetRequiredService<WeightSummaryJob>());
    }
}
