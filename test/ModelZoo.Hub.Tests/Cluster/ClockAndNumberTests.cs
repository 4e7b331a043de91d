using ModelZoo.Hub.Cluster;
using ModelZoo.Hub.Database;
using ModelZoo.Hub.Kernel;

namespace ModelZoo.Hub.Tests.Cluster;

public sealed class ClockTests
{
    [Fact]
    public async Task The_clock_is_the_databases_whatever_this_machine_thinks()
    {
        await using var database = new PostgresDatabase(await PostgresServer.CreateDatabaseAsync());
        var clock = new DatabaseClock(database);
        Assert.True(await clock.ReadAsync(default));
        Assert.InRange((clock.GetUtcNow() - (await database.ReadClockAsync(default))!.Value).TotalSeconds, -2, 2);
        Assert.InRange(clock.Correction.TotalSeconds, -2, 2);       // both are on this machine here
    }

    [Fact]
    public async Task A_database_without_a_clock_has_this_machines()
    {
        var file = Path.Combine(Path.GetTempPath(), $"zoo-clock-{Guid.NewGuid():n}.db");
        await using (var database = new SqliteDatabase(file)) Assert.False(await new DatabaseClock(database).ReadAsync(default));
        File.Delete(file);
    }
}

/// <summary>Numbers of nodes, and what they keep apart.</summary>
public abstract class NodeTests(TestHub hub)
{
    readonly MovableClock _clock = new();

    NodeStore Nodes() => new(hub.Get<HubDatabase>(), _clock);

    static Node New(string name, long level = 2) => new() { Name = name, Version = "test", Level = level, Incarnation = Secrets.NewText(8) };

    [Fact]
    public async Task Nodes_that_join_at_once_get_different_numbers_and_a_dead_ones_number_is_given_away()
    {
        var nodes = Nodes();
        var joined = await Task.WhenAll(Enumerable.Range(0, 6).Select(i => nodes.JoinAsync(New($"n{i}"), default)));
        Assert.Equal(6, joined.Select(n => n.Id).Distinct().Count());
        _clock.Now += NodeStore.NumberKept / 2;
        foreach (var node in joined.Skip(1)) Assert.True(await nodes.BeatAsync(node, default));
        Assert.Single(await nodes.ListAsync(default), n => n.Incarnation == joined[0].Incarnation && !nodes.IsAlive(n));
        _clock.Now += NodeStore.NumberKept * 0.6;
        var heir = await nodes.JoinAsync(New("heir"), default);
        Assert.True(heir.Id <= joined[0].Id);
        Assert.False(await nodes.BeatAsync(joined[0], default));
        foreach (var node in joined.Skip(1).Append(heir)) await nodes.LeaveAsync(node, default);
        await nodes.LeaveAsync(joined[0], default);
    }

    [Fact]
    public async Task A_level_is_reached_when_all_nodes_know_it_and_then_older_programs_are_refused()
    {
        var nodes = Nodes();
        var level = Migrator.Level + 5;
        var old = await nodes.JoinAsync(New("old", level - 1), default);
        var cluster = new ClusterLevel(nodes, _clock);
        Assert.False(await cluster.IsReachedAsync(level, default));
        await nodes.LeaveAsync(old, default);
        Assert.False(await cluster.IsReachedAsync(level, default));       // asked again after ten seconds only
        // The hub's own node knows the level of this program and no more: let it be forgotten.
        _clock.Now += NodeStore.NumberKept * 2;
        Assert.True(await cluster.IsReachedAsync(level, default));
        var refused = await Assert.ThrowsAsync<InvalidOperationException>(() => nodes.JoinAsync(New("late", level - 1), default));
        Assert.Contains($"level {level} or newer", refused.Message);
        await nodes.LeaveAsync(await nodes.JoinAsync(New("new", level), default), default);
        await hub.Get<HubDatabase>().ExecuteAsync("delete from hub_setting where name = 'cluster_level'", null, default);
    }

    [Fact]
    public void Ids_of_two_nodes_never_meet_and_each_nodes_own_grow()
    {
        var made = new HashSet<long>();
        var at = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();
        var (a, b) = (0L, 0L);
        for (var i = 0; i < 20_000; i++)
        {
            var (nextA, nextB) = (Ids.After(a, at + (i / 5_000), i % 7, 1), Ids.After(b, at + (i / 5_000), i % 7, 2));
            Assert.True(nextA > a && nextB > b && nextA > 0);
            Assert.True(made.Add(nextA) && made.Add(nextB));
            (a, b) = (nextA, nextB);
        }
    }

    sealed class MovableClock : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = System.GetUtcNow();

        public override DateTimeOffset GetUtcNow() => Now;
    }
}

public sealed class NodeTests_Sqlite(QuietNodeHub hub) : NodeTests(hub), IClassFixture<QuietNodeHub>;

public sealed class NodeTests_Postgres(PostgresHub hub) : NodeTests(hub), IClassFixture<PostgresHub>;

public sealed class QuietNodeHub : SqliteHub;
