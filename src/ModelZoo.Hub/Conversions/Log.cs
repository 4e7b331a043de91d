using Microsoft.Extensions.Logging;

namespace ModelZoo.Hub.Conversions;

static partial class Log
{
    [LoggerMessage(3701, LogLevel.Information, "Removed {Folder}, which a conversion that was killed left behind")]
    public static partial void ScratchSwept(this ILogger log, string folder);
}
