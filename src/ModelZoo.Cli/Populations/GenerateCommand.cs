using System.CommandLine;
using System.Diagnostics;
using ModelZoo.Learning.Blueprints;
using ModelZoo.Learning.Populations;
using ModelZoo.Learning.Training;
using ModelZoo.Weights;

namespace ModelZoo.Cli.Populations;

/// <summary>`zoo population generate` and `extend`: trains members, keeps every checkpoint, goes on where it was stopped.</summary>
static class GenerateCommand
{
    static readonly Option<int?> WorkerCount = new("--workers") { Description = "Members trained at once [default: the blueprint's, or one for each core]", HelpName = "N" };

    public static Command Build()
    {
        var blueprint = BlueprintSource.Argument();
        var folder = new Option<string?>("--out") { Description = "The population's folder, made here", HelpName = "DIR" };
        var hub = new Option<string?>("--on-hub") { Description = "Have the hub train it into this repository, which is made if need be", HelpName = "owner/name[@branch]" };
        var to = new Option<string?>("--to") { Description = "Train here and commit each member to this repository when it ends; with --out, that folder keeps the epochs", HelpName = "owner/name[@branch]" };
        var resume = new Option<bool>("--resume") { Description = "Go on with what is in the folder" };
        var command = new Command("generate", "Train the members of a blueprint, here or on the hub") { blueprint, folder, to, hub, resume, HubPopulation.Extend, HubPopulation.Analyse, HubPopulation.NoWait, HubPopulation.Private, WorkerCount, BlueprintSource.DigitsFile, BlueprintSource.DataFolders, HubCall.Json };
        TrainerOptions.AddTo(command);
        command.SetAction(async (parse, stop) =>
        {
            var (here, there) = (parse.GetValue(folder), parse.GetValue(hub));
            var remote = parse.GetValue(to);
            if ((here is null && remote is null) == there is null) throw new UsageException("Say where the population goes: --out DIR trains it here, --to owner/name trains it here for a repository, --on-hub owner/name trains it on the hub.");
            if (remote is not null)
            {
                var code = 1;
                await HubCall.RunAsync(parse, async call => code = await RunAsync(new(parse, stop), parse.GetRequiredValue(blueprint), here ?? HubPopulation.Staging(call, RepoAddress.Parse(remote)), PopulationStart.Resume, (call, RepoAddress.Parse(remote))), stop);
                return code;
            }
            if (here is not null) return await RunAsync(new(parse, stop), parse.GetRequiredValue(blueprint), here, parse.GetValue(resume) ? PopulationStart.Resume : PopulationStart.New);
            await HubCall.RunAsync(parse, call => HubPopulation.GenerateAsync(call, parse.GetRequiredValue(blueprint), RepoAddress.Parse(there!)), stop);
            return 0;
        });
        return command;
    }

    public static Command BuildExtend()
    {
        var folder = new Argument<string>("DIR") { Description = "The population's folder" };
        var blueprint = BlueprintSource.Argument();
        return On(new Command("extend", "Add the members that a changed blueprint adds, and train them") { folder, blueprint, WorkerCount, BlueprintSource.DigitsFile, BlueprintSource.DataFolders, HubCall.Json },
            call => RunAsync(call, call.Get(blueprint), call.Get(folder), PopulationStart.Extend));
    }

    static Command On(Command command, Func<LocalCall, Task<int>> work)
    {
        TrainerOptions.AddTo(command);
        command.SetAction((parse, stop) => work(new(parse, stop)));
        return command;
    }

