using System.Diagnostics.CodeAnalysis;

namespace ModelZoo.Inference.Serving;

/// <summary>
/// Puts requests that come at about the same time into one run of the model. A request that comes alone runs at once; while one runs, others gather, and
/// when there are several, the next run waits a moment for more.
/// </summary>
public sealed class Batcher<TInput, TResult>(int most, TimeSpan window, Func<IReadOnlyList<TInput>, CancellationToken, IReadOnlyList<TResult>> run)
{
    readonly Lock _gate = new();
    readonly List<Waiting> _waiting = [];
    bool _isRunning;

    /// <summary>Runs so far, and requests in them.</summary>
    public (long Runs, long Requests) Counts { get; private set; }

    public async Task<TResult> AskAsync(TInput input, CancellationToken stop)
    {
        var request = new Waiting(input);
        lock (_gate)
        {
            _waiting.Add(request);
            if (!_isRunning)
            {
                _isRunning = true;
                _ = Task.Run(RunAllAsync, CancellationToken.None);
            }
        }
        using var leave = stop.UnsafeRegister(_ => Leave(request, stop), null);
        return await request.Answer.Task;
    }

    /// <summary>
    /// Gives a request up. The run that it is in goes on for the others; the last one stops the run, and hears of it only when the run has really ended: whoever
    /// watches for runs that do not end must not be told that all is well.
    /// </summary>
    void Leave(Waiting request, CancellationToken stop)
    {
        CancellationTokenSource? alone = null;
        lock (_gate)
        {
            if (!_waiting.Remove(request) && request.Batch is { } batch && --batch.Left == 0) alone = batch.Stop;
        }
        if (alone is null) request.Answer.TrySetCanceled(stop);
        else alone.Cancel();
    }

    async Task RunAllAsync()
    {
        while (true)
        {
            int count;
            lock (_gate)
            {
                count = _waiting.Count;
                if (count == 0)
                {
                    _isRunning = false;
                    return;
                }
            }
            if (count > 1 && count < most) await Task.Delay(window);
            Batch batch;
            lock (_gate) batch = Take(_waiting[..Math.Min(most, _waiting.Count)]);
            if (batch.Requests.Count > 0) Run(batch);
        }
    }

    Batch Take(List<Waiting> requests)
    {
        _waiting.RemoveRange(0, Math.Min(requests.Count, _waiting.Count));
        if (requests.Count > 0) Counts = (Counts.Runs + 1, Counts.Requests + requests.Count);
        return Form(requests);
    }

    static Batch Form(List<Waiting> requests)
    {
        var batch = new Batch(requests);
        foreach (var request in requests) request.Batch = batch;
        return batch;
    }

    void Run(Batch batch)
    {
        try
        {
            var results = run([.. batch.Requests.Select(request => request.Input)], batch.Stop.Token);
            for (var i = 0; i < batch.Requests.Count; i++) batch.Requests[i].Answer.TrySetResult(results[i]);
        }
        catch (OperationCanceledException) when (batch.Stop.IsCancellationRequested)
        {
            foreach (var request in batch.Requests) request.Answer.TrySetCanceled(CancellationToken.None);
        }
        catch (Exception) when (batch.Requests.Count > 1)
        {
            // One bad request must not spoil its neighbours: each is asked alone.
            foreach (var request in batch.Requests)
            {
                Batch one;
                lock (_gate) one = Form([request]);
                if (!request.Answer.Task.IsCompleted) Run(one);
            }
        }
        catch (Exception e)
        {
            batch.Requests[0].Answer.TrySetException(e);
        }
    }

    [SuppressMessage("Design", "CA1001", Justification = "A source without a timer holds nothing, and requests may stop it at any moment.")]
    sealed class Batch(List<Waiting> requests)
    {
        public List<Waiting> Requests => requests;

        public int Left { get; set; } = requests.Count;

        public CancellationTokenSource Stop { get; } = new();
    }

    sealed class Waiting(TInput input)
    {
        public TInput Input => input;

        public Batch? Batch { get; set; }

        public TaskCompletionSource<TResult> Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
