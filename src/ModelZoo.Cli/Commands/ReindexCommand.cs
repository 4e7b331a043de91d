using System.CommandLine;
using ModelZoo.Hub.Maintenance;
using ModelZoo.Hub.Repositories;

namespace ModelZoo.Cli.Commands;

/// <summary>`zoo reindex`: derives again everything that is derived from commits.</summary>
static class ReindexCommand
{
    public static Command Build()
    {
        var address = new Argument<string?>("REPO") { Description = "Only this one, as owner/name or datasets/owner/name", Arity = ArgumentArity.ZeroOrOne };
        return LocalHub.On(new Command("reindex", "Rebuild all tables that are derived from commits; may run beside the hub") { address }, async hub =>
        {
            var reindexer = hub.Get<Reindexer>();
            if (hub.Parse.GetValue(address) is { } text)
            {
                var repository = await FindAsync(hub, text);
                await LocalHub.RunAsync(hub.Screen, run => reindexer.RunAsync(repository.Id, run, hub.Stop));
                hub.Screen.Line($"Rebuilt {repository.FullName}.");
                return 0;
            }
            var count = await LocalHub.RunAsync(hub.Screen, run => reindexer.RunAllAsync(run, hub.Stop));
            hub.Screen.Line($"Rebuilt {count} repositories.");
            return 0;
        });
    }

    static async Task<Repository> FindAsync(LocalHub hub, string text)
    {
        var words = text.Trim('/').Split('/');
        var (kind, rest) = words[0] switch
        {
            "datasets" => (RepositoryKind.Dataset, words[1..]),
            "spaces" => (RepositoryKind.Space, words[1..]),
            "models" => (RepositoryKind.Model, words[1..]),
            _ => (RepositoryKind.Model, words),
        };
        if (rest.Length != 2) throw new UsageException($"A repository is named owner/name or datasets/owner/name, not '{text}'.");
        return (await hub.Get<RepositoryStore>().FindAsync(kind, rest[0], rest[1], null, hub.Stop))?.Repository
            ?? throw new UsageException($"There is no repository {text}.");
    }
}
