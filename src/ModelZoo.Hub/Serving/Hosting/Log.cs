using Microsoft.Extensions.Logging;

namespace ModelZoo.Hub.Serving.Hosting;

static partial class Log
{
    [LoggerMessage(3811, LogLevel.Information, "Loaded {Repository} at {Commit} in {DurationMs} ms")]
    public static partial void ModelLoaded(this ILogger log, string repository, string commit, long durationMs);

    [LoggerMessage(3812, LogLevel.Information, "Unloaded {Repository} at {Commit}: {Reason}")]
    public static partial void ModelUnloaded(this ILogger log, string repository, string commit, string reason);
}
