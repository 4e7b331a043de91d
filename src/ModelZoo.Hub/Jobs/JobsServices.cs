using Microsoft.Extensions.DependencyInjection;
using ModelZoo.Hub.Kernel;

namespace ModelZoo.Hub.Jobs;

/// <summary>What runs outside of requests: the queue and its bell.</summary>
static class JobsServices
{
    public static void AddJobs(this IServiceCollection services)
    {
        services.AddAll(typeof(JobStore), typeof(JobBell));
    }
}
