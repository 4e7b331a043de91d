using ModelZoo.Hub.Cluster;

namespace ModelZoo.Hub.Xet;

/// <summary>
/// Whether content may be sent as chunks now. Nodes of the release before this one cannot read what exists as chunks alone, so it
/// is not taken while one of them still runs.
/// </summary>
sealed class XetOffer(HubOptions options, ClusterLevel cluster)
{
    /// <summary>The level of the release that brought Xet.</summary>
    const long Level = 2;

    public async Task<bool> TakesContentAsync(CancellationToken stop) => options.Xet.Enabled && await cluster.IsReachedAsync(Level, stop);
}
