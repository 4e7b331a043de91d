using System.Data.Common;
using System.Text;
using Dapper;

namespace ModelZoo.Hub.Database;

/// <summary>The few shapes of call that stores make, and lists of values in the form both databases take.</summary>
static class Sql
{
    /// <summary>How many values one `in (…)` may hold; longer lists are asked in slices.</summary>
    public const int MaxInList = 500;

    /// <summary>`column in (@p0, @p1, …)`, the values added to <paramref name="parameters"/>. Array parameters are not shared SQL.</summary>
    public static string In<T>(string column, IReadOnlyCollection<T> values, DynamicParameters parameters, string prefix = "in")
    {
        if (values.Count == 0) return "1 = 0";
        var text = new StringBuilder(column).Append(" in (");
        var index = 0;
        foreach (var value in values)
        {
            if (index > 0) text.Append(", ");
            text.Append('@').Append(prefix).Append(index);
            parameters.Add($"{prefix}{index++}", value);
        }
        return text.Append(')').ToString();
    }

    public static Task<int> ExecuteAsync(this DbTransaction transaction, string sql, object? values, CancellationToken stop) =>
        transaction.Connection!.ExecuteAsync(new CommandDefinition(sql, values, transaction, cancellationToken: stop));

    public static Task<T?> FindAsync<T>(this DbTransaction transaction, string sql, object? values, CancellationToken stop) =>
        transaction.Connection!.QueryFirstOrDefaultAsync<T>(new CommandDefinition(sql, values, transaction, cancellationToken: stop));

    public static async Task<IReadOnlyList<T>> ListAsync<T>(this DbTransaction transaction, string sql, object? values, CancellationToken stop) =>
        (await transaction.Connection!.QueryAsync<T>(new CommandDefinition(sql, values, transaction, cancellationToken: stop))).AsList();

    public static Task<T?> FindAsync<T>(this HubDatabase database, string sql, object? values, CancellationToken stop) =>
        database.ReadAsync(connection => connection.QueryFirstOrDefaultAsync<T>(new CommandDefinition(sql, values, cancellationToken: stop)), stop);

    public static Task<IReadOnlyList<T>> ListAsync<T>(this HubDatabase database, string sql, object? values, CancellationToken stop) =>
        database.ReadAsync<IReadOnlyList<T>>(async connection =>
            (await connection.QueryAsync<T>(new CommandDefinition(sql, values, cancellationToken: stop))).AsList(), stop);

    /// <summary>One statement in a transaction of its own.</summary>
    public static Task<int> ExecuteAsync(this HubDatabase database, string sql, object? values, CancellationToken stop) =>
        database.WriteAsync(transaction => transaction.ExecuteAsync(sql, values, stop), stop);
}
