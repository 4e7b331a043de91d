using Microsoft.Extensions.DependencyInjection;
using ModelZoo.Hub.Jobs;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Repositories;

namespace ModelZoo.Hub.Xet;

/// <summary>Files as chunks.</summary>
static class XetServices
{
    public static void AddXet(this IServiceCollection services)
    {
        services.AddAll(typeof(XorbStore), typeof(Xorbs), typeof(XorbBytes), typeof(XetFileStore), typeof(XetOffer), typeof(XetFiles), typeof(ChunkReachQuery), typeof(ContentProof),
            typeof(XorbReceiver), typeof(ShardRegistrar), typeof(Reconstruction), typeof(DedupQuery), typeof(Deduplication), typeof(ChunkingStore), typeof(StorageQuery));
        services.AddSingleton<IJobHandler, ChunkingJob>();
        services.AddSingleton<ILateProjection, ChunkingProjection>();
        services.AddSingleton<ICommitFollower, ChunkingFollower>();
    }
}
