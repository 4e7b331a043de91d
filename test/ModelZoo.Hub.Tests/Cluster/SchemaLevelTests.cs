using ModelZoo.Hub.Cluster;
using ModelZoo.Hub.Database;
using ModelZoo.Hub.Kernel;

namespace ModelZoo.Hub.Tests.Cluster;

/// <summary>Programs of neighbouring schema levels on one database. The levels after this program's are made up here.</summary>
public abstract class SchemaLevelTests
{
    static readonly long L = Migrator.Level;

    private protected abstract Task<HubDatabase> OpenAsync();

    static MigrationFile Next(int number, long level, string sql, long? needs = null) =>
        new($"{9000 + number}_later", $"-- level {level}{(needs is { } n ? $", needs {n}" : "")}\n{sql};\n");

    static readonly MigrationFile s_expand = Next(1, L + 1, "create table thing_of_tomorrow (id bigint primary key)");
    static readonly MigrationFile s_contract = Next(2, L + 2, "drop table thing_of_tomorrow", needs: L + 1);

    static Migrator Program(HubDatabase database, params MigrationFile[] more) => new(database, TimeProvider.System, [.. MigrationFile.All, .. more]);

    [Fact]
    public async Task A_program_works_on_its_own_level_and_the_next_and_says_why_not_on_the_one_after()
    {
        await using var database = await OpenAsync();
        await Program(database).ApplyAsync(default);
        await Program(database, s_expand).ApplyAsync(default);
        Assert.Equal(new SchemaLevel(L + 1, 1, 1), await SchemaLevel.ReadAsync(database, default));
        await Program(database).ApplyAsync(default);       // the old program starts again on the new schema

        await Program(database, s_expand, s_contract).ApplyAsync(default);
        await Program(database, s_expand).ApplyAsync(default);
        var refused = await Assert.ThrowsAsync<InvalidOperationException>(() => Program(database).ApplyAsync(default));
        Assert.Equal($"The database has schema level {L + 2}, which needs programs of level {L + 1} or newer; this program has {L}. Run a newer program.", refused.Message);
    }

    [Fact]
    public async Task A_schema_two_levels_on_is_refused_even_when_nothing_says_it_breaks()
    {
        await using var database = await OpenAsync();
        await Program(database, s_expand, Next(3, L + 2, "create table another (id bigint primary key)")).ApplyAsync(default);
        Assert.Contains($"works on {L} and {L + 1}", (await Assert.ThrowsAsync<InvalidOperationException>(() => Program(database).ApplyAsync(default))).Message);
    }

    [Fact]
    public async Task A_change_that_a_running_node_could_not_bear_waits_until_that_node_is_upgraded()
    {
        await using var database = await OpenAsync();
        await Program(database).ApplyAsync(default);
        var nodes = new NodeStore(database, TimeProvider.System);
        var old = await nodes.JoinAsync(new() { Name = "old one", Version = "1", Level = L, Incarnation = Secrets.NewText(8) }, default);
        await Program(database, s_expand).ApplyAsync(default);
        var refused = await Assert.ThrowsAsync<InvalidOperationException>(() => Program(database, s_expand, s_contract).ApplyAsync(default));
        Assert.Contains("Node old one still runs", refused.Message);
        await nodes.LeaveAsync(old, default);
        await Program(database, s_expand, s_contract).ApplyAsync(default);
    }

    [Fact]
    public async Task Many_nodes_that_start_at_once_migrate_once()
    {
        await using var database = await OpenAsync();
        await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => Program(database, s_expand).ApplyAsync(default)));
        Assert.Equal(MigrationFile.All.Count + 1, await database.FindAsync<long>("select count(*) from schema_migration", null, default));
    }
}

public sealed class SchemaLevelTests_Sqlite : SchemaLevelTests, IDisposable
{
    readonly string _folder = Directory.CreateTempSubdirectory("zoo-level-").FullName;

    private protected override Task<HubDatabase> OpenAsync() => Task.FromResult<HubDatabase>(new SqliteDatabase(Path.Combine(_folder, $"{Guid.NewGuid():n}.db")));

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}

public sealed class SchemaLevelTests_Postgres : SchemaLevelTests
{
    private protected override async Task<HubDatabase> OpenAsync() => new PostgresDatabase(await PostgresServer.CreateDatabaseAsync());
}
