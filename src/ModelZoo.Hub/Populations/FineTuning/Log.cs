using Microsoft.Extensions.Logging;

namespace ModelZoo.Hub.Populations.FineTuning;

static partial class Log
{
    [LoggerMessage(3951, LogLevel.Information, "Removed {Folder}, which a fine-tuning that was killed left behind")]
    public static partial void ScratchSwept(this ILogger log, string folder);
}
