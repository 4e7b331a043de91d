using System.CommandLine;
using ModelZoo.Client;
using ModelZoo.Git;

namespace ModelZoo.Cli.Commands;

/// <summary>`zoo push PATH REPO[@branch]`: a file or a folder becomes one commit.</summary>
static class PushCommand
{
    public static Command Build()
    {
        var path = new Argument<string>("PATH") { Description = "File or folder" };
        var repo = RepoAddress.Argument("REPO[@branch]");
        var pathInRepo = new Option<string?>("--path-in-repo") { Description = "Where it goes [default: the file's name; the root]" };
        var message = new Option<string?>("--message", "-m") { Description = "The commit's message" };
        var include = new Option<string[]>("--include") { Description = "Only files that match (repeatable; '*' also matches '/')" };
        var exclude = new Option<string[]>("--exclude") { Description = "Not files that match (repeatable)" };
        var delete = new Option<string[]>("--delete") { Description = "Delete matching files of the repository that the folder does not have (repeatable)" };
        var isPrivate = new Option<bool>("--private") { Description = "If the repository is made, make it private" };
        var all = new Option<bool>("--no-ignore") { Description = "Push what .gitignore excludes, too" };
        var command = new Command("push", "Push a file or a folder; makes the repository and the branch if needed")
        {
            path, repo, RepoAddress.Kind, pathInRepo, message, include, exclude, delete, isPrivate, all, HubAccess.NoXet, HubCall.Json,
        };
        return HubCall.On(command, async call =>
        {
            var (source, target) = (call.Get(path), RepoAddress.From(call, repo));
            var isFolder = Directory.Exists(source);
            if (!isFolder && !File.Exists(source)) throw new UsageException($"There is no file or folder '{source}'.");
            var inRepo = call.Get(pathInRepo)?.Trim('/') is { Length: > 0 } text and not "." ? RepoPath.Parse(text) : null;
            if (!isFolder && inRepo is null) inRepo = RepoPath.Parse(Path.GetFileName(Path.GetFullPath(source)));
            var branch = target.RevisionOrMain;
            await PrepareAsync(call, target.Repo, branch, call.Get(isPrivate));

            var outcome = await TransferDisplay.RunAsync(call.Screen, progress => isFolder
                ? call.Zoo.UploadFolderAsync(target.Repo, source, new()
                {
                    Summary = call.Get(message) ?? $"Upload {new DirectoryInfo(source).Name}",
                    Branch = branch,
                    PathInRepo = inRepo,
                    Filter = new(call.Get(include), call.Get(exclude)),
                    UseGitIgnore = !call.Get(all),
                    Delete = call.Get(delete) is { Length: > 0 } patterns ? new(patterns, null) : null,
                }, progress, call.Stop)
                : call.Zoo.UploadFileAsync(target.Repo, inRepo!, UploadSource.FromFile(source), call.Get(message), branch, progress, call.Stop));
            Report(call, target.Repo, branch, outcome);
        });
    }

    static async Task PrepareAsync(HubCall call, RepoId repo, string branch, bool isPrivate)
    {
        if (await call.Zoo.FindRepositoryAsync(repo, stop: call.Stop) is null)
        {
            await call.Zoo.CreateRepositoryAsync(repo, isPrivate, existOk: true, call.Stop);
            call.Screen.Say($"Made {repo}.");
        }
        if (branch == ZooClient.DefaultBranch || branch.StartsWith("refs/", StringComparison.Ordinal)) return;
        var references = await call.Zoo.ListReferencesAsync(repo, stop: call.Stop);
        if (references.Branches.Any(b => b.Name == branch)) return;
        await call.Zoo.CreateBranchAsync(repo, branch, stop: call.Stop);
        call.Screen.Say($"Made branch {branch}.");
    }

    internal static void Report(HubCall call, RepoId repo, string branch, CommitOutcome outcome)
    {
        if (call.Screen.IsJson)
        {
            call.Screen.Json(new { repo = repo.ToString(), branch, commit = outcome.CommitId, isNew = outcome.IsNew, url = outcome.CommitUrl,
                added = outcome.AddedFiles, unchanged = outcome.UnchangedFiles, ignored = outcome.IgnoredFiles, uploadedBytes = outcome.UploadedBytes, knownBytes = outcome.KnownBytes });
            return;
        }
        if (!outcome.IsNew)
        {
            call.Screen.Line($"{repo}@{branch} has all of it already ({outcome.UnchangedFiles} files).");
            return;
        }
        var also = string.Concat(
            outcome.UnchangedFiles > 0 ? $", {outcome.UnchangedFiles} unchanged" : "",
            outcome.IgnoredFiles > 0 ? $", {outcome.IgnoredFiles} ignored" : "",
            outcome.UploadedBytes > 0 ? $", {Screen.Size(outcome.UploadedBytes)} of large files sent" : "",
            outcome.KnownBytes > 0 ? $", {Screen.Size(outcome.KnownBytes)} known to the hub" : "");
        call.Screen.Line($"{repo}@{branch} {outcome.CommitId}: {outcome.AddedFiles} files{also}");
        if (outcome.CommitUrl is { } url) call.Screen.Line(url.OriginalString);
    }
}
