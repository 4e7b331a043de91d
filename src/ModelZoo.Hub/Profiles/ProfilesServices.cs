using Microsoft.Extensions.DependencyInjection;
using ModelZoo.Hub.Jobs;
using ModelZoo.Hub.Repositories;

namespace ModelZoo.Hub.Profiles;

static class ProfilesServices
{
    public static IServiceCollection AddProfiles(this IServiceCollection services)
    {
        services.AddSingleton<ProfileStore>();
        services.AddSingleton<WeightSummaryStore>();
        services.AddSingleton<ProfileMaker>();
        services.AddSingleton<ProfileReader>();
        services.AddSingleton<ProfileJob>();
        services.AddSingleton<IJobHandler>(all => all.GetRequiredService<ProfileJob>());
        services.AddSingleton<ILateProjection>(all => all.GetRequiredService<ProfileJob>());
        services.AddSingleton<ProfileFollower>();
        services.AddSingleton<ICommitFollower>(all => all.GetRequiredService<ProfileFollower>());
        services.AddSingleton<IForkFollower>(all => all.GetRequiredService<ProfileFollower>());
        services.AddSingleton<IChore, OutdatedProfiles>();
        return services;
    }
}
