using System.Data.Common;
using System.Net.Sockets;
using Npgsql;

namespace ModelZoo.Hub.Database;

/// <summary>PostgreSQL: any number of nodes share it; row locks and compare-and-set keep them apart.</summary>
sealed class PostgresDatabase : HubDatabase
{
    /// <summary>Any number that nobody else locks in this database: "zoo" and 1.</summary>
    const long SchemaLock = 0x7a6f6f_0001;

    readonly string _connectionString;
    readonly NpgsqlDataSource _source;

    public PostgresDatabase(string connectionString)
    {
        var settings = new NpgsqlConnectionStringBuilder(connectionString);
        if (string.IsNullOrEmpty(settings.ApplicationName)) settings.ApplicationName = "modelzoo";
        // The hub asks the same few questions over and over; what was planned once need not be planned again.
        if (!settings.ContainsKey("Max Auto Prepare")) (settings.MaxAutoPrepare, settings.AutoPrepareMinUsages) = (200, 3);
        _connectionString = settings.ConnectionString;
        _source = NpgsqlDataSource.Create(_connectionString);
    }

    public override string Kind => "postgres";

    public override async Task<DbConnection> OpenAsync(CancellationToken stop) => await _source.OpenConnectionAsync(stop);

    public override async Task<DbTransaction> BeginSnapshotAsync(DbConnection connection, CancellationToken stop) =>
        await connection.BeginTransactionAsync(System.Data.IsolationLevel.RepeatableRead, stop);

    public override Task<DateTimeOffset?> ReadClockAsync(CancellationToken stop) => ReadAsync<DateTimeOffset?>(async connection =>
    {
        await using var command = new NpgsqlCommand("select cast(extract(epoch from clock_timestamp()) * 1000000 as bigint)", (NpgsqlConnection)connection);
        return DateTimeOffset.UnixEpoch.AddTicks((long)(await command.ExecuteScalarAsync(stop))! * TimeSpan.TicksPerMicrosecond);
    }, stop);

    /// <summary>A lock of the session: it ends with the connection, so a node that is killed holds up nobody.</summary>
    public override async Task<IAsyncDisposable> LockSchemaAsync(CancellationToken stop)
    {
        var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(_connectionString) { Pooling = false }.ConnectionString);
        try
        {
            await connection.OpenAsync(stop);
            await using var command = new NpgsqlCommand($"select pg_advisory_lock({SchemaLock})", connection) { CommandTimeout = 600 };
            await command.ExecuteNonQueryAsync(stop);
            return connection;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    public override async Task<bool> HasUnnamedPeersAsync(DbTransaction transaction, CancellationToken stop) => await transaction.FindAsync<long>("""
        select count(*)
        from pg_stat_activity
        where datname = current_database()
          and usename = current_user
          and backend_type = 'client backend'
          and application_name = ''
        """, null, stop) > 0;

    public override Task NotifyAsync(string channel, string text, CancellationToken stop) => ReadAsync(async connection =>
    {
        await using var command = new NpgsqlCommand("select pg_notify(@channel, @text)", (NpgsqlConnection)connection);
        command.Parameters.AddWithValue("channel", channel);
        command.Parameters.AddWithValue("text", text);
        return await command.ExecuteNonQueryAsync(stop);
    }, stop);

    public override async Task ListenAsync(string channel, Action<string> hear, CancellationToken stop)
    {
        // A connection of its own, told to look now and then whether the other end is still there.
        var settings = new NpgsqlConnectionStringBuilder(_connectionString) { Pooling = false, KeepAlive = 30 };
        await using var connection = new NpgsqlConnection(settings.ConnectionString);
        await connection.OpenAsync(stop);
        connection.Notification += (_, said) => hear(said.Payload);
        await using (var command = new NpgsqlCommand($"listen {channel}", connection)) await command.ExecuteNonQueryAsync(stop);
        while (true) await connection.WaitAsync(stop);
    }

    public override bool IsUniqueViolation(Exception error) => error is PostgresException { SqlState: PostgresErrorCodes.UniqueViolation };

    protected override bool IsWorthRetrying(Exception error) => error is PostgresException
    {
        SqlState: PostgresErrorCodes.SerializationFailure or PostgresErrorCodes.DeadlockDetected or PostgresErrorCodes.LockNotAvailable,
    };

    /// <summary>What the server says itself happened inside it; a connection that breaks says nothing.</summary>
    protected override bool KnowsOutcome(Exception error) =>
        error is PostgresException e && !e.SqlState.StartsWith("08", StringComparison.Ordinal) && !e.SqlState.StartsWith("57P", StringComparison.Ordinal);

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
