using Microsoft.Extensions.DependencyInjection;
using ModelZoo.Hub.Evaluations.Leaderboards;
using ModelZoo.Hub.Evaluations.Submissions;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Repositories;

namespace ModelZoo.Hub.Evaluations.Scores;

/// <summary>What is said of models, on which benchmarks, and how it ranks.</summary>
static class ScoresServices
{
    public static void AddScores(this IServiceCollection services)
    {
        services.AddAll(typeof(ScoreStore), typeof(BenchmarkStore), typeof(MarkStore), typeof(ScoreFiles), typeof(SameFiles), typeof(ScoreProof), typeof(TaskDefinitions), typeof(ScoreMarks));
        services.AddAll(typeof(BoardQuery), typeof(ScoreIndex), typeof(BoardReader), typeof(SampleScores), typeof(Comparisons));
        services.AddAll(typeof(SubmissionStore), typeof(SubmissionImport), typeof(LabelFile), typeof(SubmissionDesk));
        services.AddSingleton<IProjection, ScoreProjection>();
        services.AddSingleton<IProjection, BenchmarkProjection>();
    }
}
