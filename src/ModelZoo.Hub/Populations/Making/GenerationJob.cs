using System.Text;
using ModelZoo.Hub.Accounts;
using ModelZoo.Hub.Jobs;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Populations.Analyses;
using ModelZoo.Hub.Repositories;
using ModelZoo.Hub.Repositories.Access;
using ModelZoo.Learning;
using ModelZoo.Learning.Blueprints;
using ModelZoo.Learning.Populations;
using ModelZoo.Learning.Training;

namespace ModelZoo.Hub.Populations.Making;

/// <summary>
/// Trains a population member by member and commits each epoch. It may be killed at any moment: another try, on this node or another, goes on after the last epoch of each
/// member that was committed, and because training is deterministic, the states come out the same.
/// </summary>
sealed class GenerationJob(
    AccountStore accounts, AccessPolicy policy, PopulationPlanner planner, CommitPlaces places, JobStore jobs, JobBell bell, BackgroundThreads threads, HubOptions options, TimeProvider time) : JobHandler<GenerationWork>
{
    public const string JobName = "population";

    const string Kept = "Everything up to the last committed epoch of each member is kept; ask again to go on.";

    public override string Name => JobName;

    public override int MostAtOnce => options.Population.AtOnce;

    public override bool MayBeCancelled => true;

    protected override async Task<string> RunAsync(GenerationWork work, JobRun run, CancellationToken stop)
    {
        try
        {
            if (await jobs.FindOpenAsync(JobName, work.Subject, stop) is { } first && first.Id < run.Job.Id) throw new HopelessJob($"Job {Ids.ToWire(first.Id)} trains on this branch already.");
            return await GenerateAsync(work, run, stop);
        }
        catch (Exception hopeless) when (hopeless is RecipeException or PopulationException
            or Refusal { Kind: RefusalKind.Forbidden or RefusalKind.NotFound or RefusalKind.Invalid or RefusalKind.Unauthenticated or RefusalKind.Conflict or RefusalKind.Unprocessable })
        {
            throw new HopelessJob(hopeless.Message, hopeless);
        }
        catch (Refusal refusal)
        {
            // A full disk, a store or database that is away: tried again by itself some times.
            throw new Refusal(refusal.Kind, $"{refusal.Message} {Kept}") { Cause = refusal.Cause };
        }
    }

    async Task<string> GenerateAsync(GenerationWork work, JobRun run, CancellationToken stop)
    {
        var account = await accounts.FindAsync(work.AccountId, stop) ?? throw new HopelessJob("The account is gone.");
        if (account.DisabledAt is not null) throw new HopelessJob($"The account {account.Handle} is disabled.");
        var actor = new Actor(account, new(CredentialRole.Session, null, "job", account.CreatedAt));
        await policy.GetAsync(work.RepositoryId, actor, AccessLevel.Write, stop);
        run.Report(0, "planning");
        var planned = await planner.PlanAsync(work.Blueprint, actor, measures: false, stop);
        var members = planned.Plan.Members;

        using var budget = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var (seconds, spent) = (Math.Min(planned.Blueprint.Budget.MaxSeconds ?? long.MaxValue, options.Population.Seconds), Spent(run));
        budget.CancelAfter(TimeSpan.FromSeconds(Math.Max(0, seconds - spent.TotalSeconds)));
        await using var place = places.Open(work.RepositoryId, work.Reference, actor, run, stop);
        var exists = await place.FindAsync(PopulationLayout.Record, stop) is not null;
        var used = members.Select(member => member.Dataset).DistinctBy(set => set.Name).Select(set => (set, planned.Data.Find(set)!));
        await PopulationRevisions.BeginAsync(place, exists && work.Extend ? PopulationStart.Extend : PopulationStart.Resume, work.Blueprint, planned.Blueprint, members, PopulationRecord.Describe(used), stop);
        await DescribeAsync(place, planned.Blueprint, stop);

        var progress = await GenerationProgress.BeginAsync(place, members, run, stop);
        IReadOnlyList<MemberOutcome> outcomes;
        try
        {
            outcomes = await new PopulationTrainer(planned.Blueprint, planned.Data.Find, new PopulationStore(planned.Blueprint, place), threads).RunAsync(members, planned.Parallel, progress, budget.Token);
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            await WriteIndexAsync(place, stop);
            throw new HopelessJob($"The budget of {seconds} s is spent. {Kept}");
        }
        await WriteIndexAsync(place, stop);
        foreach (var failed in outcomes.Where(outcome => outcome.Status != MemberStatus.Done)) run.Log($"{failed.Member.Id} failed and is kept as it was: {failed.Problem}");
        if (work.Analyse && (place.Commits > 0 || await place.FindAsync($"{PopulationLayout.Analyses}/{PopulationAnalysis.Names[^1]}.json", stop) is null))
        {
            var analysis = new AnalysisWork(work.RepositoryId, work.Reference, work.AccountId, []);
            await jobs.EnqueueAsync(new NewJob(AnalysisJob.JobName, analysis.ToJson(), analysis.Subject, work.RepositoryId, work.AccountId), stop);
            bell.Ring();
        }
        var done = outcomes.Count(outcome => outcome.Status == MemberStatus.Done);
        return $"{done} of {outcomes.Count} members are done{(done < outcomes.Count ? $", {outcomes.Count - done} failed and are kept as they were" : "")}.";
    }

    TimeSpan Spent(JobRun run) => run.Job.StartedAt is { } began ? time.GetUtcNow() - DateTimeOffset.FromUnixTimeMilliseconds(began) : TimeSpan.Zero;

    /// <summary>A card, where the repository has none: what this is, under which licence, and how to fetch a part of it.</summary>
    static async Task DescribeAsync(CommitPlace place, Blueprint blueprint, CancellationToken stop)
    {
        if (await place.FindAsync(PopulationCard.Path, stop) is not null) return;
        await place.WriteAsync([new(PopulationCard.Path, Encoding.UTF8.GetBytes(PopulationCard.Write(blueprint)))], stop);
    }

    /// <summary>The table of members is derived, and made anew at each end.</summary>
    static async Task WriteIndexAsync(CommitPlace place, CancellationToken stop)
    {
        var population = await Population.OpenAsync(await place.ReadAsync(stop), stop);
        await place.WriteAsync([new(PopulationLayout.Index, MemberTable.ToCsv(population.Members))], stop);
    }
}
