using Microsoft.Extensions.DependencyInjection;
using ModelZoo.Hub.Jobs;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Serving.Folders;
using ModelZoo.Hub.Serving.Processes;

namespace ModelZoo.Hub.Serving;

/// <summary>Models at work: folders of stored files, worker processes with limits.</summary>
static class ServingServices
{
    public static IServiceCollection AddServing(this IServiceCollection services)
    {
        services.AddAll(typeof(CommitFolders), typeof(LimitedProcesses));
        services.AddSingleton<IChore>(all => all.GetRequiredService<CommitFolders>());
        return services;
    }
}
