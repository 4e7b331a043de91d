using System.Reflection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using ModelZoo.Hub.Database;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Storage;

namespace ModelZoo.Hub.Cluster;

/// <summary>What this process does for the hub.</summary>
enum NodeRole
{
    /// <summary>Serves pages and calls, and runs jobs where it has workers.</summary>
    Node,

    /// <summary>Runs jobs and chores, and answers only whether it is well.</summary>
    Worker,
}

/// <summary>
/// This process among the nodes: takes a number before it serves, says every few seconds that it lives, reads the common clock,
/// and leaves in the end.
/// </summary>
sealed class Membership(NodeStore nodes, HubDatabase database, DatabaseClock clock, HubOptions options, NodeRole role, ILogger<Membership> log) : BackgroundService
{
    public static readonly string Version = typeof(Membership).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "";

    static readonly TimeSpan s_beat = TimeSpan.FromSeconds(10);

    public Node? Self { get; private set; }

    /// <summary>Why this program can no longer work with the database, when a newer one has changed it; null while it can.</summary>
    public string? Mistake { get; private set; }

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        Self = await nodes.JoinAsync(new Node
        {
            Name = string.IsNullOrWhiteSpace(options.NodeName) ? Environment.MachineName : options.NodeName.Trim(), Role = role == NodeRole.Worker ? "worker" : "node",
            Version = Version, Level = Migrator.Level, Incarnation = Secrets.NewText(16),
        }, cancellationToken);
        Ids.UseNode((int)Self.Id);
        log.Joined(Self.Id, Self.Name, clock.Correction.TotalMilliseconds);
        await base.StartAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(s_beat);
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await timer.WaitForNextTickAsync(stoppingToken);
                await BeatAsync(stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Refusal unreachable)
            {
                log.BeatFailed(unreachable);
            }
        }
    }

    async Task BeatAsync(CancellationToken stop)
    {
        await ReadClockAsync(clock, options, stop);
        if (!await nodes.BeatAsync(Self!, stop))
        {
            // Silent for so long that the number was given away: take another and go on.
            Self = await nodes.JoinAsync(Self! with { Id = 0 }, stop);
            Ids.UseNode((int)Self.Id);
        }
        var mistake = (await SchemaLevel.ReadAsync(database, stop)).Refuse(Migrator.Level);
        if (mistake is not null && Mistake is null) log.TooOld(mistake);
        Mistake = mistake;
    }

    /// <summary>The object store is asked by the common clock too: its servers refuse requests whose time is minutes off.</summary>
    public static async Task ReadClockAsync(DatabaseClock clock, HubOptions options, CancellationToken stop)
    {
        if (await clock.ReadAsync(stop) && options.Storage.Kind == StorageKind.S3) S3Bucket.CorrectClock(clock.Correction);
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        if (Self is null) return;
        try
        {
            await nodes.LeaveAsync(Self, cancellationToken);
        }
        catch (Exception error) when (error is Refusal or OperationCanceledException)
        {
            // The database is away: the others notice the silence.
        }
    }
}
