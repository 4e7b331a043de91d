using System.CommandLine;
using ModelZoo.Learning.Populations;

namespace ModelZoo.Cli.Populations;

/// <summary>Populations that the hub trains and analyses: started here, followed here, done there.</summary>
static class HubPopulation
{
    public static readonly Option<bool> Extend = new("--extend") { Description = "On the hub: the blueprint may add members to a population that is there" };
    public static readonly Option<bool> Analyse = new("--analyse") { Description = "On the hub: analyse it when it is done" };
    public static readonly Option<bool> NoWait = new("--no-wait") { Description = "On the hub: ask and leave; the hub goes on" };
    public static readonly Option<bool> Private = new("--private") { Description = "On the hub: a repository that has to be made is private" };

    public static async Task GenerateAsync(HubCall call, string blueprint, RepoAddress target)
    {
        // Read here first: what is wrong with it is said before a repository is made.
        var source = await BlueprintSource.ReadAsync(blueprint, call.Stop);
        await call.Zoo.CreateRepositoryAsync(target.Repo, isPrivate: call.Get(Private), existOk: true, stop: call.Stop);
        await HubJob.FollowAsync(call, await call.Zoo.GeneratePopulationAsync(target.Repo, source.Text, target.Revision, call.Get(Extend), call.Get(Analyse), call.Stop), call.Get(NoWait));
    }

    /// <summary>A place over a hub's own API, whose repository is made if need be.</summary>
    public static async Task<RemotePlace> OpenAsync(HubCall call, RepoAddress target, FolderPlace here, RemoteManner? manner = null)
    {
        await call.Zoo.CreateRepositoryAsync(target.Repo, isPrivate: call.Get(Private), existOk: true, stop: call.Stop);
        return await RemotePlace.OpenAsync(call.Zoo, target, here, manner ?? new(), call.Stop);
    }

    /// <summary>Where epochs lie until their member is on the hub: in the user's cache, by hub and repository.</summary>
    public static string Staging(HubCall call, RepoAddress target)
    {
        var cache = Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { Length: > 0 } given ? given : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache");
        return Path.Combine(cache, "modelzoo", "populations", $"{call.Endpoint.Host}~{call.Endpoint.Port}", $"{target.Repo}@{target.RevisionOrMain}".Replace('/', '~'));
    }

    public static async Task AnalyseAsync(HubCall call, RepoAddress target, IReadOnlyList<string> only) =>
        await HubJob.FollowAsync(call, await call.Zoo.AnalysePopulationAsync(target.Repo, only, target.Revision, call.Stop), call.Get(NoWait));
}
