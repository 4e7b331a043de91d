using System.Net;
using ModelZoo.Conformance.Harness;

namespace ModelZoo.Conformance;

/// <summary>The real program, killed and started again on the same data.</summary>
public sealed class HubProcessTests
{
    [Fact]
    public async Task What_was_acknowledged_before_a_kill_is_there_after_the_next_start()
    {
        await using var hub = new HubProcess();
        await hub.StartAsync();
        var repo = await WireRepository.CreateAsync(hub, "killed");
        await repo.CommitAsync(("a.txt", "kept"));
        hub.Kill();
        Assert.False(hub.Running);
        await hub.StartAsync();
        using var answer = await repo.ResolveAsync("a.txt");
        await WireRepository.HasStatus(answer, HttpStatusCode.OK);
        Assert.Equal("kept", await answer.Content.ReadAsStringAsync());
    }
}
