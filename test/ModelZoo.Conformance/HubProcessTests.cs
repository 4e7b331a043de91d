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

    [Fact]
    public async Task Told_to_end_it_finishes_what_it_is_sending_and_takes_nothing_new()
    {
        await using var hub = new HubProcess();
        await hub.StartAsync();
        var repo = await WireRepository.CreateAsync(hub, "ending");
        // More than the buffers between the two hold, so that the hub must still be there to send the rest.
        var content = System.Security.Cryptography.RandomNumberGenerator.GetBytes(64 << 20);
        await repo.CommitBlobAsync("w.bin", content);
        using var answer = await hub.Client.GetAsync($"/{repo.Id}/resolve/main/w.bin", HttpCompletionOption.ResponseHeadersRead);
        await using var body = await answer.Content.ReadAsStreamAsync();
        var received = new byte[content.Length];
        await body.ReadExactlyAsync(received.AsMemory(0, 1000));

        var ending = hub.EndAsync();
        await Task.Delay(TimeSpan.FromSeconds(4));
        using (var late = hub.NewClient(null)) await Assert.ThrowsAsync<HttpRequestException>(() => late.GetAsync("/health"));
        Assert.True(hub.Running);
        await body.ReadExactlyAsync(received.AsMemory(1000));
        Assert.Equal(content, received);
        await ending;
    }
}
