using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Serving.Processes;
using ModelZoo.Inference;
using ModelZoo.Inference.Serving;

namespace ModelZoo.Hub.Serving.Hosting;

/// <summary>A running worker and the requests that wait for it. When the process ends, for whatever reason, all of them end with that reason.</summary>
sealed class WorkerConnection : IAsyncDisposable
{
    /// <summary>How long a worker that was asked to give a request up may take to do so.</summary>
    static readonly TimeSpan s_grace = TimeSpan.FromSeconds(5);

    readonly LimitedProcess _process;
    readonly FramePipe _pipe;
    readonly ConcurrentDictionary<long, Pending> _pending = new();
    readonly Task _reading;
    long _next;
    string? _ended;

    WorkerConnection(LimitedProcess process)
    {
        _process = process;
        _pipe = new(process.Output, process.Input);
        _reading = Task.Run(ReadAllAsync);
    }

    /// <summary>What the model takes and gives.</summary>
    public JsonObject Description { get; private set; } = [];

    public int ProcessId => _process.Id;

    /// <summary>Completes when the worker is gone, with how it ended.</summary>
    public Task<ProcessExit> Exit => _process.Exit;

    public bool IsAlive => _ended is null && !_process.Exit.IsCompleted;

    public static async Task<WorkerConnection> OpenAsync(LimitedProcess process, JsonObject open, TimeSpan limit, CancellationToken stop)
    {
        var connection = new WorkerConnection(process);
        try
        {
            connection.Description = (await connection.AskAsync(open, default, null, limit, "loading", stop)).Json;
            return connection;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    /// <summary>Sends a request and waits for its answer.</summary>
    /// <param name="part">Takes pieces as they come, at once: all requests of the worker are read in one place.</param>
    /// <exception cref="Refusal">The request does not fit the model, the model failed, took too long, or its process ended.</exception>
    public async Task<Frame> AskAsync(JsonObject request, ReadOnlyMemory<byte> bytes, Action<JsonObject>? part, TimeSpan limit, string what, CancellationToken stop)
    {
        var id = Interlocked.Increment(ref _next);
        var pending = _pending[id] = new(part);
        try
        {
            request["id"] = id;
            if (part is not null) request["stream"] = true;
            if (_ended is not null) throw Gone(_ended);
            try
            {
                await _pipe.WriteAsync(request, bytes, stop);
            }
            catch (IOException)
            {
                throw Gone((await _process.Exit).Words);
            }
            return await pending.Answer.Task.WaitAsync(limit, stop);
        }
        catch (TimeoutException)
        {
            _ = GiveUpAsync(id, pending);
            throw new Refusal(RefusalKind.Unavailable, $"The model took longer than {limit.TotalSeconds:0} seconds for {what}, and was stopped.");
        }
        catch (OperationCanceledException)
        {
            _ = GiveUpAsync(id, pending);
            throw;
        }
        finally
        {
            if (pending.Answer.Task.IsCompleted) _pending.TryRemove(id, out _);
        }
    }

    /// <summary>Asks the worker to leave a request; one that does not listen is ended, with all that it does.</summary>
    async Task GiveUpAsync(long id, Pending pending)
    {
        try
        {
            await _pipe.WriteAsync(new() { ["op"] = "cancel", ["id"] = id }, default, CancellationToken.None);
            await pending.Answer.Task.WaitAsync(s_grace, CancellationToken.None);
        }
        catch (TimeoutException)
        {
            _process.Stop();
        }
        catch (Exception e) when (e is IOException or Refusal or OperationCanceledException or ObjectDisposedException)
        {
            // It listened, or is gone.
        }
        finally
        {
            _pending.TryRemove(id, out _);
        }
    }

    async Task ReadAllAsync()
    {
        try
        {
            while (await _pipe.ReadAsync(CancellationToken.None) is { } frame) Take(frame);
        }
        catch (Exception e) when (e is IOException or InvalidDataException or ObjectDisposedException or InvalidOperationException or FormatException)
        {
            // A worker that writes nonsense is as good as dead.
            _process.Stop();
        }
        _process.Input.Close();
        _ended = (await _process.Exit).Words;
        foreach (var (_, pending) in _pending) pending.Answer.TrySetException(Gone(_ended));
    }

    void Take(Frame frame)
    {
        if (frame.Json["id"]?.GetValue<long>() is not { } id || !_pending.TryGetValue(id, out var pending)) return;
        var answer = frame.Json["answer"] as JsonObject ?? [];
        frame.Json.Remove("answer");
        switch (frame.Json["kind"]?.GetValue<string>())
        {
            case "part":
                pending.Part?.Invoke(answer);
                break;
            case "error":
                pending.Answer.TrySetException(Refused(frame.Json["fault"]?.GetValue<string>() ?? "", frame.Json["message"]?.GetValue<string>() ?? "The model failed."));
                break;
            default:
                pending.Answer.TrySetResult(new(answer, frame.Bytes));
                break;
        }
    }

    static Exception Refused(string fault, string message) => fault switch
    {
        nameof(InferenceFault.Input) or nameof(InferenceFault.Limit) => Refusal.Invalid(message),
        nameof(InferenceFault.Model) or nameof(InferenceFault.Execution) => new Refusal(RefusalKind.Unprocessable, message),
        nameof(InferenceFault.NoRuntime) => new Refusal(RefusalKind.Unavailable, $"This hub cannot run models: {message}"),
        "Cancelled" => new OperationCanceledException(message),
        _ => new Refusal(RefusalKind.Fault, "The model's worker made an error.") { Cause = new InvalidOperationException(message) },
    };

    static Refusal Gone(string words) => new(RefusalKind.Unavailable, $"The model's worker ended: {words}") { RetryAfter = TimeSpan.FromSeconds(1) };

    public async ValueTask DisposeAsync()
    {
        await _process.DisposeAsync();
        await _reading;
        _pipe.Dispose();
    }

    sealed class Pending(Action<JsonObject>? part)
    {
        public Action<JsonObject>? Part => part;

        public TaskCompletionSource<Frame> Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
