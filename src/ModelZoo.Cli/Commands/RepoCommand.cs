using System.CommandLine;
using ModelZoo.Client;
using Spectre.Console;

namespace ModelZoo.Cli.Commands;

/// <summary>`zoo repo create | list | delete | move | fork | settings`.</summary>
static class RepoCommand
{
    public static Command Build() => new("repo", "Make, list, change and delete repositories")
    {
        BuildCreate(), BuildList(), BuildDelete(), BuildMove(), BuildFork(), BuildSettings(),
    };

    static Command BuildCreate()
    {
        var repo = RepoAddress.Argument("REPO");
        var isPrivate = new Option<bool>("--private") { Description = "Visible to some only" };
        var existOk = new Option<bool>("--exist-ok") { Description = "Accept one that is there already" };
        return HubCall.On(new Command("create", "Make a repository") { repo, RepoAddress.Kind, isPrivate, existOk, HubCall.Json }, async call =>
        {
            var id = RepoAddress.WithoutRevision(call, repo);
            var address = await call.Zoo.CreateRepositoryAsync(id, call.Get(isPrivate), call.Get(existOk), call.Stop);
            if (call.Screen.IsJson) call.Screen.Json(new { id = id.Id, kind = id.Kind.ToString().ToLowerInvariant(), url = address });
            else call.Screen.Line(address.OriginalString);
        });
    }

    static Command BuildList()
    {
        var search = new Option<string?>("--search") { Description = "Text in the id" };
        var author = new Option<string?>("--author") { Description = "Owning account" };
        var tags = new Option<string[]>("--tag") { Description = "A tag it must have (repeatable)" };
        var sort = new Option<string?>("--sort") { Description = "createdAt, lastModified, downloads, likes, trendingScore or id" };
        var limit = new Option<int>("--limit") { Description = "Most repositories", DefaultValueFactory = _ => 100 };
        return HubCall.On(new Command("list", "List repositories") { RepoAddress.Kind, search, author, tags, sort, limit, HubCall.Json }, async call =>
        {
            var filter = new RepositoryFilter { Search = call.Get(search), Author = call.Get(author), Tags = call.Get(tags) ?? [], Sort = call.Get(sort), Limit = call.Get(limit) };
            var found = new List<Repository>();
            await foreach (var repository in call.Zoo.ListRepositoriesAsync(call.Get(RepoAddress.Kind), filter, call.Stop)) found.Add(repository);
            SearchCommand.Show(call, call.Get(RepoAddress.Kind), found);
        });
    }

    static Command BuildDelete()
    {
        var repo = RepoAddress.Argument("REPO");
        var yes = new Option<bool>("--yes", "-y") { Description = "Do not ask" };
        return HubCall.On(new Command("delete", "Delete a repository and everything in it") { repo, RepoAddress.Kind, yes }, async call =>
        {
            var id = RepoAddress.WithoutRevision(call, repo);
            if (!call.Get(yes))
            {
                if (!call.Screen.IsInteractive) throw new UsageException($"Add --yes to delete {id} without being asked.");
                var typed = await new TextPrompt<string>(Markup.Escape($"This deletes {id} for good. Type {id.Id} to go on:")).ShowAsync(AnsiConsole.Console, call.Stop);
                if (typed.Trim() != id.Id) throw new UsageException("Nothing was deleted.");
            }
            await call.Zoo.DeleteRepositoryAsync(id, call.Stop);
            call.Screen.Line($"Deleted {id}.");
        });
    }

    static Command BuildMove()
    {
        var (from, to) = (RepoAddress.Argument("FROM"), RepoAddress.Argument("TO"));
        return HubCall.On(new Command("move", "Rename a repository, or give it to another account") { from, to, RepoAddress.Kind }, async call =>
        {
            var source = RepoAddress.WithoutRevision(call, from);
            var target = RepoAddress.Parse(call.Get(to), source.Kind).Repo;
            if (target.Kind != source.Kind) throw new UsageException("A repository keeps its kind.");
            await call.Zoo.MoveRepositoryAsync(source, target, call.Stop);
            call.Screen.Line($"{source} is now {target}.");
        });
    }

    static Command BuildFork()
    {
        var (from, to) = (RepoAddress.Argument("FROM"), RepoAddress.Argument("TO"));
        var isPrivate = new Option<bool?>("--private") { Description = "true or false: visible to some only; as the origin is when not given" };
        return HubCall.On(new Command("fork", "Make a repository with the history of another, at once: content is shared") { from, to, RepoAddress.Kind, isPrivate, HubCall.Json }, async call =>
        {
            var source = RepoAddress.WithoutRevision(call, from);
            var target = RepoAddress.Parse(call.Get(to), source.Kind).Repo;
            if (target.Kind != source.Kind) throw new UsageException("A repository keeps its kind.");
            var address = await call.Zoo.ForkRepositoryAsync(source, target, call.Get(isPrivate), call.Stop);
            if (call.Screen.IsJson) call.Screen.Json(new { id = target.Id, kind = target.Kind.ToString().ToLowerInvariant(), forkedFrom = source.Id, url = address });
            else call.Screen.Line(address.OriginalString);
        });
    }

    static Command BuildSettings()
    {
        var repo = RepoAddress.Argument("REPO");
        var isPrivate = new Option<bool?>("--private") { Description = "true or false: visible to some only" };
        var gated = new Option<string?>("--gated") { Description = "auto, manual or false: whether readers must ask first" };
        gated.AcceptOnlyFromAmong("auto", "manual", "false");
        var description = new Option<string?>("--description") { Description = "One sentence about it" };
        return HubCall.On(new Command("settings", "Change settings of a repository") { repo, RepoAddress.Kind, isPrivate, gated, description }, async call =>
        {
            var settings = new RepositorySettings(call.Get(isPrivate), call.Get(gated), call.Get(description));
            if (settings == new RepositorySettings()) throw new UsageException("Say what to change: --private, --gated or --description.");
            var id = RepoAddress.WithoutRevision(call, repo);
            await call.Zoo.ChangeSettingsAsync(id, settings, call.Stop);
            call.Screen.Line($"Changed {id}.");
        });
    }
}
