using System.Collections.Concurrent;
using System.Data.Common;
using System.Runtime.InteropServices;
using Dapper;
using Microsoft.Data.Sqlite;
using ModelZoo.Hub.Database.Sqlite;

namespace ModelZoo.Hub.Database;

/// <summary>SQLite in one file: write-ahead log, one writer at a time, every commit flushed to disk.</summary>
sealed class SqliteDatabase : HubDatabase
{
    const int BusySeconds = 30;

    /// <summary>Each holds up to 8 MB of pages; more calls than this at the same instant are rare.</summary>
    const int MaxIdle = 16;

    readonly SemaphoreSlim _writer = new(1, 1);
    readonly string _connectionString;
    readonly ConcurrentStack<StatementCache> _idle = [];
    int _generation;

    static SqliteDatabase()
    {
        // The system's library: it gets security fixes from the distribution, the bundled one does not.
        NativeLibrary.SetDllImportResolver(typeof(SQLitePCL.SQLite3Provider_e_sqlite3).Assembly,
            (name, _, _) => name == "e_sqlite3" ? NativeLibrary.Load(SystemLibrary()) : 0);
        SQLitePCL.raw.SetProvider(new SQLitePCL.SQLite3Provider_e_sqlite3());
    }

    public SqliteDatabase(string file)
    {
        File = file;
        _connectionString = new SqliteConnectionStringBuilder
        {
            DataSource = file,
            Mode = SqliteOpenMode.ReadWriteCreate,
            Cache = SqliteCacheMode.Private,
            DefaultTimeout = BusySeconds,
            ForeignKeys = true,
            Pooling = false,        // kept here, with their statements
        }.ToString();
        using var connection = new SqliteConnection(_connectionString);
        connection.Open();
        connection.Execute("pragma journal_mode = wal");
    }

    public string File { get; }

    public override string Kind => "sqlite";

    public override Task<DbConnection> OpenAsync(CancellationToken stop)
    {
        stop.ThrowIfCancellationRequested();
        return Task.FromResult<DbConnection>(new PooledConnection(_idle.TryPop(out var idle) ? idle : Connect(), GiveBack));
    }

    protected override async Task<DbConnection> OpenForWriteAsync(bool isPrelude, CancellationToken stop)
    {
        var connection = (PooledConnection)await OpenAsync(stop);
        connection.Statements.SetDurable(!isPrelude);
        return connection;
    }

    StatementCache Connect()
    {
        var generation = Volatile.Read(ref _generation);
        var connection = new SqliteConnection(_connectionString);
        try
        {
            connection.Open();
            using var command = connection.CreateCommand();
            // full: an acknowledged commit survives a power cut; measured at about 4,000 commits a second.
            command.CommandText = "pragma synchronous = full; pragma temp_store = memory; pragma cache_size = -8000; pragma mmap_size = 268435456";
            command.ExecuteNonQuery();
        }
        catch
        {
            connection.Dispose();
            throw;
        }
        return new(connection, generation);
    }

    /// <summary>Last in, first out: on a quiet hub the same few connections, with warm caches, do all the work.</summary>
    void GiveBack(StatementCache statements)
    {
        if (_idle.Count < MaxIdle && statements.Generation == Volatile.Read(ref _generation)) _idle.Push(statements);
        else statements.Dispose();
    }

    protected override void ForgetConnections()
    {
        Interlocked.Increment(ref _generation);
        while (_idle.TryPop(out var idle)) idle.Dispose();
    }

    public override Task<DbTransaction> BeginSnapshotAsync(DbConnection connection, CancellationToken stop) =>
        Task.FromResult<DbTransaction>(((PooledConnection)connection).BeginDeferredTransaction());

    public override bool IsUniqueViolation(Exception error) =>
        error is SqliteException { SqliteExtendedErrorCode: 1555 or 2067 };     // SQLITE_CONSTRAINT_PRIMARYKEY, _UNIQUE

    protected override bool IsWorthRetrying(Exception error) =>
        error is SqliteException { SqliteErrorCode: 5 or 6 };                   // SQLITE_BUSY, SQLITE_LOCKED

    /// <summary>A full disk and the like roll back.</summary>
    protected override bool KnowsOutcome(Exception error) => true;

    protected override bool IsOutage(Exception error) =>
        error is SqliteException { SqliteErrorCode: 8 or 10 or 13 or 14 or 5 or 6 };  // READONLY, IOERR, FULL, CANTOPEN, still busy

    /// <summary>
    /// When the disk is full SQLite rolls back by itself. Microsoft.Data.Sqlite then fails to roll back once more, and that
    /// error would hide the first; so there is given something to roll back.
    /// </summary>
    protected override void PrepareRollback(DbConnection connection)
    {
        var handle = ((PooledConnection)connection).Statements.Connection.Handle;
        if (handle is not null && SQLitePCL.raw.sqlite3_get_autocommit(handle) != 0) SQLitePCL.raw.sqlite3_exec(handle, "begin");
    }

    protected override async Task<IDisposable> EnterWriteAsync(CancellationToken stop)
    {
        await _writer.WaitAsync(stop);
        return new Turn(_writer);
    }

    public override ValueTask DisposeAsync()
    {
        ForgetConnections();
        _writer.Dispose();
        return ValueTask.CompletedTask;
    }

    static string SystemLibrary() =>
        OperatingSystem.IsMacOS() ? "libsqlite3.dylib" : OperatingSystem.IsWindows() ? "winsqlite3" : "libsqlite3.so.0";

    sealed class Turn(SemaphoreSlim writer) : IDisposable
    {
        public void Dispose() => writer.Release();
    }
}
