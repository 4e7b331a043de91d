using Microsoft.Extensions.Logging;

namespace ModelZoo.Hub.Cluster;

static partial class Log
{
    [LoggerMessage(3201, LogLevel.Information, "This is node {NodeId}, {NodeName}; its clock is corrected by {CorrectionMs} ms")]
    public static partial void Joined(this ILogger log, long nodeId, string nodeName, double correctionMs);

    [LoggerMessage(3202, LogLevel.Warning, "This node cannot say that it lives: the database does not answer")]
    public static partial void BeatFailed(this ILogger log, Exception error);

    [LoggerMessage(3203, LogLevel.Error, "This node can no longer serve: {Reason}")]
    public static partial void TooOld(this ILogger log, string reason);

    [LoggerMessage(3204, LogLevel.Information, "The bell between nodes is cut; workers look for jobs by themselves until it is back")]
    public static partial void BellCut(this ILogger log, Exception error);
}
