using ModelZoo.Hub.Database;
using ModelZoo.Hub.Kernel;

namespace ModelZoo.Hub.Cluster;

/// <summary>A process that serves or works on this hub's database.</summary>
sealed record Node
{
    public long Id { get; init; }
    public string Name { get; init; } = "";

    /// <summary>node or worker.</summary>
    public string Role { get; init; } = "node";
    public string Version { get; init; } = "";
    public long Level { get; init; }
    public string Incarnation { get; init; } = "";
    public long StartedAt { get; init; }
    public long SeenAt { get; init; }
}

/// <summary>Who works on this database now, by what they last said of themselves.</summary>
sealed class NodeStore(HubDatabase database, TimeProvider time)
{
    /// <summary>A node that was silent for so long is dead, and its number may be given away.</summary>
    public static readonly TimeSpan NumberKept = TimeSpan.FromMinutes(10);

    const string Columns = "id, name, role, version, level, incarnation, started_at, seen_at";

    /// <summary>Gives the node a number that no living node has, and refuses programs that cannot read what the cluster has reached.</summary>
    /// <returns>The node with its number.</returns>
    public Task<Node> JoinAsync(Node node, CancellationToken stop) => database.WriteAsync(async transaction =>
    {
        // Held until the end: whether all nodes know a level and who the nodes are is decided by one at a time.
        await SchemaLevel.LockReachedAsync(transaction, stop);
        if ((await SchemaLevel.ReadAsync(transaction, stop)).Refuse(node.Level) is { } mistake) throw new InvalidOperationException(mistake);
        if (await transaction.FindAsync<string>("select value from hub_setting where name = 'moved_to'", null, stop) is { } where)
            throw new InvalidOperationException($"This hub was moved to {where}, or is being moved: serve it there. `zoo move --take-back` lets it serve here again.");
        var now = time.NowMs();
        await transaction.ExecuteAsync("delete from node where seen_at < @dead", new { dead = now - (long)NumberKept.TotalMilliseconds }, stop);
        var taken = (await transaction.ListAsync<long>("select id from node order by id", null, stop)).ToHashSet();
        var id = Enumerable.Range(1, Ids.MaxNode).Select(n => (long)n).FirstOrDefault(n => !taken.Contains(n));
        if (id == 0) throw new InvalidOperationException($"There are {Ids.MaxNode} nodes already.");
        var joined = node with { Id = id, StartedAt = node.StartedAt == 0 ? now : node.StartedAt, SeenAt = now };
        await transaction.ExecuteAsync($"""
            insert into node ({Columns})
            values (@Id, @Name, @Role, @Version, @Level, @Incarnation, @StartedAt, @SeenAt)
            """, joined, stop);
        return joined;
    }, stop);

    /// <summary>Says that the node lives. False when its number was given away meanwhile.</summary>
    public async Task<bool> BeatAsync(Node node, CancellationToken stop) => await database.ExecuteAsync("""
        update node
        set seen_at = @now
        where id = @Id
          and incarnation = @Incarnation
        """, new { node.Id, node.Incarnation, now = time.NowMs() }, stop) == 1;

    public Task LeaveAsync(Node node, CancellationToken stop) =>
        database.ExecuteAsync("delete from node where id = @Id and incarnation = @Incarnation", new { node.Id, node.Incarnation }, stop);

    /// <summary>All that were seen in the last ten minutes, by number.</summary>
    public Task<IReadOnlyList<Node>> ListAsync(CancellationToken stop) => database.ListAsync<Node>($"""
        select {Columns}
        from node
        where seen_at > @since
        order by id
        """, new { since = time.NowMs() - (long)NumberKept.TotalMilliseconds }, stop);

    /// <summary>Those that live.</summary>
    public async Task<IReadOnlyList<Node>> ListLivingAsync(CancellationToken stop) => [.. (await ListAsync(stop)).Where(IsAlive)];

    public bool IsAlive(Node node) => node.SeenAt > time.NowMs() - (long)Migrator.NodeSilence.TotalMilliseconds;

    /// <summary>Lets the cluster reach a level when every node that may still run knows it. From then on older programs are refused.</summary>
    public Task<bool> TryReachAsync(long level, CancellationToken stop) => database.WriteAsync(async transaction =>
    {
        await SchemaLevel.LockReachedAsync(transaction, stop);
        if ((await SchemaLevel.ReadAsync(transaction, stop)).Reached >= level) return true;
        // A node that is only silent may come back: it counts until its number is given away.
        var older = await transaction.FindAsync<long>("select count(*) from node where level < @level and seen_at > @since",
            new { level, since = time.NowMs() - (long)NumberKept.TotalMilliseconds }, stop);
        if (older > 0) return false;
        await SchemaLevel.ReachAsync(transaction, level, stop);
        return true;
    }, stop);
}
