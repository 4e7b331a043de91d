using ModelZoo.Git;
using ModelZoo.Hub.Accounts;
using ModelZoo.Hub.Jobs;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Populations.Members;
using ModelZoo.Hub.Repositories;
using ModelZoo.Hub.Repositories.Access;
using ModelZoo.Learning;
using ModelZoo.Learning.Blueprints;
using ModelZoo.Learning.Populations;

namespace ModelZoo.Hub.Populations.Making;

/// <summary>Takes wishes for populations: plans them, says what stands in their way, and enqueues the work.</summary>
sealed class Generations(JobStore jobs, JobBell bell, RevisionResolver revisions, PopulationPlanner planner, PopulationShelf shelf, HubOptions options)
{
    /// <summary>What a blueprint makes here, and what of it the branch has already.</summary>
    /// <exception cref="RecipeException">The blueprint cannot be followed; names line and key.</exception>
    public async Task<(PlannedPopulation Planned, BlueprintRevision? Change)> PlanAsync(ReadableRepository repository, GenerationWish wish, CancellationToken stop)
    {
        RequireModel(repository);
        var text = wish.Blueprint is { } sent ? PopulationPlanner.Checked(sent) : await planner.ReadTextAsync(repository, (await revisions.GetAsync(repository, wish.Revision ?? wish.Branch ?? "HEAD", stop)).Commit, stop);
        var planned = await planner.PlanAsync(text, repository.Actor, measures: true, stop);
        var branch = await revisions.FindAsync(repository, wish.Branch ?? "HEAD", stop);
        if (branch is null || await FindAsync(repository, branch.Commit, stop) is not { } there) return (planned, null);
        var old = there.Blueprint is null ? [] : there.Blueprint.Expand(there.Record.FindFacts);
        return (planned, BlueprintRevision.Compare(old, planned.Plan.Members));
    }

    /// <returns>The job that does just this already, or a new one.</returns>
    public async Task<Job> BeginAsync(WritableRepository repository, GenerationWish wish, CancellationToken stop)
    {
        RequireModel(repository);
        var (reference, head) = await revisions.GetBranchAsync(repository, wish.Branch ?? "HEAD", stop);
        PlannedPopulation planned;
        try
        {
            (planned, var change) = await PlanAsync(repository, wish, stop);
            if (await FindAsync(repository, head, stop) is { } there) RequireSame(there, planned, change!, wish.Extend);
            else if (wish.Extend) throw Refusal.Conflict("There is no population to extend on this branch.");
        }
        catch (RecipeException problem)
        {
            throw Refusal.Invalid(problem.Message);
        }
        var account = repository.Author.Id;
        var work = new GenerationWork(repository.Id, reference, account, planned.Text, wish.Extend, wish.Analyse);
        if (await jobs.FindOpenAsync(GenerationJob.JobName, work.Subject, stop) is { } open)
            return open.Payload == work.ToJson() ? open : throw Refusal.Conflict($"A population is being trained on this branch (job {Ids.ToWire(open.Id)}); wait for its end, or cancel it.");
        if (await jobs.CountOpenAsync(GenerationJob.JobName, account, stop) >= options.Population.OpenPerAccount)
            throw new Refusal(RefusalKind.TooMany, $"You have {options.Population.OpenPerAccount} populations waiting or being trained; wait for one to end.") { RetryAfter = TimeSpan.FromSeconds(60) };
        var id = await jobs.EnqueueAsync(new NewJob(GenerationJob.JobName, work.ToJson(), work.Subject, repository.Id, account), stop);
        bell.Ring();
        return (id is { } added ? await jobs.FindAsync(added, stop) : await jobs.FindOpenAsync(GenerationJob.JobName, work.Subject, stop))
            ?? throw Refusal.Conflict("A population has just been begun on this branch; look at the list of jobs.");
    }

    static void RequireSame(Population there, PlannedPopulation planned, BlueprintRevision change, bool extend)
    {
        var (record, name) = (there.Record, planned.Blueprint.Population);
        if (record.Origin != "made") throw Refusal.Conflict($"'{record.Population}' was imported; only populations made from a blueprint are trained further.");
        if (record.Population != name) throw Refusal.Conflict($"The population on this branch is called '{record.Population}', the blueprint's '{name}'.");
        change.RequireExtension();
        if (change.Added.Count > 0 && !extend) throw Refusal.Conflict($"The blueprint adds {change.Added.Count} members, such as {change.Added[0].Label}; say \"extend\": true to have them trained.");
    }

    /// <summary>The population of a commit; a damaged one is a refusal, so that nobody trains over it.</summary>
    async Task<Population?> FindAsync(ReadableRepository repository, CommitRow commit, CancellationToken stop)
    {
        try
        {
            return await shelf.FindAsync(repository, commit, stop);
        }
        catch (Exception damaged) when (damaged is PopulationException or RecipeException)
        {
            throw Refusal.Conflict($"The population on this branch is damaged: {damaged.Message}");
        }
    }

    static void RequireModel(ReadableRepository repository)
    {
        if (repository.Repository.Kind != RepositoryKind.Model) throw Refusal.Invalid("A population is a model repository.");
    }
}
