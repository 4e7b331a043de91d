using System.CommandLine;
using System.Text.Json;
using ModelZoo.Client;
using ModelZoo.Learning.Merging;

namespace ModelZoo.Cli.Populations;

/// <summary>Has the hub make a soup or merge. Whoever stops following stops nothing: the hub goes on.</summary>
static class HubMerge
{
    public static readonly Option<bool> OnHub = new("--on-hub") { Description = "The hub makes it, from models that it has" };
    public static readonly Option<string?> Target = new("--to") { Description = "On the hub: the repository that gets it, owner/name; a new one is made", HelpName = "REPO" };
    public static readonly Option<string?> Branch = new("--branch") { Description = "On the hub: a branch of a repository that there is" };
    public static readonly Option<bool> PullRequest = new("--pull-request") { Description = "On the hub: propose it" };
    public static readonly Option<bool> Private = new("--private") { Description = "On the hub: a new repository is private" };
    public static readonly Option<bool> Check = new("--check") { Description = "Only say whether the models can be averaged" };

    public static void AddTo(Command command)
    {
        foreach (var option in (Option[])[OnHub, Target, Branch, PullRequest, Private, Check]) command.Options.Add(option);
    }

    public static Task RunAsync(LocalCall local, MergeRequest request) => HubCall.RunAsync(local.Parse, async call =>
    {
        if (local.Get(Check))
        {
            Tell(call.Screen, await call.Zoo.CheckMergeAsync(request, call.Stop));
            return;
        }
        request = request with
        {
            Target = local.Get(Target) ?? throw new UsageException("--to owner/name says which repository gets the result."), Branch = local.Get(Branch), PullRequest = local.Get(PullRequest), IsPrivate = local.Get(Private) ? true : null,
        };
        var begun = await call.Zoo.MergeAsync(request, call.Stop);
        await HubJob.FollowAsync(call, begun);
    }, local.Stop);

    static void Tell(Screen screen, JsonElement outlook)
    {
        if (screen.IsJson)
        {
            screen.Json(outlook);
            return;
        }
        foreach (var pair in outlook.GetProperty("pairs").EnumerateArray())
            screen.Line($"{pair.GetProperty("first").GetString()} and {pair.GetProperty("second").GetString()}: {pair.GetProperty("verdict").GetString()}. {string.Join(" ", pair.GetProperty("reasons").EnumerateArray().Select(reason => reason.GetString()))}");
        foreach (var remark in outlook.GetProperty("remarks").EnumerateArray()) screen.Line(remark.GetString() ?? "");
        screen.Line(outlook.GetProperty("verdict").GetString() ?? "");
    }
}
