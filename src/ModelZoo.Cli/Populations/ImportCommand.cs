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
        var source = new Argument<string>("SOURCE") { Description = "A folder, a tar, tar.gz or zip archive, owner/name on the hub, or owner/* for all its models" };
        var output = new Option<string>("--out") { Description = "The population's folder; what is there already is not imported again", HelpName = "DIR", Required = true };
        var name = new Option<string?>("--name") { Description = "What the population is called [default: the source's name]" };
        var pattern = new Option<string?>("--pattern") { Description = "How paths name states: runs/{member}/checkpoint-{epoch}/{factor:lr}.pt; of the hub, the first folder is the branch, or the repository", HelpName = "PATTERN" };
        return LocalCall.On(new Command("import", "Take a published zoo (Ray Tune's layout) into a population") { source, output, name, pattern, HubCall.Json }, async call =>
        {
            var given = call.Get(source);
            var called = call.Get(name) ?? Called(given);
            if (called.Length is 0 or > 96 || !called.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.')) throw new UsageException($"'{called}' is no name of a population; pass --name with letters, digits, '-', '_' and '.'.");
            var place = new FolderPlace(call.Parse.GetRequiredValue(output));
            using var held = place.Lock();
            var files = await OpenAsync(call, given);
            using var opened = files as IDisposable;
            var outcome = call.Get(pattern) is { } names ? await PatternImport.RunAsync(files, PathPattern.Parse(names), called, place, call.Stop) : await RayImport.RunAsync(files, called, place, call.Stop);
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

    static async Task<IModelFiles> OpenAsync(LocalCall call, string source)
    {
        if (File.Exists(source)) return ArchiveFiles.IsArchive(source) ? await ArchiveFiles.ReadAsync(source, call.Stop) : throw new UsageException($"'{source}' is no tar, tar.gz or zip archive.");
        if (Directory.Exists(source)) return new FolderFiles(source);
        if (source.Count(c => c == '/') == 1 && !source.StartsWith('.') && !source.StartsWith('/')) return await HubSource.OpenAsync(call, source);
        throw new UsageException($"There is no folder or archive '{source}', and it is no owner/name.");
    }

    static string Called(string source)
    {
        var name = Path.GetFileName(Path.GetFullPath(source.Replace("*", "models", StringComparison.Ordinal)).TrimEnd(Path.DirectorySeparatorChar));
        foreach (var ending in (string[])[".zip", ".tar", ".tar.gz", ".tgz"])
            if (name.EndsWith(ending, StringComparison.OrdinalIgnoreCase) && File.Exists(source)) return name[..^ending.Length];
        return name;
    }
}
