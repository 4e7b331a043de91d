using System.Data.Common;
using System.Diagnostics;
using Dapper;
using ModelZoo.Hub.Kernel;

namespace ModelZoo.Hub.Database;

/// <summary>
/// The relational half of the hub's memory. One SQL text runs on both implementations; only opening, transactions and
/// the reading of error codes differ. Connection failures and full disks become refusals (Unavailable): the caller gets an
/// error, nothing is half done, and the next call tries afresh.
/// </summary>
abstract class HubDatabase : IAsyncDisposable
{
    const int WriteAttempts = 6;

    static HubDatabase() => DefaultTypeMap.MatchNamesWithUnderscores = true;

    /// <summary>The word in `database.kind` and in metrics: sqlite or postgres.</summary>
    public abstract string Kind { get; }

    public abstract Task<DbConnection> OpenAsync(CancellationToken stop);

    /// <param name="isPrelude">What is written may become durable with the next write; an implementation may flush it at once all the same.</param>
    protected virtual Task<DbConnection> OpenForWriteAsync(bool isPrelude, CancellationToken stop) => OpenAsync(stop);

    /// <summary>True when the error says that a unique rule or primary key was broken.</summary>
    public abstract bool IsUniqueViolation(Exception error);

    /// <summary>True when the same transaction may succeed if it is simply run again (deadlock, serialisation, busy).</summary>
    protected abstract bool IsWorthRetrying(Exception error);

    /// <summary>True when the database is away, its disk is full or it refuses connections.</summary>
    protected abstract bool IsOutage(Exception error);

    /// <summary>Enters the place where one may write. SQLite has one writer; PostgreSQL as many as it has connections.</summary>
    protected abstract Task<IDisposable> EnterWriteAsync(CancellationToken stop);

    /// <summary>Called before a failed transaction is rolled back.</summary>
    protected virtual void PrepareRollback(DbConnection connection) { }

    /// <summary>Forgets pooled connections, so that a restarted database is found again.</summary>
    protected virtual void ForgetConnections() { }

    /// <summary>A transaction that sees one state of the database until it ends, whatever others write, and holds up nobody.</summary>
    public abstract Task<DbTransaction> BeginSnapshotAsync(DbConnection connection, CancellationToken stop);

    /// <summary>What time it is where the database is; null when that is this machine.</summary>
    public virtual Task<DateTimeOffset?> ReadClockAsync(CancellationToken stop) => Task.FromResult<DateTimeOffset?>(null);

    /// <summary>Keeps other nodes from changing the schema until the result is disposed of.</summary>
    public virtual Task<IAsyncDisposable> LockSchemaAsync(CancellationToken stop) => Task.FromResult<IAsyncDisposable>(NoLock.Instance);

    /// <summary>Tells all nodes that listen on a channel. A hint and no more: whoever is away does not hear it.</summary>
    public virtual Task NotifyAsync(string channel, string text, CancellationToken stop) => Task.CompletedTask;

    /// <summary>Hears what nodes say on a channel until it is stopped or the connection breaks. Does nothing where there is one node only.</summary>
    public virtual Task ListenAsync(string channel, Action<string> hear, CancellationToken stop) => Task.Delay(Timeout.Infinite, stop);

    public async Task<T> ReadAsync<T>(Func<DbConnection, Task<T>> query, CancellationToken stop)
    {
        var began = Stopwatch.GetTimestamp();
        try
        {
            await using var connection = await OpenAsync(stop);
            var result = await query(connection);
            Measure(began, "read");
            return result;
        }
        catch (Exception error) when (IsOutage(error))
        {
            ForgetConnections();
            throw Outage(error);
        }
    }

    /// <summary>Runs <paramref name="work"/> in one transaction and commits it. The work may run again after a deadlock, so it must only touch the database.</summary>
    public Task<T> WriteAsync<T>(Func<DbTransaction, Task<T>> work, CancellationToken stop) => WriteAsync(work, isPrelude: false, stop);

    /// <summary>
    /// Writes what nothing refers to yet. It may be durable only with the next ordinary write: both databases keep one log, so
    /// whatever refers to it is on the disk after it or not at all. Spares a flush of the disk.
    /// </summary>
    public Task WritePreludeAsync(Func<DbTransaction, Task> work, CancellationToken stop) =>
        WriteAsync(async transaction => { await work(transaction); return true; }, isPrelude: true, stop);

    async Task<T> WriteAsync<T>(Func<DbTransaction, Task<T>> work, bool isPrelude, CancellationToken stop)
    {
        var began = Stopwatch.GetTimestamp();
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                using var turn = await EnterWriteAsync(stop);
                await using var connection = await OpenForWriteAsync(isPrelude, stop);
                await using var transaction = await connection.BeginTransactionAsync(stop);
                try
                {
                    var result = await work(transaction);
                    // From here on the caller may not cancel: a commit that was sent may have happened.
                    await transaction.CommitAsync(CancellationToken.None);
                    Measure(began, "write");
                    return result;
                }
                catch
                {
                    PrepareRollback(connection);
                    throw;
                }
            }
            catch (Exception error) when (attempt < WriteAttempts && IsWorthRetrying(error))
            {
                await Task.Delay(Random.Shared.Next(5, 20) * attempt * attempt, stop);
            }
            catch (Exception error) when (IsOutage(error))
            {
                ForgetConnections();
                throw Outage(error);
            }
        }
    }

    public Task WriteAsync(Func<DbTransaction, Task> work, CancellationToken stop) =>
        WriteAsync(async transaction => { await work(transaction); return true; }, stop);

    static void Measure(long began, string call) =>
        ZooMeter.DatabaseCalls.Record(Stopwatch.GetElapsedTime(began).TotalSeconds, new KeyValuePair<string, object?>("call", call));

    static Refusal Outage(Exception error) =>
        new(RefusalKind.Unavailable, "The hub cannot reach or write its database now; nothing was changed. Try again shortly.")
        {
            RetryAfter = TimeSpan.FromSeconds(2),
            Cause = error,
        };

    public abstract ValueTask DisposeAsync();

    sealed class NoLock : IAsyncDisposable
    {
        public static readonly NoLock Instance = new();
        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
