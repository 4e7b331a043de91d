using ModelZoo.Hub.Kernel;

namespace ModelZoo.Hub.Database;

/// <summary>Applies the numbered files of Database/Migrations in order, each in a transaction, each once.</summary>
/// <param name="files">The files of this program; others only in tests of what happens between versions.</param>
sealed class Migrator(HubDatabase database, TimeProvider time, IReadOnlyList<MigrationFile>? files = null)
{
    /// <summary>A node that has not been seen for this long is not counted among the living.</summary>
    public static readonly TimeSpan NodeSilence = TimeSpan.FromSeconds(60);

    const string NodeTable = "node";

    readonly IReadOnlyList<MigrationFile> _files = files ?? MigrationFile.All;

    /// <summary>
    /// Brings the schema up to date; several nodes may try at once. Refuses a database that this program cannot work with, and
    /// changes that a node which is running now could not work with.
    /// </summary>
    /// <param name="upTo">Stop after this one: a backup is restored into the schema it was taken from, then brought up to date.</param>
    public async Task ApplyAsync(CancellationToken stop, long upTo = long.MaxValue)
    {
        await using var schema = await database.LockSchemaAsync(stop);
        await database.WriteAsync(transaction => transaction.ExecuteAsync("""
            create table if not exists schema_migration (
                number bigint primary key,
                name text not null,
                applied_at bigint not null
            )
            """, null, stop), stop);

        var newest = await FindNewestAsync(stop);
        if (newest > 0 && (await SchemaLevel.ReadAsync(database, stop)).Refuse(LevelOf(_files)) is { } mistake) throw new InvalidOperationException(mistake);
        foreach (var file in _files.Where(f => f.Number > newest && f.Number <= upTo)) await ApplyAsync(file, stop);
    }

    async Task ApplyAsync(MigrationFile file, CancellationToken stop)
    {
        try
        {
            await database.WriteAsync(async transaction =>
            {
                // The row first: a second process that migrates at the same moment waits here, then finds it taken.
                await transaction.ExecuteAsync("""
                    insert into schema_migration (number, name, applied_at)
                    values (@Number, @Name, @now)
                    """, new { file.Number, file.Name, now = time.NowMs() }, stop);
                await RefuseBeforeOldNodesAsync(transaction, file, stop);
                foreach (var statement in file.Statements()) await transaction.ExecuteAsync(statement, null, stop);
                await SchemaLevel.WriteAsync(transaction, file.Level, file.Needs, stop);
            }, stop);
        }
        catch (Exception error) when (database.IsUniqueViolation(error))
        {
            // Another process applied it.
        }
    }

    /// <summary>A node that runs on must be able to: it works on its own level and the one above.</summary>
    async Task RefuseBeforeOldNodesAsync(System.Data.Common.DbTransaction transaction, MigrationFile file, CancellationToken stop)
    {
        if (!_files.Any(f => f.Number < file.Number && TablesOf(f).Contains(NodeTable))) return;
        var oldest = await transaction.FindAsync<OldNode>("""
            select name, level
            from node
            where seen_at > @since
            order by level
            limit 1
            """, new { since = time.NowMs() - (long)NodeSilence.TotalMilliseconds }, stop);
        if (oldest is not null && (oldest.Level < file.Level - 1 || oldest.Level < file.Needs))
            throw new InvalidOperationException(
                $"Node {oldest.Name} still runs a program of level {oldest.Level}, which cannot work with schema level {file.Level}. Upgrade it first, one level at a time.");
    }

    async Task<long> FindNewestAsync(CancellationToken stop) =>
        await database.FindAsync<long?>("select max(number) from schema_migration", null, stop) ?? 0;

    /// <summary>True when a newer program has changed the schema: then this one works on, but does not know all tables.</summary>
    public async Task<bool> IsNewerAsync(CancellationToken stop) => await FindNewestAsync(stop) > _files[^1].Number;

    public static long Newest => MigrationFile.All[^1].Number;

    /// <summary>The schema level of this program.</summary>
    public static long Level => LevelOf(MigrationFile.All);

    static long LevelOf(IReadOnlyList<MigrationFile> files) => files.Max(file => file.Level);

    /// <summary>The tables that the migrations up to a number make, each after those that it refers to, because no migration can refer to a later one.</summary>
    public static IReadOnlyList<string> Tables(long upTo)
    {
        var tables = new List<string>();
        foreach (var file in MigrationFile.All.Where(f => f.Number <= upTo))
            foreach (var words in file.Statements().Select(WordsOf))
                if (words is ["create", "table", var made, ..]) tables.Add(made);
                else if (words is ["drop", "table", var dropped, ..]) tables.Remove(dropped);
                else if (words is ["alter", "table", var old, "rename", "to", var renamed, ..]) tables[tables.IndexOf(old)] = renamed;
        return tables;
    }

    static IEnumerable<string> TablesOf(MigrationFile file) =>
        file.Statements().Select(WordsOf).Where(words => words is ["create", "table", _, ..]).Select(words => words[2]);

    /// <summary>The first words of a statement, comments before it left out.</summary>
    static string[] WordsOf(string statement) =>
    [
        .. statement.Split('\n').SkipWhile(line => line.StartsWith("--", StringComparison.Ordinal) || line.Trim().Length == 0)
            .FirstOrDefault("").Split([' ', '('], StringSplitOptions.RemoveEmptyEntries),
    ];

    sealed record OldNode
    {
        public string Name { get; init; } = "";
        public long Level { get; init; }
    }
}
