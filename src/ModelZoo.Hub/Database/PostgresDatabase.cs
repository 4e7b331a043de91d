using System.Data.Common;
using System.Net.Sockets;
using Npgsql;

namespace ModelZoo.Hub.Database;

/// <summary>PostgreSQL: any number of nodes share it; row locks and compare-and-set keep them apart.</summary>
sealed class PostgresDatabase(string connectionString) : HubDatabase
{
    readonly NpgsqlDataSource _source = NpgsqlDataSource.Create(connectionString);

    public override string Kind => "postgres";

    public override async Task<DbConnection> OpenAsync(CancellationToken stop) => await _source.OpenConnectionAsync(stop);

    public override async Task<DbTransaction> BeginSnapshotAsync(DbConnection connection, CancellationToken stop) =>
        await connection.BeginTransactionAsync(System.Data.IsolationLevel.RepeatableRead, stop);

    public override bool IsUniqueViolation(Exception error) => error is PostgresException { SqlState: PostgresErrorCodes.UniqueViolation };

    protected override bool IsWorthRetrying(Exception error) => error is PostgresException
    {
        SqlState: PostgresErrorCodes.SerializationFailure or PostgresErrorCodes.DeadlockDetected or PostgresErrorCodes.LockNotAvailable,
    };

    protected override bool IsOutage(Exception error) => error switch
    {
        PostgresException e => e.SqlState.StartsWith("08", StringComparison.Ordinal)      // connection
            || e.SqlState.StartsWith("53", StringComparison.Ordinal)                      // out of disk, memory, connections
            || e.SqlState.StartsWith("57P", StringComparison.Ordinal)                     // shutting down, starting up
            || e.SqlState is PostgresErrorCodes.SerializationFailure or PostgresErrorCodes.DeadlockDetected,
        NpgsqlException or SocketException or TimeoutException => true,
        InvalidOperationException { InnerException: NpgsqlException or SocketException } => true,
        _ => false,
    };

    protected override Task<IDisposable> EnterWriteAsync(CancellationToken stop) => Task.FromResult<IDisposable>(FreeEntry.Instance);

    protected override void ForgetConnections() => _source.Clear();

    public override ValueTask DisposeAsync() => _source.DisposeAsync();

    sealed class FreeEntry : IDisposable
    {
        public static readonly FreeEntry Instance = new();
        public void Dispose() { }
    }
}
