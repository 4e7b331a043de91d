using System.Diagnostics;
using ModelZoo.Cli;
using ModelZoo.Conformance.Harness;

namespace ModelZoo.Conformance.Crash;

/// <summary>
/// Kills the real program with SIGKILL at random moments while several clients upload, commit, delete and branch. After each
/// restart the check finds nothing wrong and every acknowledged commit is whole. MODELZOO_CRASH_ROUNDS sets how many times.
/// </summary>
public sealed class CrashTests
{
    const int UsualRounds = 100;
    const int Clients = 3;

    /// <summary>Kills on one data folder; then a new one, so that checking everything stays quick.</summary>
    const int KillsPerHub = 10;

    /// <summary>The default run ends by itself on a slow machine, and says how far it came.</summary>
    static readonly TimeSpan s_limit = TimeSpan.FromSeconds(150);

    static readonly TimeSpan s_longestRound = TimeSpan.FromSeconds(4);

    [Fact]
    public async Task Killed_at_any_moment_the_hub_keeps_every_acknowledged_commit_whole()
    {
        var given = Environment.GetEnvironmentVariable("MODELZOO_CRASH_ROUNDS");
        var rounds = int.TryParse(given, out var wanted) ? wanted : UsualRounds;
        var (clock, kills, commits) = (Stopwatch.StartNew(), 0, 0);
        while (kills < rounds && (given is not null || clock.Elapsed < s_limit))
        {
            await using var hub = new HubProcess();
            await hub.StartAsync();
            var clients = Enumerable.Range(0, Clients).Select(number => new CrashClient(hub, number)).ToList();
            foreach (var client in clients) await client.CreateAsync();
            for (var round = 0; round < KillsPerHub && kills < rounds; round++)
            {
                await KillWhileWorkingAsync(hub, clients);
                kills++;
                await hub.StartAsync();
                await RequireCleanAsync(hub);
                foreach (var client in clients) await client.VerifyAsync();
            }
            commits += clients.Sum(client => client.Commits);
        }
        TestContext.Current.TestOutputHelper?.WriteLine($"{kills} kills, {commits} acknowledged commits, {clock.Elapsed.TotalSeconds:F0} s");
        Console.WriteLine($"Crash test: {kills} kills, {commits} acknowledged commits, {clock.Elapsed.TotalSeconds:F0} s");
        Assert.True(given is not null || kills >= KillsPerHub, $"Only {kills} kills within {s_limit}.");
    }

    static async Task KillWhileWorkingAsync(HubProcess hub, List<CrashClient> clients)
    {
        using var stop = new CancellationTokenSource();
        var work = clients.Select(client => Task.Run(() => client.WorkAsync(stop.Token))).ToList();
        // By what was acknowledged and not by time alone, so that a slow machine is killed in its work too.
        var enough = clients.Sum(client => client.Commits) + Random.Shared.Next(0, 16);
        for (var clock = Stopwatch.StartNew(); clock.Elapsed < s_longestRound && clients.Sum(client => client.Commits) < enough;) await Task.Delay(5);
        await Task.Delay(Random.Shared.Next(0, 100));
        hub.Kill();
        await stop.CancelAsync();
        await Task.WhenAll(work);
    }

    static async Task RequireCleanAsync(HubProcess hub)
    {
        var words = new StringWriter();
        var code = await ZooCommand.RunAsync(["fsck", "--data", hub.Data], words, words);
        Assert.True(code == 0, $"{words}\n--- what the hub said\n{hub.LogTail()}");
    }
}
