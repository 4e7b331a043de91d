using Microsoft.Extensions.DependencyInjection;
using ModelZoo.Hub.Jobs;
using ModelZoo.Hub.Kernel;

namespace ModelZoo.Hub.Maintenance;

/// <summary>Sweeping, checking, rebuilding, backing up.</summary>
static class MaintenanceServices
{
    public static void AddMaintenance(this IServiceCollection services)
    {
        services.AddAll(typeof(ObjectIndexStore), typeof(TotalsStore), typeof(SweepStore), typeof(CheckStore), typeof(Reindexer), typeof(Sweeper),
            typeof(StoreCheck), typeof(BlobCheck), typeof(Backup));
        services.AddSingleton<IJobHandler, ReindexJob>();
        services.AddSingleton<IJobHandler, SweepJob>();
        services.AddSingleton<IJobHandler, CheckJob>();
        services.AddSingleton<IJobHandler, TotalsJob>();
        services.AddSingleton<IChore, DailyMaintenance>();
    }
}
