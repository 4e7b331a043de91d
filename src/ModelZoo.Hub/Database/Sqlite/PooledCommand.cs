using System.Data;
using System.Data.Common;
using System.Diagnostics.CodeAnalysis;
using Microsoft.Data.Sqlite;

namespace ModelZoo.Hub.Database.Sqlite;

/// <summary>A command that takes its prepared statement from the connection when it learns its text, and gives it back in the end.</summary>
sealed class PooledCommand(PooledConnection connection) : DbCommand
{
    readonly StatementCache _statements = connection.Statements;
    SqliteCommand? _inner;
    PooledTransaction? _transaction;
    int? _timeout;
    bool _failed;

    [AllowNull]
    public override string CommandText
    {
        get => _inner?.CommandText ?? "";
        set
        {
            var text = value ?? "";
            if (_inner?.CommandText == text) return;
            var before = _inner;
            _inner = _statements.Take(text);
            _inner.Transaction = _transaction?.Inner;
            if (_timeout is { } seconds) _inner.CommandTimeout = seconds;
            if (before is null) return;
            SqliteParameter[] parameters = [.. before.Parameters.Cast<SqliteParameter>()];
            before.Parameters.Clear();
            _inner.Parameters.AddRange(parameters);
            _statements.Return(before, isSound: true);
        }
    }

    public override int CommandTimeout
    {
        get => _timeout ?? Inner.CommandTimeout;
        set
        {
            _timeout = value;
            if (_inner is not null) _inner.CommandTimeout = value;
        }
    }

    public override CommandType CommandType
    {
        get => CommandType.Text;
        set
        {
            if (value != CommandType.Text) throw new NotSupportedException("SQLite has no stored procedures.");
        }
    }

    public override bool DesignTimeVisible { get; set; }

    public override UpdateRowSource UpdatedRowSource { get; set; }

    protected override DbConnection? DbConnection
    {
        get => connection;
        set => throw new NotSupportedException("The command belongs to the connection that made it.");
    }

    protected override DbTransaction? DbTransaction
    {
        get => _transaction;
        set
        {
            _transaction = (PooledTransaction?)value;
            if (_inner is not null) _inner.Transaction = _transaction?.Inner;
        }
    }

    protected override DbParameterCollection DbParameterCollection => Inner.Parameters;

    SqliteCommand Inner => _inner ?? throw new InvalidOperationException("The command has no text yet.");

    protected override DbParameter CreateDbParameter() => new SqliteParameter();

    public override void Prepare() { }

    public override void Cancel() { }

    public override int ExecuteNonQuery() => Guard(static command => command.ExecuteNonQuery());

    public override object? ExecuteScalar() => Guard(static command => command.ExecuteScalar());

    protected override DbDataReader ExecuteDbDataReader(CommandBehavior behavior) =>
        Guard(command => command.ExecuteReader(behavior & ~CommandBehavior.CloseConnection));

    // SQLite works in this process and never waits for a network: there is nothing to await.
    protected override Task<DbDataReader> ExecuteDbDataReaderAsync(CommandBehavior behavior, CancellationToken cancellationToken) =>
        cancellationToken.IsCancellationRequested ? Task.FromCanceled<DbDataReader>(cancellationToken) : Complete(() => ExecuteDbDataReader(behavior));

    public override Task<int> ExecuteNonQueryAsync(CancellationToken cancellationToken) =>
        cancellationToken.IsCancellationRequested ? Task.FromCanceled<int>(cancellationToken) : Complete(ExecuteNonQuery);

    public override Task<object?> ExecuteScalarAsync(CancellationToken cancellationToken) =>
        cancellationToken.IsCancellationRequested ? Task.FromCanceled<object?>(cancellationToken) : Complete(ExecuteScalar);

    static Task<T> Complete<T>(Func<T> work)
    {
        try
        {
            return Task.FromResult(work());
        }
        catch (SqliteException error)
        {
            return Task.FromException<T>(error);
        }
    }

    T Guard<T>(Func<SqliteCommand, T> work)
    {
        _failed = true;
        var result = work(Inner);
        _failed = false;
        return result;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing && _inner is { } inner)
        {
            _inner = null;
            _statements.Return(inner, !_failed);
        }
        base.Dispose(disposing);
    }
}
