using System.CommandLine;
using ModelZoo.Client;
using ModelZoo.Learning.Exchange;
using ModelZoo.Learning.Populations;
using ModelZoo.Weights;

namespace ModelZoo.Cli.Populations;

/// <summary>`zoo population import`: a published zoo becomes a population, here or in a repository; nothing that its files contain is run.</summary>
static class ImportCommand
{
    /// <summary>Members of a commit: a zoo has thousands, and a commit for each would take longer than their states.</summary>
    const int MembersEach = 50;

    static readonly Argument<string> Source = new("SOURCE") { Description = "A folder, a tar, tar.gz or zip archive, owner/name on a hub, or owner/* for all its models" };
    static readonly Option<string?> Output = new("--out") { Description = "The population's folder; what is there already is not imported again", HelpName = "DIR" };
    static readonly Option<string?> To = new("--to") { Description = "The repository that takes the members, made if need be; what it has already is not sent again", HelpName = "owner/name[@branch]" };
    static readonly Option<string?> Name = new("--name") { Description = "What the population is called [default: the source's name]" };
    static readonly Option<string?> Pattern = new("--pattern") { Description = "How paths name states: runs/{member}/checkpoint-{epoch}/{factor:lr}.pt, seed_{seed}-step_{step}/model.safetensors; of a hub, the first folder is the branch, or the repository", HelpName = "PATTERN" };
    static readonly Option<string> Optimizer = new("--optimizer") { Description = "States of optimisers: leave, or keep", DefaultValueFactory = _ => "leave", HelpName = "HOW" };
    static readonly Option<string> Masks = new("--masks") { Description = "Of sparsified models: apply their masks, or keep masks and weights as they are", DefaultValueFactory = _ => "apply", HelpName = "HOW" };
    static readonly Option<string> SplitBy = new("--split-by") { Description = "member, or lineage: a whole family in one split", DefaultValueFactory = _ => "member", HelpName = "WHAT" };
    static readonly Option<string?> Licence = new("--licence") { Description = "Under which the source is published (SPDX), such as CC-BY-4.0", HelpName = "ID" };
    static readonly Option<string?> FromHub = new("--from-hub") { Description = "Hub on which owner/name lies, when it is another [default: --endpoint]", HelpName = "url" };
    static readonly Option<string?> FromToken = new("--from-token") { Description = "Token for that hub [default: the stored login]", HelpName = "hf_…" };

    public static Command Build()
    {
        var command = new Command("import", "Take a published zoo, checkpoints of a trainer, or models of a hub into a population") { Source, Output, To, Name, Pattern, Optimizer, Masks, SplitBy, Licence, FromHub, FromToken, HubPopulation.Analyse, HubPopulation.NoWait, HubPopulation.Private, HubCall.Json };
        command.SetAction(async (parse, stop) =>
        {
            var call = new LocalCall(parse, stop);
            if (call.Get(To) is not { } to)
            {
                if (call.Get(HubPopulation.Analyse)) throw new UsageException("--analyse has the hub analyse what --to sends; here it is `zoo population analyse DIR`.");
                var here = new FolderPlace(call.Get(Output) ?? throw new UsageException("Say where the population goes: --out DIR, or --to owner/name for a repository."));
                using var held = here.Lock();
                var outcome = await RunAsync(call, here);
                await GenerateCommand.WriteIndexAsync(here, here, stop);
                Tell(call.Screen, outcome);
                return 0;
            }
            await HubCall.RunAsync(parse, hub => SendAsync(call, hub, RepoAddress.Parse(to)), stop);
            return 0;
        });
        return command;
    }

    /// <summary>Member by member through a folder, from where whole members go to the hub; unless the user named the folder, states do not stay in it.</summary>
    static async Task SendAsync(LocalCall call, HubCall hub, RepoAddress target)
    {
        var here = new FolderPlace(call.Get(Output) ?? HubPopulation.Staging(hub, target));
        using var held = here.Lock();
        using var place = await HubPopulation.OpenAsync(hub, target, here, new(MembersEach, KeepsStates: call.Get(Output) is not null));
        var outcome = await RunAsync(call, place);
        await place.FlushAsync(call.Stop);
        // The table is of all members, so it is made where all are known.
        if (place.HasAllCards()) await GenerateCommand.WriteIndexAsync(here, place, call.Stop);
        Tell(call.Screen, outcome);
        if (hub.Get(HubPopulation.Analyse)) await HubPopulation.AnalyseAsync(hub, target, []);
    }

