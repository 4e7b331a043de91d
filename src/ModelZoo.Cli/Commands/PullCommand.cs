using System.CommandLine;
using ModelZoo.Cli.Populations;

namespace ModelZoo.Cli.Commands;

/// <summary>`zoo pull REPO[@revision] [DIR]`: brings files, checked, resumed where an earlier pull ended.</summary>
static class PullCommand
{
    public static Command Build()
    {
        var repo = RepoAddress.Argument();
        var folder = new Argument<string?>("DIR") { Description = "Where to [default: the repository's name]", Arity = ArgumentArity.ZeroOrOne };
        var include = new Option<string[]>("--include") { Description = "Only files that match (repeatable; '*' also matches '/')" };
        var exclude = new Option<string[]>("--exclude") { Description = "Not files that match (repeatable)" };
        var where = new Option<string?>("--where") { Description = "Of a population, only the states for which it holds, with cards and blueprint: \"epoch>=21 and optim='sgd'\"", HelpName = "CONDITION" };
        return HubCall.On(new Command("pull", "Bring a repository's files into a folder") { repo, folder, RepoAddress.Kind, include, exclude, where, HubAccess.NoXet, HubCall.Json }, async call =>
        {
            var source = RepoAddress.From(call, repo);
            var target = call.Parse.GetValue(folder) ?? source.Repo.Name;
            var part = call.Get(where) is { } condition ? await PopulationPart.ChooseAsync(call, source, condition) : null;
            var outcome = await TransferDisplay.RunAsync(call.Screen, progress => call.Zoo.DownloadSnapshotAsync(source.Repo, target,
                new() { Revision = part?.Commit ?? source.RevisionOrMain, Filter = new(call.Get(include), call.Get(exclude)), Only = part is null ? null : part.Holds }, progress, call.Stop));
            if (part is not null) await part.NoteAsync(target, call.Stop);
            if (call.Screen.IsJson)
                call.Screen.Json(new { repo = source.Repo.ToString(), commit = outcome.Commit, folder = Path.GetFullPath(target),
                    files = outcome.Files, downloadedFiles = outcome.DownloadedFiles, downloadedBytes = outcome.DownloadedBytes });
            else
                call.Screen.Line($"{source.Repo} {outcome.Commit} is in {target}: {outcome.Files} files, {outcome.DownloadedFiles} brought ({Screen.Size(outcome.DownloadedBytes)})");
        });
    }
}
