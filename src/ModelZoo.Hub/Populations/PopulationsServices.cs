using Microsoft.Extensions.DependencyInjection;
using ModelZoo.Hub.Jobs;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Populations.Analyses;
using ModelZoo.Hub.Populations.Making;
using ModelZoo.Hub.Populations.Members;
using ModelZoo.Hub.Populations.Merging;

namespace ModelZoo.Hub.Populations;

/// <summary>Many models from one blueprint, kept in one repository.</summary>
static class PopulationsServices
{
    public static void AddPopulations(this IServiceCollection services)
    {
        services.AddAll(typeof(PopulationShelf), typeof(PopulationReader), typeof(PopulationDatasets), typeof(PopulationPlanner), typeof(Generations), typeof(CommitPlaces), typeof(ResumeStore), typeof(PopulationAnalyses));
        services.AddSingleton(all => new BackgroundThreads(all.GetRequiredService<HubOptions>().Population.ThreadCount));
        services.AddSingleton<IJobHandler, GenerationJob>();
        services.AddSingleton<IJobHandler, AnalysisJob>();
        services.AddSingleton<IChore>(all => all.GetRequiredService<ResumeStore>());
        services.AddMerging();
    }
}
