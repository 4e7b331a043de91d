using ModelZoo.Xet;

namespace ModelZoo.Client;

/// <summary>Sends finished xorbs, a few at a time, while the next is being collected.</summary>
sealed class XorbSender(XetAccess access, ZooClientOptions options, Action<Xorb> sent, CancellationToken stop) : IAsyncDisposable
{
    /// <summary>Xorbs on their way at once; each is in memory until it has arrived.</summary>
    const int Parallel = 3;

    readonly SemaphoreSlim _slots = new(Parallel);
    readonly CancellationTokenSource _leaving = CancellationTokenSource.CreateLinkedTokenSource(stop);
    readonly List<Task> _sending = [];
    long _sentBytes;

    public long SentBytes => Interlocked.Read(ref _sentBytes);

    /// <summary>Returns when there is room to collect the next; throws what went wrong with an earlier one.</summary>
    public async Task AddAsync(Xorb xorb, XorbBuild build)
    {
        await _slots.WaitAsync(_leaving.Token);
        foreach (var done in _sending.Where(task => task.IsCompleted).ToArray())
        {
            _sending.Remove(done);
            await done;
        }
        _sending.Add(SendAsync(xorb, build));
    }

    public Task FinishAsync() => Task.WhenAll(_sending);

    async Task SendAsync(Xorb xorb, XorbBuild build)
    {
        try
        {
            var name = xorb.Hash;
            using var response = await access.SendAsync(cas => HubTransport.RequestTo(
                HttpMethod.Post, HubTransport.Verbatim($"{cas}/v1/xorbs/default/{name}"), new MemoryContent(xorb.Bytes, options.IdleTimeout)), _leaving.Token);
            Interlocked.Add(ref _sentBytes, xorb.Bytes.Length);
            build.ReportSent();
            sent(xorb);
        }
        finally
        {
            _slots.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _leaving.CancelAsync();
        // What went wrong was told to whoever added it, or is not waited for any more.
        await Task.WhenAll(_sending).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _leaving.Dispose();
        _slots.Dispose();
    }
}
