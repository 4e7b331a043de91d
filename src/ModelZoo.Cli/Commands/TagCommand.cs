using System.CommandLine;

namespace ModelZoo.Cli.Commands;

/// <summary>`zoo tag create | delete | list`.</summary>
static class TagCommand
{
    public static Command Build()
    {
        var (repo, tag) = (RepoAddress.Argument("REPO"), new Argument<string>("TAG"));
        var target = RepoAddress.Argument();
        var message = new Option<string?>("--message", "-m") { Description = "Text kept with it" };
        var create = HubCall.On(new Command("create", "Name a commit for good") { target, tag, RepoAddress.Kind, message }, async call =>
        {
            var where = RepoAddress.From(call, target);
            await call.Zoo.CreateTagAsync(where.Repo, call.Get(tag), where.Revision, call.Get(message), call.Stop);
            call.Screen.Line($"Tagged {where.Repo}@{where.RevisionOrMain} as {call.Get(tag)}.");
        });
        var delete = HubCall.On(new Command("delete", "Delete a tag") { repo, tag, RepoAddress.Kind }, async call =>
        {
            var id = RepoAddress.WithoutRevision(call, repo);
            await call.Zoo.DeleteTagAsync(id, call.Get(tag), call.Stop);
            call.Screen.Line($"Deleted tag {call.Get(tag)} of {id}.");
        });
        var list = HubCall.On(new Command("list", "List tags") { repo, RepoAddress.Kind, HubCall.Json }, async call =>
            BranchCommand.Show(call, (await call.Zoo.ListReferencesAsync(RepoAddress.WithoutRevision(call, repo), stop: call.Stop)).Tags));
        return new("tag", "Make, list and delete tags") { create, delete, list };
    }
}
