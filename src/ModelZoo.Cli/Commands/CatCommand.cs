using System.CommandLine;
using ModelZoo.Git;

namespace ModelZoo.Cli.Commands;

/// <summary>`zoo cat REPO[@revision] PATH`: a file's bytes on stdout.</summary>
static class CatCommand
{
    public static Command Build()
    {
        var repo = RepoAddress.Argument();
        var path = new Argument<string>("PATH") { Description = "The file" };
        return HubCall.On(new Command("cat", "Print a file") { repo, path, RepoAddress.Kind }, async call =>
        {
            var where = RepoAddress.From(call, repo);
            await using var stdout = Console.OpenStandardOutput();
            await call.Zoo.DownloadAsync(where.Repo, RepoPath.Parse(call.Get(path)), stdout, where.RevisionOrMain, stop: call.Stop);
        });
    }
}
