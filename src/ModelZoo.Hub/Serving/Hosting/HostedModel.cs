using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using ModelZoo.Hub.Kernel;

namespace ModelZoo.Hub.Serving.Hosting;

/// <summary>A commit's model in a worker, or on its way into one, or waiting to be tried again after it failed.</summary>
[SuppressMessage("Design", "CA1001", Justification = "A semaphore that nobody asked for a handle holds nothing, and requests may still leave it when the model is gone.")]
sealed class HostedModel(ModelPlan plan, long budgetBytes, HostingOptions options)
{
    static readonly TimeSpan s_longestWait = TimeSpan.FromMinutes(1);

    readonly SemaphoreSlim _places = new(options.Concurrency);
    readonly Lock _gate = new();
    Task<WorkerConnection>? _connection;
    Refusal? _failure;
    long _retryAt, _failures;
    int _inside;
    long _lastUsed = Stopwatch.GetTimestamp();

    public ModelPlan Plan => plan;

    /// <summary>Memory that its worker is promised.</summary>
    public long BudgetBytes => budgetBytes;

    /// <summary>Requests that it works on or that wait for it.</summary>
    public int Inside => Volatile.Read(ref _inside);

    public long Requests { get; private set; }

    public TimeSpan Idle => Inside > 0 ? TimeSpan.Zero : Stopwatch.GetElapsedTime(_lastUsed);

    public bool IsLoaded => _connection is { IsCompletedSuccessfully: true } connection && connection.Result.IsAlive;

    /// <summary>Its worker's number; null when none runs.</summary>
    public int? ProcessId => IsLoaded ? _connection!.Result.ProcessId : null;

    public string State => IsLoaded ? "loaded" : _failure is not null ? "failed" : _connection is { IsCompleted: false } ? "loading" : "stopped";

    /// <summary>Why it last failed; null when it did not.</summary>
    public string? Failure => _failure?.Message;

    /// <summary>A place among the requests; refused when too many wait already.</summary>
    public async Task<IDisposable> EnterAsync(CancellationToken stop)
    {
        if (Interlocked.Increment(ref _inside) > options.Concurrency + options.Queue)
        {
            Interlocked.Decrement(ref _inside);
            throw new Refusal(RefusalKind.TooMany, $"{options.Queue} requests wait for this model already; try again later.") { RetryAfter = TimeSpan.FromSeconds(1) };
        }
        try
        {
            await _places.WaitAsync(stop);
        }
        catch
        {
            Leave();
            throw;
        }
        return new Place(this);
    }

    void Leave()
    {
        _lastUsed = Stopwatch.GetTimestamp();
        Interlocked.Decrement(ref _inside);
    }

    /// <summary>The worker, started by the first who asks; one that ended is started again, after a pause that grows with each failure in a row.</summary>
    public async Task<WorkerConnection> ConnectAsync(Func<Task<WorkerConnection>> start, CancellationToken stop)
    {
        Task<WorkerConnection> connection;
        lock (_gate)
        {
            Requests++;
            if (_connection is { IsCompletedSuccessfully: true } ended && !ended.Result.IsAlive)
            {
                _ = ended.Result.DisposeAsync().AsTask();
                _connection = null;
                Fail(new Refusal(RefusalKind.Unavailable, $"The model's worker ended: {(ended.Result.Exit.IsCompleted ? ended.Result.Exit.Result.Words : "it is ending.")}"), ended.Result.Exit.IsCompleted && ended.Result.Exit.Result.End == Processes.ProcessEnd.Stopped);
            }
            if (_connection is null)
            {
                if (_failure is { } failure && Stopwatch.GetElapsedTime(_retryAt, Stopwatch.GetTimestamp()) is var late && late < TimeSpan.Zero)
                    throw new Refusal(failure.Kind, failure.Message) { RetryAfter = -late, Findings = failure.Findings };
                _connection = Task.Run(start, CancellationToken.None);
            }
            connection = _connection;
        }
        try
        {
            return await connection.WaitAsync(stop);
        }
        catch (Refusal refusal)
        {
            lock (_gate)
            {
                if (_connection == connection)
                {
                    _connection = null;
                    Fail(refusal, isForgiven: false);
                }
            }
            throw;
        }
        catch (Exception) when (connection.IsFaulted)
        {
            lock (_gate)
                if (_connection == connection) _connection = null;
            throw;
        }
    }

    /// <summary>What is wrong with the files stays wrong, so it is not tried at once again; what crashed gets another chance soon.</summary>
    void Fail(Refusal refusal, bool isForgiven)
    {
        if (isForgiven) return;
        _failure = refusal;
        _failures++;
        var wait = refusal.Kind is RefusalKind.Unprocessable or RefusalKind.Invalid ? s_longestWait : TimeSpan.FromSeconds(Math.Min(s_longestWait.TotalSeconds, Math.Pow(2, Math.Min(_failures, 10) - 1)));
        _retryAt = Stopwatch.GetTimestamp() + (long)(wait.TotalSeconds * Stopwatch.Frequency);
    }

    /// <summary>It answered: earlier failures no longer count.</summary>
    public void Succeeded()
    {
        lock (_gate) (_failure, _failures) = (null, 0);
    }

    public async Task StopAsync()
    {
        Task<WorkerConnection>? connection;
        lock (_gate) (connection, _connection) = (_connection, null);
        if (connection is null) return;
        try
        {
            await (await connection).DisposeAsync();
        }
        catch (Exception) when (connection.IsFaulted || connection.IsCanceled)
        {
            // It never ran; whoever waited for it was told why.
        }
    }

    sealed class Place(HostedModel model) : IDisposable
    {
        HostedModel? _model = model;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _model, null) is not { } held) return;
            held._places.Release();
            held.Leave();
        }
    }
}
