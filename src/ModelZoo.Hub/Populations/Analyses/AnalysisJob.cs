using ModelZoo.Hub.Accounts;
using ModelZoo.Hub.Jobs;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Populations.Making;
using ModelZoo.Hub.Repositories;
using ModelZoo.Hub.Repositories.Access;
using ModelZoo.Learning;
using ModelZoo.Learning.Populations;

namespace ModelZoo.Hub.Populations.Analyses;

/// <summary>Measures the population of a branch and commits the figures. Made again of the same members they are the same, and then there is nothing to commit.</summary>
sealed class AnalysisJob(AccountStore accounts, AccessPolicy policy, PopulationDatasets datasets, CommitPlaces places, BackgroundThreads threads, HubOptions options) : JobHandler<AnalysisWork>
{
    public const string JobName = "population-analysis";

    public override string Name => JobName;

    public override int MostAtOnce => options.Population.AtOnce;

    public override bool MayBeCancelled => true;

    protected override async Task<string> RunAsync(AnalysisWork work, JobRun run, CancellationToken stop)
    {
        try
        {
            return await AnalyseAsync(work, run, stop);
        }
        catch (Exception hopeless) when (hopeless is RecipeException or PopulationException
            or Refusal { Kind: RefusalKind.Forbidden or RefusalKind.NotFound or RefusalKind.Invalid or RefusalKind.Unauthenticated or RefusalKind.Unprocessable })
        {
            throw new HopelessJob(hopeless.Message, hopeless);
        }
    }

    async Task<string> AnalyseAsync(AnalysisWork work, JobRun run, CancellationToken stop)
    {
        var account = await accounts.FindAsync(work.AccountId, stop) ?? throw new HopelessJob("The account is gone.");
        if (account.DisabledAt is not null) throw new HopelessJob($"The account {account.Handle} is disabled.");
        var actor = new Actor(account, new(CredentialRole.Session, null, "job", account.CreatedAt));
        await policy.GetAsync(work.RepositoryId, actor, AccessLevel.Write, stop);
        await using var place = places.Open(work.RepositoryId, work.Reference, actor, run, stop);
        run.Report(0, "reading the members");
        var population = await Population.OpenAsync(await place.ReadAsync(stop), stop);
        var members = population.Members.Where(member => member.LastEpoch is not null).ToList();
        if (members.Count == 0) return "No member keeps a state, so there is nothing to analyse.";
        var data = await OpenDataAsync(population, actor, run, stop);
        var input = new AnalysisInput(population, members, member => member.Card.Dataset is { } name && population.Blueprint?.Datasets.GetValueOrDefault(name) is { } set ? data?.Find(set) : null);

        var names = work.Only.Count > 0 ? work.Only : PopulationAnalysis.Names;
        for (var i = 0; i < names.Count; i++)
        {
            run.Report((double)i / names.Count, $"{names[i]} of {members.Count} members");
            var name = names[i];
            var part = await Task.Factory.StartNew(() => PopulationAnalysis.RunAsync(name, input, stop), stop, TaskCreationOptions.DenyChildAttach, threads).Unwrap();
            var before = place.Commits;
            await place.WriteAsync(part.Files, stop);
            run.Log($"{name}: {string.Join(", ", part.Files.Select(file => file.Path))}{(place.Commits == before ? " (as they were)" : "")}");
        }
        await place.WriteAsync([new(PopulationLayout.Index, MemberTable.ToCsv(population.Members))], stop);
        return place.Commits == 0 ? $"The repository has exactly these figures already ({string.Join(", ", names)})." : $"{string.Join(", ", names)} of {members.Count} members.";
    }

    /// <summary>Without the data everything but behaviour is still said.</summary>
    async Task<PopulationData?> OpenDataAsync(Population population, Actor actor, JobRun run, CancellationToken stop)
    {
        if (population.Blueprint is not { } blueprint) return null;
        try
        {
            return await datasets.OpenAsync(blueprint.Datasets.Values, actor, stop);
        }
        catch (RecipeException missing)
        {
            run.Log($"Nothing is said that needs the data: {missing.Message}");
            return null;
        }
    }
}
