using Microsoft.Extensions.DependencyInjection;
using ModelZoo.Hub.Jobs;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Repositories;

namespace ModelZoo.Hub.Populations.Deltas;

/// <summary>States of populations, stored as differences.</summary>
static class DeltasServices
{
    public static void AddDeltas(this IServiceCollection services)
    {
        services.AddAll(typeof(DeltaStore), typeof(BlobDeltas), typeof(StorageSavingsQuery), typeof(DeltaTrim));
        services.AddSingleton<IJobHandler, DeltaJob>();
        services.AddSingleton<ICommitFollower, DeltaFollower>();
        services.AddSingleton<ILateProjection, DeltaFollower>();
        services.AddSingleton<IChore>(all => all.GetRequiredService<DeltaTrim>());
    }
}
