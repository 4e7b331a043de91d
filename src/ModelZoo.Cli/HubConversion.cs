using ModelZoo.Client;

namespace ModelZoo.Cli;

/// <summary>Starts a conversion on the hub and follows its job. Whoever stops following stops nothing: the hub goes on.</summary>
static class HubConversion
{
    static readonly TimeSpan s_between = TimeSpan.FromMilliseconds(500);

    public static async Task RunAsync(HubCall call, RepoAddress model, string to, string? type, string? shardSize, string? file, string? target)
    {
        var begun = await call.Zoo.ConvertAsync(model.Repo, model.Revision, to, type, shardSize, file, target is null ? null : RepoId.Parse(target, RepoKind.Model), call.Stop);
        if (!call.Screen.IsJson) call.Screen.Error.WriteLine($"Job {begun.Id} on {call.Endpoint.Host}");
        var (job, told) = (begun, "");
        while (job.State is "waiting" or "running")
        {
            await Task.Delay(s_between, call.Stop);
            job = await call.Zoo.GetJobAsync(begun.Id, call.Stop);
            if (call.Screen.ShowsProgress && job.State == "running" && $"{job.Progress:P0} {job.Message}" is var now && now != told) call.Screen.Error.WriteLine(Screen.Clean(told = now));
        }
        if (call.Screen.IsJson) call.Screen.Json(new { job = job.Id, state = job.State, message = job.Message });
        else if (job.State == "done") call.Screen.Line(job.Message ?? "Done.");
        if (job.State == "failed") throw new ModelZoo.Weights.ConversionException(job.Message ?? "The conversion failed.");
    }
}