    static async Task<ImportOutcome> RunAsync(LocalCall call, IPopulationPlace place)
    {
        var given = call.Get(Source);
        var called = call.Get(Name) ?? Called(given);
        if (called.Length is 0 or > 96 || !called.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.')) throw new UsageException($"'{called}' is no name of a population; pass --name with letters, digits, '-', '_' and '.'.");
        var settings = new ImportSettings(Choose(call, Optimizer, "leave", "keep"), Choose(call, Masks, "apply", "keep"), Choose(call, SplitBy, "member", "lineage"), call.Get(Licence));
        // Before anything is opened: a wrong pattern is said at once.
        var pattern = call.Get(Pattern) is { } names ? PathPattern.Parse(names) : null;
        var files = await OpenAsync(call, given);
        using var opened = files as IDisposable;
        return pattern is null ? await RayImport.RunAsync(files, called, place, settings, call.Stop) : await PatternImport.RunAsync(files, pattern, called, place, settings, call.Stop);
    }

    static void Tell(Screen screen, ImportOutcome outcome)
    {
        if (screen.IsJson)
        {
            screen.Json(outcome);
            return;
        }
        foreach (var line in outcome.Skipped.Concat(outcome.Notes)) screen.Line(line);
        screen.Line($"{outcome.Trials} members in the source: {outcome.Members} imported, {outcome.Known} known, {outcome.Checkpoints} checkpoints, {outcome.Edges} with a parent");
    }

    static bool Choose(LocalCall call, Option<string> option, string usual, string other) => call.Get(option) is var word && word == other || (word == usual ? false : throw new UsageException($"{option.Name} is {usual} or {other}, not '{word}'."));

    static async Task<IModelFiles> OpenAsync(LocalCall call, string source)
    {
        if (File.Exists(source)) return ArchiveFiles.IsArchive(source) ? await ArchiveFiles.ReadAsync(source, call.Stop) : throw new UsageException($"'{source}' is no tar, tar.gz or zip archive.");
        if (Directory.Exists(source)) return FolderFiles.OfMany(source, IsOfInterest);
        if (source.Count(c => c == '/') == 1 && !source.StartsWith('.') && !source.StartsWith('/')) return await HubSource.OpenAsync(OpenHub(call), source, call.Stop);
        throw new UsageException($"There is no folder or archive '{source}', and it is no owner/name.");
    }

    /// <summary>Another hub never gets this one's token.</summary>
    static ZooClient OpenHub(LocalCall call)
    {
        var store = CredentialStore.Load();
        if (call.Get(FromHub) is not { } other)
        {
            var endpoint = HubAccess.FindEndpoint(call.Parse, store);
            return HubAccess.Open(endpoint, HubAccess.FindToken(call.Parse, store, endpoint));
        }
        var address = Uri.TryCreate(other.TrimEnd('/'), UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https" ? uri : throw new UsageException($"'{other}' is not the address of a hub: write something like https://hub.example.");
        return HubAccess.Open(address, call.Get(FromToken) ?? store.FindToken(address));
    }

    /// <summary>What Ray leaves beside each checkpoint, by the hundred thousand.</summary>
    static bool IsOfInterest(string name) => name is not (".tune_metadata" or ".metadata.pkl" or "params.pkl") && !name.StartsWith("events.out.tfevents", StringComparison.Ordinal);

    static string Called(string source)
    {
        var name = Path.GetFileName(Path.GetFullPath(source.Replace("*", "models", StringComparison.Ordinal)).TrimEnd(Path.DirectorySeparatorChar));
        if (File.Exists(source))
            foreach (var ending in (string[])[".zip", ".tar", ".tar.gz", ".tgz"])
                if (name.EndsWith(ending, StringComparison.OrdinalIgnoreCase)) return name[..^ending.Length];
        return Directory.Exists(source) ? name : name.Split('@')[0];
    }
}
