using System.Data.Common;
using System.Security.Cryptography;
using System.Text.Json;
using ModelZoo.Hub.Database;

namespace ModelZoo.Hub.Maintenance;

/// <summary>How many rows a table has, and a sum over all of them that does not depend on their order.</summary>
sealed record TableSum(string Table, long Rows, UInt128 Sum);

/// <summary>
/// Rows on their way from one database into another of any kind. What is done is written in the target itself, in the
/// transaction that did it, so that a move may be killed at any moment and goes on where it was.
/// </summary>
sealed class MoveStore(HubDatabase source, HubDatabase target)
{
    const string SourceName = "move_source";
    const string StageName = "move_stage";
    const string TableName = "move_table_";

    /// <summary>Set where a hub was moved away from: no node serves it any more.</summary>
    public const string MovedName = "moved_to";

    const int RowsPerTransaction = 5_000;
    const int BytesPerTransaction = 8 * 1024 * 1024;

    /// <summary>Every table that is a part of the hub, those that others refer to first.</summary>
    public static IReadOnlyList<string> Tables => [.. Migrator.Tables(Migrator.Newest).Except(DumpStore.Passing)];

    /// <summary>Begins a move into an empty hub, or goes on with one from the same source.</summary>
    /// <returns>False when the target holds something else.</returns>
    public async Task<bool> TryBeginAsync(CancellationToken stop)
    {
        var identity = await IdentifyAsync(source, stop);
        return await target.WriteAsync(async transaction =>
        {
            var known = await transaction.FindAsync<string>("select value from hub_setting where name = @SourceName", new { SourceName }, stop);
            if (known is not null) return known == identity;
            if (await transaction.FindAsync<long?>("select id from account limit 1", null, stop) is not null) return false;
            await SetAsync(transaction, SourceName, identity, stop);
            return true;
        }, stop);
    }

    /// <summary>True when an earlier run has come past the beginning.</summary>
    public async Task<bool> IsUnderWayAsync(CancellationToken stop) =>
        await target.FindAsync<string>("select value from hub_setting where name = @SourceName", new { SourceName }, stop) is not null;

    /// <summary>True when an earlier run came to its end, though perhaps not to saying so: the target is the same hub, whole, and the source is closed.</summary>
    /// <param name="where">What <see cref="TryCloseSourceAsync"/> was told.</param>
    public async Task<bool> IsFinishedAsync(string where, CancellationToken stop) =>
        await source.FindAsync<string>("select value from hub_setting where name = @MovedName", new { MovedName }, stop) == where
        && !await IsUnderWayAsync(stop) && await IdentifyAsync(source, stop) == await IdentifyAsync(target, stop);

    /// <summary>A hub's key moves with it, so it says which hub this is.</summary>
    static async Task<string> IdentifyAsync(HubDatabase hub, CancellationToken stop)
    {
        var key = await hub.FindAsync<string>("select value from hub_setting where name = 'signing_key'", null, stop) ?? "";
        return Convert.ToHexStringLower(SHA256.HashData(System.Text.Encoding.UTF8.GetBytes($"hub {key}")));
    }

    /// <summary>Empties the target of what its first start put there, once.</summary>
    public Task PrepareRowsAsync(CancellationToken stop) => target.WriteAsync(async transaction =>
    {
        if (await transaction.FindAsync<string>("select value from hub_setting where name = @StageName", new { StageName }, stop) is not null) return;
        foreach (var table in Tables.Reverse())
            await transaction.ExecuteAsync(table == "hub_setting" ? "delete from hub_setting where name not like 'move_%'" : $"delete from {table}", null, stop);
        await SetAsync(transaction, StageName, "rows", stop);
    }, stop);

    public async Task<bool> IsCopiedAsync(string table, CancellationToken stop) =>
        await target.FindAsync<string>("select value from hub_setting where name = @name", new { name = TableName + table }, stop) is not null;