    static async Task<int> RunAsync(LocalCall call, string name, string folder, PopulationStart start, (HubCall Hub, RepoAddress Target)? remote = null)
    {
        var clock = Stopwatch.StartNew();
        var source = await BlueprintSource.ReadAsync(name, call.Stop);
        var blueprint = source.Blueprint;
        var images = await source.OpenDataAsync(call, pulls: !TrainerOptions.IsExternal(call));
        var data = images.Find;
        var plan = BlueprintPlan.Of(blueprint, images.FindFacts);
        var workers = PlanCommand.Workers(call.Get(WorkerCount), blueprint);
        var used = plan.Members.Select(member => member.Dataset).DistinctBy(set => set.Name).ToList();
        if (!TrainerOptions.IsExternal(call) && used.FirstOrDefault(set => data(set) is null) is { } missing)
            throw new UsageException($"The data set '{missing.Name}' ({missing.Id}) is not at hand: say where it lies with --data {missing.Name}=DIR. A trainer of your own may know it: --trainer.");
        var here = new FolderPlace(folder);
        using var held = here.Lock();
        IPopulationPlace place = remote is var (hub, target) ? await HubPopulation.OpenAsync(hub, target, here) : here;
        using var open = place as IDisposable;
        var added = await PopulationRevisions.BeginAsync(place, start, source.Text, blueprint, plan.Members, PopulationRecord.Describe(used.Where(set => data(set) is not null).Select(set => (set, data(set)!))), call.Stop);
        if (start == PopulationStart.Extend) call.Screen.Say($"{added} members are new.");
        using var budget = CancellationTokenSource.CreateLinkedTokenSource(call.Stop);
        if (blueprint.Budget.MaxSeconds is { } most) budget.CancelAfter(TimeSpan.FromSeconds(Math.Min(most, int.MaxValue / 1000)));
        try
        {
            var outcomes = await MakingDisplay.RunAsync(call.Screen, plan, progress =>
                TrainerOptions.RunAsync(call, blueprint, plan, data, place, folder, workers, call.Get(WorkerCount), progress, budget.Token));
            // In a repository the table would tell of the members of this machine alone, unless all are here.
            if (remote is null || outcomes.All(outcome => File.Exists(Path.Combine(here.Root, PopulationLayout.Card(outcome.Member.Id))))) await WriteIndexAsync(here, place, call.Stop);
            return Tell(call.Screen, remote?.Target.Repo.ToString() ?? here.Root, outcomes, clock.Elapsed);
        }
        catch (OperationCanceledException)
        {
            await WriteIndexAsync(here, here, CancellationToken.None);
            var how = budget.IsCancellationRequested && !call.Stop.IsCancellationRequested ? $"The budget of {blueprint.Budget.MaxSeconds} s is spent." : "Stopped.";
            await call.Screen.Error.WriteLineAsync($"zoo: {how} Everything up to the last finished epoch of each member is kept in {folder}; go on with {(remote is null ? "--resume" : "the same command")}.");
            return 1;
        }
    }

    /// <summary>The table of members is derived; it may be missing after a crash and is made anew at each end.</summary>
    internal static async Task WriteIndexAsync(FolderPlace folder, IPopulationPlace place, CancellationToken stop)
    {
        var population = await Population.OpenAsync(FolderFiles.OfMany(folder.Root, name => !name.StartsWith('.')), stop);
        await place.WriteAsync([new(PopulationLayout.Index, MemberTable.ToCsv(population.Members))], stop);
    }

    static int Tell(Screen screen, string place, IReadOnlyList<MemberOutcome> outcomes, TimeSpan elapsed)
    {
        var failed = outcomes.Where(outcome => outcome.Status != MemberStatus.Done).ToList();
        if (screen.IsJson)
            screen.Json(new
            {
                folder = place, members = outcomes.Count, done = outcomes.Count - failed.Count, failed = failed.Select(outcome => new { id = outcome.Member.Id, outcome.Problem }), seconds = elapsed.TotalSeconds,
            });
        else
        {
            foreach (var outcome in failed) screen.Line($"{outcome.Member.Id} failed and is kept as it was: {outcome.Problem}");
            screen.Line($"{outcomes.Count - failed.Count} of {outcomes.Count} members are done, in {place} ({PlanCommand.Time(elapsed.TotalSeconds)})");
        }
        return 0;
    }
}
