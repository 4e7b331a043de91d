using System.CommandLine;
using System.Text.Json.Nodes;
using ModelZoo.Learning.Blueprints;
using ModelZoo.Learning.Populations;

namespace ModelZoo.Cli.Populations;

/// <summary>`zoo population analyse DIR`: distances, agreement, effects, lineage, prediction, averaging; figures into the population's folder.</summary>
static class AnalyseCommand
{
    public static Command Build()
    {
        var folder = new Argument<string>("DIR|owner/name") { Description = "The population's folder; or a repository, which the hub analyses" };
        var only = new Option<string[]>("--only") { Description = $"Only these (repeatable): {string.Join(", ", PopulationAnalysis.Names)}", HelpName = "NAME" };
        var command = new Command("analyse", "Measure a population: weights, behaviour, lineage, prediction, averaging") { folder, only, ShowCommand.Where, HubPopulation.NoWait, BlueprintSource.DigitsFile, BlueprintSource.DataFolders, HubCall.Json };
        command.SetAction(async (parse, stop) =>
        {
            var call = new LocalCall(parse, stop);
            // A folder of that name comes first; what is none is a repository.
            if (!Directory.Exists(call.Get(folder)) && call.Get(folder).Split('/') is [{ Length: > 0 }, { Length: > 0 }])
            {
                if (call.Get(ShowCommand.Where) is not null) throw new UsageException("--where chooses members of a folder; the hub analyses all.");
                await HubCall.RunAsync(parse, hub => HubPopulation.AnalyseAsync(hub, RepoAddress.Parse(hub.Get(folder)), call.Get(only) ?? []), stop);
                return 0;
            }
            var names = call.Get(only) is { Length: > 0 } given ? given : [.. PopulationAnalysis.Names];
            if (names.FirstOrDefault(name => !PopulationAnalysis.Names.Contains(name)) is { } unknown) throw new UsageException($"'{unknown}' is no analysis; there are {string.Join(", ", PopulationAnalysis.Names)}.");
            var population = await ShowCommand.OpenAsync(call.Get(folder), call.Stop);
            var filter = call.Get(ShowCommand.Where) is { } condition ? MemberFilter.Parse(condition) : null;
            var members = population.Members.Where(member => member.LastEpoch is { } epoch && (filter is null || filter.Holds(member, epoch))).ToList();
            var data = await OpenDataAsync(call, population);
            var input = new AnalysisInput(population, members, member => member.Card.Dataset is { } name && population.Blueprint?.Datasets.GetValueOrDefault(name) is { } set ? data(set) : null);
            var place = new FolderPlace(call.Get(folder));
            using var held = place.Lock();
            var summaries = new JsonObject();
            foreach (var name in names)
            {
                var part = await PopulationAnalysis.RunAsync(name, input, call.Stop);
                await place.WriteAsync(part.Files, call.Stop);
                summaries[name] = part.Summary.DeepClone();
                call.Screen.Say($"{name}: {string.Join(", ", part.Files.Select(file => file.Path))}");
                if (!call.Screen.IsJson) foreach (var line in AnalysisText.Of(name, part.Summary)) call.Screen.Line($"  {line}");
            }
            if (call.Screen.IsJson) call.Screen.Json(summaries);
            return 0;
        });
        return command;
    }

    /// <summary>Without its data everything but behaviour is still said.</summary>
    static async Task<Func<BlueprintDataset, Learning.Datasets.ImageSplits?>> OpenDataAsync(LocalCall call, Population population)
    {
        if (population.Blueprint is not { } blueprint) return _ => null;
        try
        {
            return (await BlueprintSource.OpenDataAsync(call, blueprint.Datasets.Values, pulls: true)).Find;
        }
        catch (UsageException missing)
        {
            call.Screen.Say(missing.Message);
            return (await BlueprintSource.OpenDataAsync(call, blueprint.Datasets.Values.Where(set => set is { Origin: DatasetOrigin.Builtin, Source: not "digits" }), pulls: false)).Find;
        }
    }
}
