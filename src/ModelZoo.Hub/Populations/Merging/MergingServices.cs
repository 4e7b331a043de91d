using Microsoft.Extensions.DependencyInjection;
using ModelZoo.Hub.Jobs;
using ModelZoo.Hub.Kernel;

namespace ModelZoo.Hub.Populations.Merging;

/// <summary>Soups and merges of any repositories of equal shapes, made on a worker.</summary>
static class MergingServices
{
    public static IServiceCollection AddMerging(this IServiceCollection services)
    {
        services.AddAll(typeof(MergeSources), typeof(MergeCommit), typeof(MergeScoring), typeof(MergeCheck), typeof(MergeRequests), typeof(RecipeReader));
        services.AddSingleton<IJobHandler, MergeJob>();
        return services;
    }
}
