using System.Data;
using System.Data.Common;
using System.Diagnostics.CodeAnalysis;

namespace ModelZoo.Hub.Database.Sqlite;

/// <summary>A connection on loan: closing it gives it back, open and with its statements, to the pool it came from.</summary>
sealed class PooledConnection(StatementCache statements, Action<StatementCache> giveBack) : DbConnection
{
    StatementCache? _statements = statements;

    public StatementCache Statements => _statements ?? throw new ObjectDisposedException(nameof(PooledConnection));

    [AllowNull]
    public override string ConnectionString
    {
        get => Statements.Connection.ConnectionString;
        set => throw new NotSupportedException("The connection is open already.");
    }

    public override string Database => Statements.Connection.Database;

    public override string DataSource => Statements.Connection.DataSource;

    public override string ServerVersion => Statements.Connection.ServerVersion;

    public override ConnectionState State => _statements is null ? ConnectionState.Closed : ConnectionState.Open;

    protected override DbTransaction BeginDbTransaction(IsolationLevel isolationLevel) =>
        new PooledTransaction(this, Statements.Connection.BeginTransaction(isolationLevel));

    /// <summary>Takes no write lock until it writes: for reading one state of the database.</summary>
    public DbTransaction BeginDeferredTransaction() => new PooledTransaction(this, Statements.Connection.BeginTransaction(deferred: true));

    protected override DbCommand CreateDbCommand() => new PooledCommand(this);

    public override void Open() { }

    public override void Close()
    {
        if (_statements is not { } statements) return;
        _statements = null;
        giveBack(statements);
    }

    public override void ChangeDatabase(string databaseName) => throw new NotSupportedException("A SQLite file is one database.");

    protected override void Dispose(bool disposing)
    {
        if (disposing) Close();
        base.Dispose(disposing);
    }
}
