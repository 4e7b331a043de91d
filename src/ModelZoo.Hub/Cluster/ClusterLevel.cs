namespace ModelZoo.Hub.Cluster;

/// <summary>
/// Holds back what older programs could not read until every node knows it: ask before writing a new form of data, and write
/// the old form while the answer is no. Once it was yes it stays yes, and older programs are refused at their start.
/// </summary>
sealed class ClusterLevel(NodeStore nodes, TimeProvider time)
{
    /// <summary>A no is asked again after this long: upgrades take minutes.</summary>
    static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    readonly Lock _gate = new();
    long _reached = 1;
    (long Level, DateTimeOffset At) _refused;

    public async Task<bool> IsReachedAsync(long level, CancellationToken stop)
    {
        lock (_gate)
        {
            if (level <= _reached) return true;
            if (level >= _refused.Level && _refused.Level > 0 && time.GetUtcNow() - _refused.At < s_patience) return false;
        }
        var reached = await nodes.TryReachAsync(level, stop);
        lock (_gate)
        {
            if (reached) _reached = Math.Max(_reached, level);
            else _refused = (level, time.GetUtcNow());
        }
        return reached;
    }
}
