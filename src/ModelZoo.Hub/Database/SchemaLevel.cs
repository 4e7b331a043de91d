using System.Data.Common;
using System.Globalization;

namespace ModelZoo.Hub.Database;

/// <summary>
/// Which programs may work on a database together. A release that changes the schema has the next level, and all its migrations
/// say so. A program of level N works on schemas of level N and N + 1, so migrations of N + 1 only add; what N still read may
/// go in N + 2, whose migrations say that they need programs of N + 1.
/// </summary>
/// <param name="Level">Of the newest migration that was applied.</param>
/// <param name="Needs">The oldest level of programs that can still work with it.</param>
/// <param name="Reached">The level whose new forms of data may be in use, because every live node was seen to know it.</param>
sealed record SchemaLevel(long Level, long Needs, long Reached)
{
    /// <summary>Of a database from before there were levels.</summary>
    public static readonly SchemaLevel First = new(1, 1, 1);

    const string LevelName = "schema_level";
    const string NeedsName = "schema_needs";
    const string ReachedName = "cluster_level";

    /// <summary>What keeps a program from working with this database, in one sentence; null when nothing does.</summary>
    public string? Refuse(long program) =>
        program < Needs ? $"The database has schema level {Level}, which needs programs of level {Needs} or newer; this program has {program}. Run a newer program."
        : program < Reached ? $"The database holds data that programs of level {Reached} or newer can read; this program has level {program}. Run a newer program."
        : program < Level - 1 ? $"The database has schema level {Level}; this program has level {program} and works on {program} and {program + 1}. Run a newer program."
        : null;

    public static async Task<SchemaLevel> ReadAsync(HubDatabase database, CancellationToken stop) =>
        Of(await database.ListAsync<Row>(Text, null, stop));

    public static async Task<SchemaLevel> ReadAsync(DbTransaction transaction, CancellationToken stop) =>
        Of(await transaction.ListAsync<Row>(Text, null, stop));

    public static Task WriteAsync(DbTransaction transaction, long level, long needs, CancellationToken stop) =>
        RaiseAllAsync(transaction, [(LevelName, level), (NeedsName, needs)], stop);

    public static Task ReachAsync(DbTransaction transaction, long level, CancellationToken stop) => RaiseAllAsync(transaction, [(ReachedName, level)], stop);

    /// <summary>Whoever holds it decides alone which level the cluster has reached, until the transaction ends.</summary>
    public static Task LockReachedAsync(DbTransaction transaction, CancellationToken stop) => transaction.ExecuteAsync("""
        insert into hub_setting (name, value)
        values (@name, '1')
        on conflict (name) do update set value = hub_setting.value
        """, new { name = ReachedName }, stop);

    static async Task RaiseAllAsync(DbTransaction transaction, (string Name, long Value)[] values, CancellationToken stop)
    {
        foreach (var (name, value) in values)
            await transaction.ExecuteAsync("""
                insert into hub_setting (name, value)
                values (@name, @value)
                on conflict (name) do update set value = excluded.value
                    where cast(hub_setting.value as bigint) < cast(excluded.value as bigint)
                """, new { name, value = value.ToString(CultureInfo.InvariantCulture) }, stop);
    }

    const string Text = $"select name, value from hub_setting where name in ('{LevelName}', '{NeedsName}', '{ReachedName}')";

    static SchemaLevel Of(IReadOnlyList<Row> rows)
    {
        long Find(string name) => rows.FirstOrDefault(row => row.Name == name) is { } row ? long.Parse(row.Value, CultureInfo.InvariantCulture) : 1;
        return new(Find(LevelName), Find(NeedsName), Find(ReachedName));
    }

    sealed record Row
    {
        public string Name { get; init; } = "";
        public string Value { get; init; } = "";
    }
}
