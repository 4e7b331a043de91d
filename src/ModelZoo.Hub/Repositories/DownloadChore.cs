using ModelZoo.Hub.Jobs;

namespace ModelZoo.Hub.Repositories;

/// <summary>Writes the downloads counted in memory.</summary>
sealed class DownloadChore(DownloadCounter counter) : IChore
{
    public TimeSpan Every => TimeSpan.FromSeconds(5);

    public Task RunAsync(CancellationToken stop) => counter.FlushAsync(stop);
}
