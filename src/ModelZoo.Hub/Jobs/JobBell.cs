namespace ModelZoo.Hub.Jobs;

/// <summary>Wakes workers when something was enqueued: those of this node at once, those of others by whoever carries it there.</summary>
sealed class JobBell : IDisposable
{
    readonly SemaphoreSlim _bell = new(0, 1);
    readonly SemaphoreSlim _rung = new(0, 1);

    /// <summary>Something was enqueued here.</summary>
    public void Ring()
    {
        Release(_bell);
        Release(_rung);
    }

    /// <summary>Something was enqueued on another node.</summary>
    public void Hear() => Release(_bell);

    static void Release(SemaphoreSlim semaphore)
    {
        try
        {
            semaphore.Release();
        }
        catch (SemaphoreFullException)
        {
            // Somebody is awake already.
        }
    }

    public Task WaitAsync(TimeSpan atMost, CancellationToken stop) => _bell.WaitAsync(atMost, stop);

    /// <summary>Returns when it was rung here since the last time.</summary>
    public Task WaitForRingAsync(CancellationToken stop) => _rung.WaitAsync(stop);

    public void Dispose()
    {
        _bell.Dispose();
        _rung.Dispose();
    }
}
