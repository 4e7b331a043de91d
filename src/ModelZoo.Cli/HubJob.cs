using ModelZoo.Client;

namespace ModelZoo.Cli;

/// <summary>A job on the hub ended without a result.</summary>
sealed class JobFailedException(string message) : Exception(message);

/// <summary>Follows a job on the hub. Whoever stops following stops nothing: the hub goes on.</summary>
static class HubJob
{
    static readonly TimeSpan s_between = TimeSpan.FromMilliseconds(500);

    /// <param name="noWait">Ask and leave.</param>
    /// <exception cref="JobFailedException">The job failed; says why.</exception>
    public static async Task FollowAsync(HubCall call, Job begun, bool noWait = false)
    {
        if (!call.Screen.IsJson) call.Screen.Error.WriteLine($"Job {begun.Id} on {call.Endpoint.Host}");
        var (job, told) = (begun, "");
        while (!noWait && job.State is ("waiting" or "running"))
        {
            await Task.Delay(s_between, call.Stop);
            job = await call.Zoo.GetJobAsync(begun.Id, call.Stop);
            if (call.Screen.ShowsProgress && job.State == "running" && $"{job.Progress:P0} {job.Message}" is var now && now != told) call.Screen.Error.WriteLine(Screen.Clean(told = now));
        }
        if (call.Screen.IsJson) call.Screen.Json(new { job = job.Id, state = job.State, message = job.Message });
        else if (job.State == "done") call.Screen.Line(job.Message ?? "Done.");
        if (job.State == "failed") throw new JobFailedException(job.Message ?? "The job failed.");
    }
}
