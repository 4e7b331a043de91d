using System.CommandLine;
using ModelZoo.Client;
using ModelZoo.Git;

namespace ModelZoo.Cli.Commands;

/// <summary>`zoo ls REPO[@revision] [PATH]`.</summary>
static class LsCommand
{
    public static Command Build()
    {
        var repo = RepoAddress.Argument();
        var path = new Argument<string?>("PATH") { Description = "Folder [default: the root]", Arity = ArgumentArity.ZeroOrOne };
        var recursive = new Option<bool>("--recursive", "-r") { Description = "Everything below" };
        var isLong = new Option<bool>("--long", "-l") { Description = "With size, digest and last commit" };
        return HubCall.On(new Command("ls", "List files") { repo, path, RepoAddress.Kind, recursive, isLong, HubCall.Json }, async call =>
        {
            var where = RepoAddress.From(call, repo);
            var folder = call.Parse.GetValue(path)?.Trim('/') is { Length: > 0 } text and not "." ? RepoPath.Parse(text) : null;
            var items = new List<TreeItem>();
            await foreach (var item in call.Zoo.ListTreeAsync(where.Repo, where.RevisionOrMain, folder, call.Get(recursive), call.Get(isLong), call.Stop)) items.Add(item);
            if (call.Screen.IsJson)
                call.Screen.Json(items.Select(i => new { type = i.Type, path = i.Path.Value, sizeBytes = i.SizeBytes, oid = i.Oid, sha256 = i.Lfs?.Oid,
                    lastCommit = i.LastCommit is { } c ? new { id = c.Id, title = c.Title, date = c.Date } : null }));
            else if (call.Get(isLong))
                call.Screen.Table(["size", "digest", "changed", "last commit", "path"], [.. items.Select(i => (string[])[
                    i.IsFile ? Screen.Size(i.SizeBytes) : "-", i.ETag[..Math.Min(12, i.ETag.Length)], Screen.Date(i.LastCommit?.Date), i.LastCommit?.Title ?? "", Name(i)])]);
            else
                foreach (var item in items) call.Screen.Line(Name(item));
        });
    }

    static string Name(TreeItem item) => item.IsFile ? item.Path.Value : item.Path.Value + "/";
}
