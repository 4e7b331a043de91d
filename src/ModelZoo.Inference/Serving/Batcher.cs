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
        using var leave = stop.UnsafeRegister(_ =>
        {
            lock (_gate) _waiting.Remove(request);
            request.Answer.TrySetCanceled(stop);
        }, null);
        return await request.Answer.Task;
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
            List<Waiting> batch;
            lock (_gate)
            {
                batch = _waiting[..Math.Min(most, _waiting.Count)];
                _waiting.RemoveRange(0, batch.Count);
                if (batch.Count > 0) Counts = (Counts.Runs + 1, Counts.Requests + batch.Count);
            }
            if (batch.Count > 0) Run(batch);
        }
    }

    void Run(List<Waiting> batch)
    {
        try
        {
            var results = run([.. batch.Select(request => request.Input)], CancellationToken.None);
            for (var i = 0; i < batch.Count; i++) batch[i].Answer.TrySetResult(results[i]);
        }
        catch (Exception) when (batch.Count > 1)
        {
            // One bad request must not spoil its neighbours: each is asked alone.
            foreach (var request in batch) Run([request]);
        }
        catch (Exception e)
        {
            batch[0].Answer.TrySetException(e);
        }
    }

    sealed class Waiting(TInput input)
    {
        public TInput Input => input;

        public TaskCompletionSource<TResult> Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
