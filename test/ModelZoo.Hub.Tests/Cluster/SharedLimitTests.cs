using System.Net;
using ModelZoo.Hub.Operations;

namespace ModelZoo.Hub.Tests.Cluster;

public sealed class LimitedNodes : TwoNodes
{
    public const int Limit = 400;

    private protected override void Adjust(HubOptions options) =>
        (options.Limits.RequestsPerMinute, options.Limits.AnonymousRequestsPerMinute) = (Limit, 100_000);
}

/// <summary>One allowance for all nodes.</summary>
public sealed class SharedLimitTests(LimitedNodes nodes) : IClassFixture<LimitedNodes>
{
    [Fact]
    public async Task An_account_has_one_allowance_for_all_nodes_within_a_hundredth_for_each()
    {
        var who = await nodes.A.JoinAsync();
        var other = nodes.OnB(who);
        var (granted, refused) = (0, 0);
        await Parallel.ForEachAsync(Enumerable.Range(0, 8), new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (worker, _) =>
        {
            for (var i = 0; i < 80; i++)
            {
                var answer = await (worker % 2 == 0 ? who : other).GetAsync("/api/whoami-v2");
                if (answer.StatusCode == HttpStatusCode.OK) Interlocked.Increment(ref granted);
                else if (answer.StatusCode == HttpStatusCode.TooManyRequests) Interlocked.Increment(ref refused);
            }
        });
        Assert.Equal(640, granted + refused);
        Assert.InRange(granted, LimitedNodes.Limit * 0.9, LimitedNodes.Limit * 1.02);
        var told = await other.GetAsync("/api/whoami-v2");
        Assert.Equal(HttpStatusCode.TooManyRequests, told.StatusCode);
        Assert.InRange(told.Headers.RetryAfter!.Delta!.Value.TotalSeconds, 1, 60);
    }

    [Fact]
    public async Task Requests_do_not_write_to_the_database_one_by_one()
    {
        var who = await nodes.A.JoinAsync();
        var store = nodes.A.Get<AllowanceStore>();
        var limits = nodes.A.Get<RequestLimits>();
        for (var i = 0; i < LimitedNodes.Limit / 100; i++) await limits.SpendAsync(new("api", $"quiet {who.Handle}"), default);
        // Nothing was drawn: the whole allowance, less what was let through, is there to be drawn from.
        var grant = await store.DrawAsync($"api:quiet {who.Handle}", LimitedNodes.Limit, 0, default);
        Assert.Equal(LimitedNodes.Limit / 16, grant.Permits);
    }
}
