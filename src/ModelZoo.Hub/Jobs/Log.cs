using Microsoft.Extensions.Logging;

namespace ModelZoo.Hub.Jobs;

static partial class Log
{
    [LoggerMessage(3101, LogLevel.Information, "Job {JobId} ({JobName}) is done: {Message}")]
    public static partial void JobDone(this ILogger log, long jobId, string jobName, string message);

    [LoggerMessage(3102, LogLevel.Warning, "Job {JobId} ({JobName}) failed in attempt {Attempt}")]
    public static partial void JobFailed(this ILogger log, Exception error, long jobId, string jobName, long attempt);

    [LoggerMessage(3103, LogLevel.Warning, "Job {JobId} ({JobName}) lost its lease; another worker may have it")]
    public static partial void LeaseLost(this ILogger log, long jobId, string jobName);

    [LoggerMessage(3104, LogLevel.Warning, "The job queue cannot be read now")]
    public static partial void QueueUnreachable(this ILogger log, Exception error);
}
