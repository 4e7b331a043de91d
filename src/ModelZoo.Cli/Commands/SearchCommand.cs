using System.CommandLine;
using ModelZoo.Client;

namespace ModelZoo.Cli.Commands;

/// <summary>`zoo search TEXT`: repositories whose id holds the words, on any hub.</summary>
static class SearchCommand
{
    public static Command Build()
    {
        var text = new Argument<string[]>("TEXT") { Description = "Words to find", Arity = ArgumentArity.OneOrMore };
        var limit = new Option<int>("--limit") { Description = "Most repositories of each kind", DefaultValueFactory = _ => 20 };
        return HubCall.On(new Command("search", "Find models and datasets") { text, RepoAddress.Kind, limit, HubCall.Json }, async call =>
        {
            RepoKind[] kinds = call.Parse.GetResult(RepoAddress.Kind) is { Implicit: false } ? [call.Get(RepoAddress.Kind)] : [RepoKind.Model, RepoKind.Dataset];
            var found = new List<(RepoKind, Repository)>();
            foreach (var kind in kinds)
                await foreach (var repository in call.Zoo.ListRepositoriesAsync(kind, new() { Search = string.Join(' ', call.Get(text)), Limit = call.Get(limit) }, call.Stop))
                    found.Add((kind, repository));
            Show(call, found);
        });
    }

    public static void Show(HubCall call, RepoKind kind, IEnumerable<Repository> found) => Show(call, [.. found.Select(r => (kind, r))]);

    static void Show(HubCall call, List<(RepoKind Kind, Repository Repository)> found)
    {
        if (call.Screen.IsJson)
            call.Screen.Json(found.Select(f => new { kind = f.Kind.ToString().ToLowerInvariant(), id = f.Repository.Id, @private = f.Repository.Private,
                task = f.Repository.PipelineTag, library = f.Repository.LibraryName, downloads = f.Repository.Downloads, likes = f.Repository.Likes, tags = f.Repository.Tags }));
        else
            call.Screen.Table(["repository", "task", "library", "downloads", "likes", ""], [.. found.Select(f => (string[])[
                RepoId.TryParse(f.Repository.Id, f.Kind, out var id) ? id.ToString() : f.Repository.Id, f.Repository.PipelineTag ?? "", f.Repository.LibraryName ?? "",
                $"{f.Repository.Downloads ?? 0}", $"{f.Repository.Likes ?? 0}", f.Repository.Private ? "private" : ""])]);
    }
}
