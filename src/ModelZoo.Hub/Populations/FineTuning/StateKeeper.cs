using System.Diagnostics;
using ModelZoo.Hub.Jobs;
using ModelZoo.Hub.Kernel;

namespace ModelZoo.Hub.Populations.FineTuning;

/// <summary>
/// Brings the states that a worker leaves after its epochs to where other nodes find them, beside its training: one at a time, always the newest, and large ones not more
/// often than <see cref="BytesPerSecond"/> bears.
/// </summary>
sealed class StateKeeper(FineTuneStateStore states, JobRun run, string file, long mostBytes) : IAsyncDisposable
{
    /// <summary>A database writes each state to its log as well; this leaves most of it to others.</summary>
    const long BytesPerSecond = 16 << 20;

    readonly Lock _gate = new();
    readonly CancellationTokenSource _stop = new();
    Task _keeping = Task.CompletedTask;
    bool _isAtWork;
    int _newest;
    int _kept;
    long _notBefore;
    bool _isTooLarge;

    /// <summary>The worker says that the state after this epoch lies in its file.</summary>
    public void Tell(int epoch)
    {
        lock (_gate)
        {
            if (epoch <= _newest || _stop.IsCancellationRequested) return;
            _newest = epoch;
            if (_isAtWork) return;
            _isAtWork = true;
            _keeping = Task.Run(KeepAsync, CancellationToken.None);
        }
    }

    /// <summary>Ends at once; what is not kept by then is not.</summary>
    public async ValueTask DisposeAsync()
    {
        Task keeping;
        lock (_gate)
        {
            _stop.Cancel();
            keeping = _keeping;
        }
        await keeping;
        _stop.Dispose();
    }

    async Task KeepAsync()
    {
        try
        {
            while (true)
            {
                int epoch;
                lock (_gate)
                {
                    if (_newest <= _kept || _isTooLarge)
                    {
                        // Under the lock: whoever tells of another epoch from here on begins anew.
                        _isAtWork = false;
                        return;
                    }
                    epoch = _newest;
                }
                if (_notBefore > 0 && Stopwatch.GetTimestamp() is var now && now < _notBefore) await Task.Delay(Stopwatch.GetElapsedTime(now, _notBefore), _stop.Token);
                if (await ReadAsync() is not { } content || !await run.IsHeldAsync(_stop.Token)) break;
                // The file may hold a later epoch by now, which is told as soon as this one is kept.
                await states.WriteAsync(run.Job.Id, epoch, content, _stop.Token);
                _notBefore = Stopwatch.GetTimestamp() + Stopwatch.Frequency * content.Length / BytesPerSecond;
                lock (_gate) _kept = epoch;
            }
        }
        catch (OperationCanceledException)
        {
            // The try has ended.
        }
        catch (Exception away) when (away is System.Data.Common.DbException or IOException or Refusal)
        {
            // The state stays on this node; the next epoch is tried again.
            run.Log($"The state after epoch {_newest} could not be kept for other nodes: {away.Message}");
        }
        lock (_gate) _isAtWork = false;
    }

    async Task<byte[]?> ReadAsync()
    {
        // A worker reads what strangers wrote: only a file of its own is taken, and no more than was agreed.
        if (new FileInfo(file) is not { Exists: true, LinkTarget: null }) return null;
        await using var content = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        if (content.Length > mostBytes)
        {
            lock (_gate) _isTooLarge = true;
            run.Log($"A state of this fine-tuning has {content.Length >> 20} MiB, more than is kept for other nodes ({mostBytes >> 20} MiB): it goes on on this node, and begins anew on another.");
            return null;
        }
        var bytes = new byte[content.Length];
        await content.ReadExactlyAsync(bytes, _stop.Token);
        return bytes;
    }
}
