using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using ModelZoo.Hub.Database;
using ModelZoo.Hub.Jobs;
using ModelZoo.Hub.Kernel;

namespace ModelZoo.Hub.Cluster;

/// <summary>
/// Carries the job bell between nodes. Outside the transactions that enqueue, because a notification inside one makes all
/// commits of a PostgreSQL take turns; so it is a hint that may be lost, and workers look by themselves every two seconds.
/// </summary>
sealed class BellWire(HubDatabase database, JobBell bell, ILogger<BellWire> log) : BackgroundService
{
    const string Channel = "modelzoo_jobs";

    /// <summary>Many rings within this time are one call.</summary>
    static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(50);

    static readonly TimeSpan s_again = TimeSpan.FromSeconds(2);

    readonly string _self = Secrets.NewText(12);

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Task.WhenAll(
        RepeatAsync(stop => database.ListenAsync(Channel, sender => { if (sender != _self) bell.Hear(); }, stop), stoppingToken),
        RepeatAsync(SendAsync, stoppingToken));

    async Task SendAsync(CancellationToken stop)
    {
        await bell.WaitForRingAsync(stop);
        await database.NotifyAsync(Channel, _self, stop);
        await Task.Delay(s_pause, stop);
    }

    async Task RepeatAsync(Func<CancellationToken, Task> work, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            try
            {
                await work(stop);
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                return;
            }
            catch (Exception error) when (error is Refusal or System.Data.Common.DbException or IOException or System.Net.Sockets.SocketException or TimeoutException)
            {
                log.BellCut(error);
                await Task.Delay(s_again, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }
}
