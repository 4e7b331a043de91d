using System.CommandLine;
using ModelZoo.Learning.Blueprints;
using ModelZoo.Learning.External;
using ModelZoo.Learning.Populations;

namespace ModelZoo.Cli.Populations;

/// <summary>`zoo population scripts` and `collect`: a population that trains where this program is not, and its way back.</summary>
static class ScriptsCommand
{
    public static Command Build()
    {
        var blueprint = BlueprintSource.Argument();
        var folder = new Option<string>("--out") { Description = "The folder to write", HelpName = "DIR", Required = true };
        var kind = new Option<string>("--for") { Description = "pytorch (all weights) or peft (low-rank adapters)", HelpName = "LIBRARY", DefaultValueFactory = _ => "pytorch" };
        var claim = ScriptOptions.Claim("population");
        var atOnce = new Option<int>("--workers") { Description = "Members trained at once", HelpName = "N", DefaultValueFactory = _ => 4 };
        var command = new Command("scripts", "Write scripts and job files that train a blueprint's members elsewhere") { blueprint, folder, kind, atOnce, BlueprintSource.DigitsFile, BlueprintSource.DataFolders, HubCall.Json };
        ScriptOptions.AddTo(command, claim);
        return LocalCall.On(command, async call =>
        {
            var source = await BlueprintSource.ReadAsync(call.Get(blueprint), call.Stop);
            var images = await source.OpenDataAsync(call, pulls: false);
            var plan = BlueprintPlan.Of(source.Blueprint, images.FindFacts);
            var chosen = call.Get(kind) switch { "pytorch" => ScriptKind.PyTorch, "peft" => ScriptKind.Peft, var other => throw new UsageException($"--for is pytorch or peft, not '{other}'.") };
            if (call.Get(atOnce) is < 1 or > 4096) throw new UsageException("--workers is a number from 1 to 4096.");
            var work = new WorkPlace(call.Parse.GetRequiredValue(folder), source.Blueprint, images.Find);
            var files = await TrainerScripts.WriteAsync(source.Blueprint, plan.Members, work, ScriptOptions.Read(call, chosen, claim, call.Get(atOnce)), call.Stop);
            if (call.Screen.IsJson) call.Screen.Json(new { folder = work.Root, members = plan.MemberCount, files });
            else call.Screen.Line($"{plan.MemberCount} members, {files.Count} files are in {work.Root}; README.md says how to begin");
        });
    }

    public static Command BuildCollect()
    {
        var blueprint = BlueprintSource.Argument();
        var from = new Option<string>("--from") { Description = "The folder that `scripts` wrote, where members train or have trained", HelpName = "DIR", Required = true };
        var folder = new Option<string>("--out") { Description = "The population's folder; what is there already is not taken again", HelpName = "DIR", Required = true };
        var follow = new Option<bool>("--follow") { Description = "Look again until all members have ended" };
        return LocalCall.On(new Command("collect", "Take the epochs that trainers elsewhere wrote into a population") { blueprint, from, folder, follow, BlueprintSource.DigitsFile, BlueprintSource.DataFolders, HubCall.Json }, async call =>
        {
            var source = await BlueprintSource.ReadAsync(call.Get(blueprint), call.Stop);
            var images = await source.OpenDataAsync(call, pulls: false);
            var data = images.Find;
            var plan = BlueprintPlan.Of(source.Blueprint, images.FindFacts);
            if (!Directory.Exists(call.Parse.GetRequiredValue(from))) throw new UsageException($"There is no folder '{call.Parse.GetRequiredValue(from)}'.");
            var place = new FolderPlace(call.Parse.GetRequiredValue(folder));
            using var held = place.Lock();
            var used = plan.Members.Select(member => member.Dataset).DistinctBy(set => set.Name).Where(set => data(set) is not null);
            var start = File.Exists(Path.Combine(place.Root, PopulationLayout.Record)) ? PopulationStart.Resume : PopulationStart.New;
            await PopulationRevisions.BeginAsync(place, start, source.Text, source.Blueprint, plan.Members, PopulationRecord.Describe(used.Select(set => (set, data(set)!))), call.Stop);
            var store = new PopulationStore(source.Blueprint, place) { KeepsResume = false, MeasuredBy = $"{PopulationStore.Code}; trained by a command" };
            var collector = new MemberCollector(source.Blueprint, store, new WorkPlace(call.Parse.GetRequiredValue(from), source.Blueprint, data));
            while (true)
            {
                var outcome = await collector.RunAsync(plan.Members, null, call.Stop);
                await GenerateCommand.WriteIndexAsync(place, place, call.Stop);
                if (call.Screen.IsJson) call.Screen.Json(outcome);
                else call.Screen.Line($"{outcome.Epochs} epochs taken; {outcome.Done} members are done, {outcome.Failed} failed, {outcome.Unfinished} have not ended");
                if (outcome.Unfinished == 0 || !call.Get(follow)) return;
                await Task.Delay(TimeSpan.FromSeconds(10), call.Stop);
            }
        });
    }
}
