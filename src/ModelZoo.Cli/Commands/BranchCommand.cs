using System.CommandLine;

namespace ModelZoo.Cli.Commands;

/// <summary>`zoo branch create | delete | list`.</summary>
static class BranchCommand
{
    public static Command Build()
    {
        var (repo, branch) = (RepoAddress.Argument("REPO"), new Argument<string>("BRANCH"));
        var from = new Option<string?>("--from") { Description = "Where it begins [default: main]" };
        var create = HubCall.On(new Command("create", "Make a branch") { repo, branch, RepoAddress.Kind, from }, async call =>
        {
            var id = RepoAddress.WithoutRevision(call, repo);
            await call.Zoo.CreateBranchAsync(id, call.Get(branch), call.Get(from), call.Stop);
            call.Screen.Line($"Made branch {call.Get(branch)} of {id}.");
        });
        var delete = HubCall.On(new Command("delete", "Delete a branch") { repo, branch, RepoAddress.Kind }, async call =>
        {
            var id = RepoAddress.WithoutRevision(call, repo);
            await call.Zoo.DeleteBranchAsync(id, call.Get(branch), call.Stop);
            call.Screen.Line($"Deleted branch {call.Get(branch)} of {id}.");
        });
        var list = HubCall.On(new Command("list", "List branches") { repo, RepoAddress.Kind, HubCall.Json }, async call =>
            Show(call, (await call.Zoo.ListReferencesAsync(RepoAddress.WithoutRevision(call, repo), stop: call.Stop)).Branches));
        return new("branch", "Make, list and delete branches") { create, delete, list };
    }

    public static void Show(HubCall call, IReadOnlyList<Client.Reference> references)
    {
        if (call.Screen.IsJson) call.Screen.Json(references.Select(r => new { name = r.Name, commit = r.TargetCommit }));
        else call.Screen.Table(["name", "commit"], [.. references.Select(r => (string[])[r.Name, r.TargetCommit])]);
    }
}
