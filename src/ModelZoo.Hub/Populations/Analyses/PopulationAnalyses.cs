using ModelZoo.Hub.Jobs;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Populations.Making;
using ModelZoo.Hub.Populations.Members;
using ModelZoo.Hub.Repositories;
using ModelZoo.Hub.Repositories.Access;
using ModelZoo.Learning.Populations;

namespace ModelZoo.Hub.Populations.Analyses;

/// <summary>Takes wishes for analyses and enqueues them.</summary>
sealed class PopulationAnalyses(JobStore jobs, JobBell bell, RevisionResolver revisions, PopulationShelf shelf, HubOptions options)
{
    public async Task<Job> BeginAsync(WritableRepository repository, IReadOnlyList<string> only, string? branch, CancellationToken stop)
    {
        if (only.FirstOrDefault(name => !PopulationAnalysis.Names.Contains(name)) is { } unknown)
            throw Refusal.Invalid($"'{(unknown.Length > 60 ? unknown[..60] + "…" : unknown)}' is no analysis; there are {string.Join(", ", PopulationAnalysis.Names)}.");
        var (reference, head) = await revisions.GetBranchAsync(repository, branch ?? "HEAD", stop);
        if (!await shelf.HasAsync(repository, head, stop)) throw Refusal.NotFound($"{repository.Repository.FullName} holds no population on this branch.");
        var work = new AnalysisWork(repository.Id, reference, repository.Author.Id, [.. PopulationAnalysis.Names.Where(only.Contains)]);
        if (await jobs.FindWaitingAsync(AnalysisJob.JobName, work.Subject, stop) is { } same) return same;
        if (await jobs.CountOpenAsync(AnalysisJob.JobName, repository.Author.Id, stop) >= options.Population.OpenPerAccount)
            throw new Refusal(RefusalKind.TooMany, $"You have {options.Population.OpenPerAccount} analyses waiting or going on; wait for one to end.") { RetryAfter = TimeSpan.FromSeconds(30) };
        var id = await jobs.EnqueueAsync(new NewJob(AnalysisJob.JobName, work.ToJson(), work.Subject, repository.Id, repository.Author.Id), stop);
        bell.Ring();
        return (id is { } added ? await jobs.FindAsync(added, stop) : await jobs.FindWaitingAsync(AnalysisJob.JobName, work.Subject, stop))
            ?? throw Refusal.Conflict("The same analysis has just begun; look at the list of jobs.");
    }
}
