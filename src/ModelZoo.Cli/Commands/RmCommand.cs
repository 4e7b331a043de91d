using System.CommandLine;
using ModelZoo.Client;
using ModelZoo.Git;

namespace ModelZoo.Cli.Commands;

/// <summary>`zoo rm REPO[@branch] PATH…`: deletes files, or a folder with --recursive, in one commit.</summary>
static class RmCommand
{
    public static Command Build()
    {
        var repo = RepoAddress.Argument("REPO[@branch]");
        var paths = new Argument<string[]>("PATH") { Description = "Files, or folders with --recursive", Arity = ArgumentArity.OneOrMore };
        var recursive = new Option<bool>("--recursive", "-r") { Description = "The paths are folders" };
        var message = new Option<string?>("--message", "-m") { Description = "The commit's message" };
        return HubCall.On(new Command("rm", "Delete files of a repository") { repo, paths, RepoAddress.Kind, recursive, message, HubCall.Json }, async call =>
        {
            var where = RepoAddress.From(call, repo);
            CommitOperation[] operations = [.. call.Get(paths).Select(p => RepoPath.Parse(p.TrimEnd('/')))
                .Select(p => call.Get(recursive) ? (CommitOperation)new DeleteFolder(p) : new DeleteFile(p))];
            var summary = call.Get(message) ?? (operations.Length == 1 ? $"Delete {operations[0].Path}" : $"Delete {operations.Length} paths");
            var outcome = await call.Zoo.CommitAsync(where.Repo, operations, new() { Summary = summary, Branch = where.RevisionOrMain }, null, call.Stop);
            if (call.Screen.IsJson) call.Screen.Json(new { commit = outcome.CommitId });
            else call.Screen.Line($"{where.Repo}@{where.RevisionOrMain} {outcome.CommitId}: {operations.Length} deleted");
        });
    }
}
