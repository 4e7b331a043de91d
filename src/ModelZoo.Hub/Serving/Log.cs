using Microsoft.Extensions.Logging;

namespace ModelZoo.Hub.Serving;

static partial class Log
{
    [LoggerMessage(3801, LogLevel.Debug, "Removed the local folder {Digest} with {Copies} copies")]
    public static partial void FolderRemoved(this ILogger log, string digest, int copies);

    [LoggerMessage(3802, LogLevel.Warning, "A worker process ended: {Words}")]
    public static partial void WorkerEnded(this ILogger log, string words);
}
