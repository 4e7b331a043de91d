using ModelZoo.Client;

namespace ModelZoo.Cli;

/// <summary>Starts a conversion on the hub and follows its job. Whoever stops following stops nothing: the hub goes on.</summary>
static class HubConversion
{
    public static async Task RunAsync(HubCall call, RepoAddress model, string to, string? type, string? shardSize, string? file, string? target)
    {
        var begun = await call.Zoo.ConvertAsync(model.Repo, model.Revision, to, type, shardSize, file, target is null ? null : RepoId.Parse(target, RepoKind.Model), call.Stop);
        await HubJob.FollowAsync(call, begun);
    }
}