    /// <summary>Copies the rows of a table that the target has not got yet.</summary>
    public async Task CopyAsync(string table, Action<long> copied, CancellationToken stop)
    {
        await using var connection = await source.OpenAsync(stop);
        using var command = connection.CreateCommand();
        command.CommandText = Select(table);
        await using var reader = await command.ExecuteReaderAsync(stop);
        string[] columns = [.. Enumerable.Range(0, reader.FieldCount).Select(reader.GetName)];
        var (rows, bytes, total) = (new List<object?[]>(), 0L, 0L);
        while (await reader.ReadAsync(stop))
        {
            var row = new object?[columns.Length];
            for (var i = 0; i < row.Length; i++)
            {
                row[i] = reader.GetValue(i) is var value && value is DBNull ? null : value;
                bytes += row[i] switch { byte[] content => content.Length, string text => text.Length, _ => 8 };
            }
            rows.Add(row);
            if (rows.Count < RowsPerTransaction && bytes < BytesPerTransaction) continue;
            await InsertAsync(table, columns, rows, stop);
            copied(total += rows.Count);
            rows.Clear();
            bytes = 0;
        }
        await InsertAsync(table, columns, rows, stop);
        copied(total + rows.Count);
        await target.WriteAsync(transaction => SetAsync(transaction, TableName + table, "copied", stop), stop);
    }

    async Task InsertAsync(string table, string[] columns, List<object?[]> rows, CancellationToken stop)
    {
        // Each start of a program on the target proposes settings of its own; the source's count.
        if (table == "hub_setting") await target.ExecuteAsync("delete from hub_setting where name not like 'move_%'", null, stop);
        await DumpStore.InsertAsync(target, table, columns, rows, orSkip: true, stop);
    }

    public Task<TableSum> SumSourceAsync(string table, CancellationToken stop) => SumAsync(source, table, stop);

    public Task<TableSum> SumTargetAsync(string table, CancellationToken stop) => SumAsync(target, table, stop);

    static async Task<TableSum> SumAsync(HubDatabase database, string table, CancellationToken stop)
    {
        await using var connection = await database.OpenAsync(stop);
        using var command = connection.CreateCommand();
        command.CommandText = Select(table);
        await using var reader = await command.ExecuteReaderAsync(stop);
        var (rows, sum) = (0L, UInt128.Zero);
        using var text = new MemoryStream();
        // Columns by name: two databases may keep them in another order.
        int[] order = [.. Enumerable.Range(0, reader.FieldCount).OrderBy(reader.GetName, StringComparer.Ordinal)];
        while (await reader.ReadAsync(stop))
        {
            text.SetLength(0);
            await using (var writer = new Utf8JsonWriter(text)) DumpStore.WriteRow(writer, reader, order);
            sum += BitConverter.ToUInt128(SHA256.HashData(text.GetBuffer().AsSpan(0, (int)text.Length)));
            rows++;
        }
        return new(table, rows, sum);
    }

    /// <summary>Uploads that were not finished stay behind: their bytes lie in the old store's staging.</summary>
    static string Select(string table) => table switch
    {
        "hub_setting" => "select name, value from hub_setting where name not like 'move_%' and name <> 'moved_to'",
        "upload" => "select * from upload where finished_at is not null",
        _ => $"select * from {table}",
    };

    /// <summary>From now on the target is a hub like any other.</summary>
    public Task FinishAsync(CancellationToken stop) => target.ExecuteAsync("delete from hub_setting where name like 'move_%'", null, stop);

    /// <summary>From now on no node serves the source. Nodes that join ask in the same way, so none slips in between.</summary>
    /// <returns>The name of a node that still runs, or null.</returns>
    public Task<string?> TryCloseSourceAsync(string where, long seenSince, CancellationToken stop) => source.WriteAsync(async transaction =>
    {
        await SchemaLevel.LockReachedAsync(transaction, stop);
        var running = await transaction.FindAsync<string>("select name from node where seen_at > @seenSince order by id limit 1", new { seenSince }, stop);
        if (running is null) await SetAsync(transaction, MovedName, where, stop);
        return running;
    }, stop);

    public static async Task<bool> OpenAgainAsync(HubDatabase source, CancellationToken stop) =>
        await source.ExecuteAsync("delete from hub_setting where name = @MovedName", new { MovedName }, stop) == 1;

    static Task<int> SetAsync(DbTransaction transaction, string name, string value, CancellationToken stop) => transaction.ExecuteAsync("""
        insert into hub_setting (name, value)
        values (@name, @value)
        on conflict (name) do update set value = excluded.value
        """, new { name, value }, stop);
}
