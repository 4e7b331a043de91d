using Microsoft.Extensions.DependencyInjection;
using ModelZoo.Hub.Jobs;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Repositories;

namespace ModelZoo.Hub.Evaluations.Runs;

/// <summary>Evaluations that this hub runs itself.</summary>
static class RunsServices
{
    public static IServiceCollection AddRuns(this IServiceCollection services)
    {
        services.AddAll(typeof(EvaluationStore), typeof(EvaluationAccess), typeof(EvaluationRequests), typeof(EvaluationScratch), typeof(EvaluationWorker),
            typeof(EvaluationResult), typeof(EvaluationSamples));
        services.AddSingleton<IJobHandler, EvaluationJob>();
        services.AddSingleton<IJobHandler, MergedModels>();
        services.AddSingleton<ICommitFollower, MergedFollower>();
        services.AddSingleton<IChore>(all => all.GetRequiredService<EvaluationScratch>());
        return services;
    }
}
