using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace ModelZoo.Hub.Jobs;

/// <summary>Something small that every node does every so often.</summary>
interface IChore
{
    TimeSpan Every { get; }

    Task RunAsync(CancellationToken stop);
}

/// <summary>Runs the chores, and each once more at shutdown so that nothing counted is lost.</summary>
sealed class Chores(IEnumerable<IChore> chores, ILogger<Chores> log) : BackgroundService
{
    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Task.WhenAll(chores.Select(chore => RepeatAsync(chore, stoppingToken)));

    async Task RepeatAsync(IChore chore, CancellationToken stop)
    {
        using var timer = new PeriodicTimer(chore.Every);
        try
        {
            while (await timer.WaitForNextTickAsync(stop)) await TryAsync(chore, stop);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            await TryAsync(chore, CancellationToken.None);
        }
    }

    async Task TryAsync(IChore chore, CancellationToken stop)
    {
        try
        {
            await chore.RunAsync(stop);
        }
        catch (Exception error) when (error is not OperationCanceledException || !stop.IsCancellationRequested)
        {
            log.LogWarning(3110, error, "The chore {Chore} failed; it will be tried again", chore.GetType().Name);
        }
    }
}
