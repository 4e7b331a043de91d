using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace ModelZoo.Hub.Kernel;

/// <summary>The hub's one meter and one source of activities. Instruments are called zoo.noun.verb, with a unit.</summary>
static class ZooMeter
{
    public const string Name = "ModelZoo";

    public static readonly ActivitySource Activities = new(Name);

    static readonly Meter s_meter = new(Name);

    public static readonly Counter<long> CommitsWritten = s_meter.CreateCounter<long>("zoo.commit.written", "{commit}", "Commits that moved a branch.");
    public static readonly Counter<long> BlobBytesStored = s_meter.CreateCounter<long>("zoo.blob.stored", "By", "Bytes of large content received, verified and stored.");
    public static readonly Counter<long> DownloadsServed = s_meter.CreateCounter<long>("zoo.download.served", "{download}", "Requests for a file's content that were answered with it.");
    public static readonly Histogram<double> JobsRun = s_meter.CreateHistogram<double>("zoo.job.run", "s", "Time that jobs took, by name and outcome.");
    public static readonly Histogram<double> ModelsAsked = s_meter.CreateHistogram<double>("zoo.model.asked", "s", "Time that requests to models took, waiting included, by outcome.");
    public static readonly Counter<long> Refused = s_meter.CreateCounter<long>("zoo.request.refused", "{request}", "Requests that were refused, by kind.");
    public static readonly Histogram<double> DatabaseCalls = s_meter.CreateHistogram<double>("zoo.database.call", "s", "Time that calls of the database took, waiting for a turn included.");
}
