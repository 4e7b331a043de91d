using Microsoft.Extensions.Hosting;
using ModelZoo.Hub.Accounts;
using ModelZoo.Hub.Kernel;

namespace ModelZoo.Hub.Search;

/// <summary>Loads the index when the hub starts, so that the first visitor need not wait for it.</summary>
sealed class IndexWarmUp(RepositoryIndex index) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stop)
    {
        try
        {
            await Task.Yield();
            await index.LookAsync(Actor.Nobody, stop);
        }
        catch (Exception error) when (error is Refusal or OperationCanceledException)
        {
            // The database is away, or the hub stops again: the first question will load it.
        }
    }
}
