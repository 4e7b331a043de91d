using Microsoft.Extensions.Logging;

namespace ModelZoo.Hub.Evaluations.Runs;

static partial class Log
{
    [LoggerMessage(3901, LogLevel.Information, "Removed {Folder}, which an evaluation that was killed left behind")]
    public static partial void ScratchSwept(this ILogger log, string folder);
}
