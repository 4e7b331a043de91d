using Microsoft.Extensions.DependencyInjection;
using ModelZoo.Hub.Jobs;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Repositories;

namespace ModelZoo.Hub.Profiles;

/// <summary>What models are in numbers, and the devices and workloads that repositories add.</summary>
static class ProfilesServices
{
    public static void AddProfiles(this IServiceCollection services)
    {
        services.AddAll(typeof(ProfileStore), typeof(WeightSummaryStore), typeof(ProfileMaker), typeof(ProfileReader), typeof(ProfileJob), typeof(ProfileFollower));
        services.AddSingleton<IJobHandler>(all => all.GetRequiredService<ProfileJob>());
        services.AddSingleton<ILateProjection>(all => all.GetRequiredService<ProfileJob>());
        services.AddSingleton<ICommitFollower>(all => all.GetRequiredService<ProfileFollower>());
        services.AddSingleton<IForkFollower>(all => all.GetRequiredService<ProfileFollower>());
        services.AddSingleton<IChore, OutdatedProfiles>();
        services.AddAll(typeof(RecordStore), typeof(RecordCatalogue), typeof(DeviceCatalogue), typeof(WorkloadCatalogue), typeof(RecordFile), typeof(UseReader));
        services.AddSingleton<IProjection, RecordProjection>();
    }
}
