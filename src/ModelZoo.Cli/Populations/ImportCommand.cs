using System.CommandLine;
using ModelZoo.Learning.Exchange;
using ModelZoo.Learning.Populations;
using ModelZoo.Weights;

namespace ModelZoo.Cli.Populations;

/// <summary>`zoo population import`: a published zoo in Ray Tune's layout becomes a population; nothing that its files contain is run.</summary>
static class ImportCommand
{
    public static Command Build()
    {
        var source = new Argument<string>("SOURCE") { Description = "The zoo's folder: trials with params.json, result.json and checkpoint_* folders" };
        var output = new Option<string>("--out") { Description = "The population's folder; what is there already is not imported again", HelpName = "DIR", Required = true };
        var name = new Option<string?>("--name") { Description = "What the population is called [default: the source's name]" };
        return LocalCall.On(new Command("import", "Take a published zoo (Ray Tune's layout) into a population") { source, output, name, HubCall.Json }, async call =>
        {
            if (!Directory.Exists(call.Get(source))) throw new UsageException($"There is no folder '{call.Get(source)}'.");
            var called = call.Get(name) ?? Path.GetFileName(Path.GetFullPath(call.Get(source)).TrimEnd(Path.DirectorySeparatorChar));
            if (called.Length is 0 or > 96 || !called.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.')) throw new UsageException($"'{called}' is no name of a population; pass --name with letters, digits, '-', '_' and '.'.");
            var place = new FolderPlace(call.Parse.GetRequiredValue(output));
            using var held = place.Lock();
            var outcome = await RayImport.RunAsync(new FolderFiles(call.Get(source)), called, place, call.Stop);
            var population = await Population.OpenAsync(new FolderFiles(place.Root), call.Stop);
            await place.WriteAsync([new(PopulationLayout.Index, MemberTable.ToCsv(population.Members))], call.Stop);
            if (call.Screen.IsJson) call.Screen.Json(outcome);
            else
            {
                foreach (var skipped in outcome.Skipped) call.Screen.Line(skipped);
                call.Screen.Line($"{outcome.Trials} trials: {outcome.Members} members imported, {outcome.Known} known, {outcome.Checkpoints} checkpoints, {outcome.Edges} with a parent");
            }
        });
    }
}
