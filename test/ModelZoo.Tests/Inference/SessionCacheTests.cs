using ModelZoo.Inference;
using ModelZoo.Inference.Graphs;
using ModelZoo.Inference.Runtime;

namespace ModelZoo.Tests.Inference;

public sealed class SessionCacheTests
{
    static readonly CancellationToken s_never = CancellationToken.None;

    int _opened;

    [Fact]
    public async Task Those_who_ask_at_once_share_one_load_and_the_model_stays_until_room_is_needed()
    {
        Models.RequireRuntime();
        using var cache = new SessionCache(100);
        var leases = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => cache.RentAsync("a", 60, OpenAsync, s_never)));
        Assert.Equal(1, _opened);
        Assert.All(leases, lease => Assert.Same(leases[0].Session, lease.Session));
        foreach (var lease in leases) lease.Dispose();
        using (await cache.RentAsync("a", 60, OpenAsync, s_never)) Assert.Equal(1, _opened);
        using (await cache.RentAsync("b", 40, OpenAsync, s_never)) Assert.Equal(100, cache.UsedBytes);
        using (await cache.RentAsync("c", 50, OpenAsync, s_never)) Assert.Equal(90, cache.UsedBytes);
        Assert.Equal(2, cache.Count);       // a went: nobody had used it for longest
        Assert.Equal(3, _opened);
    }

    [Fact]
    public async Task Who_finds_no_room_waits_until_a_model_is_given_back()
    {
        Models.RequireRuntime();
        using var cache = new SessionCache(100);
        var first = await cache.RentAsync("a", 80, OpenAsync, s_never);
        using var patience = new CancellationTokenSource(50);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cache.RentAsync("b", 80, OpenAsync, patience.Token));
        var waiting = cache.RentAsync("b", 80, OpenAsync, s_never);
        Assert.False(waiting.IsCompleted);
        first.Dispose();
        using var second = await waiting;
        Assert.Equal(80, cache.UsedBytes);
        Assert.Equal(InferenceFault.Limit, (await Assert.ThrowsAsync<InferenceException>(() => cache.RentAsync("c", 101, OpenAsync, s_never))).Fault);
    }

    [Fact]
    public async Task A_load_that_fails_is_forgotten_and_tried_again()
    {
        Models.RequireRuntime();
        using var cache = new SessionCache(100);
        await Assert.ThrowsAsync<IOException>(() => cache.RentAsync("a", 10, _ => throw new IOException("gone"), s_never));
        Assert.Equal(0, cache.UsedBytes);
        using var lease = await cache.RentAsync("a", 10, OpenAsync, s_never);
        Assert.Equal(10, cache.UsedBytes);
    }

    async Task<OnnxSession> OpenAsync(CancellationToken stop)
    {
        Interlocked.Increment(ref _opened);
        await Task.Delay(20, stop);
        var graph = new GraphBuilder("tiny");
        graph.Input("x", ElementType.Float, 1);
        graph.Name("Neg", ["x"], "y");
        graph.Output("y", ElementType.Float, 1);
        return await OnnxSession.OpenAsync(graph.ToBytes(), SessionSettings.Default, null, null, stop);
    }
}
