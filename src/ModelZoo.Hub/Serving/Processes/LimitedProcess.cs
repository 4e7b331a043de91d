using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Extensions.Logging;

namespace ModelZoo.Hub.Serving.Processes;

/// <summary>
/// A worker process and its watch: ends it, with all that it started, when it uses more memory or time than it may, or when its owner lets go of it.
/// It is expected to end by itself when its standard input does, so that it does not outlive a hub that was killed.
/// </summary>
sealed partial class LimitedProcess : IAsyncDisposable
{
    const int TailBytes = 16 * 1024;
    const int Kill9 = 9;

    static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(100);

    readonly Process _process;
    readonly ProcessLimits _limits;
    readonly Stopwatch _clock = Stopwatch.StartNew();
    readonly StringBuilder _tail = new();
    readonly TaskCompletionSource<string> _confined = new(TaskCreationOptions.RunContinuationsAsynchronously);
    int _ended = -1;
    long _peak;

    public LimitedProcess(Process process, ProcessLimits limits, ILogger log)
    {
        (_process, _limits, Id) = (process, limits, process.Id);
        Input = process.StandardInput.BaseStream;
        Output = process.StandardOutput.BaseStream;
        Exit = Task.Run(() => WatchAsync(log));
    }

    public int Id { get; }

    /// <summary>Its standard input. Closing it asks the process to end.</summary>
    public Stream Input { get; }

    /// <summary>Its standard output; whoever does not read it makes it wait.</summary>
    public Stream Output { get; }

    /// <summary>How it ended, when it has. Never faults.</summary>
    public Task<ProcessExit> Exit { get; }

    /// <summary>Which of the kernel's means hold it, as the process said itself: known once it runs, and empty where there are none.</summary>
    public Task<string> Confinement => _confined.Task;

    /// <summary>Each line of standard error, as it comes. Set at once after the start.</summary>
    public Action<string>? OnErrorLine { get; set; }

    public string ErrorTail
    {
        get { lock (_tail) return _tail.ToString(); }
    }

    /// <summary>Ends the process and all that it started.</summary>
    public void Stop() => End(ProcessEnd.Stopped);

    void End(ProcessEnd why)
    {
        Interlocked.CompareExchange(ref _ended, (int)why, -1);
        KillAll();
    }

    void KillAll()
    {
        if (OperatingSystem.IsWindows())
        {
            if (!_process.HasExited) _process.Kill(entireProcessTree: true);
            return;
        }
        // It leads a group of its own, but not in its first moments.
        _ = Send(-Id, Kill9);
        if (!_process.HasExited) _ = Send(Id, Kill9);
    }

    async Task<ProcessExit> WatchAsync(ILogger log)
    {
        var errors = ReadErrorsAsync();
        var exited = _process.WaitForExitAsync(CancellationToken.None);
        while (await Task.WhenAny(exited, Task.Delay(s_look)) != exited)
        {
            var used = UsedBytes();
            _peak = Math.Max(_peak, used);
            if (used > _limits.MemoryBytes) End(ProcessEnd.OutOfMemory);
            else if (_clock.Elapsed > _limits.WallClock) End(ProcessEnd.OutOfTime);
        }
        KillAll();
        // A grandchild that left the group could hold the pipe open; nobody waits for it.
        await Task.WhenAny(errors, Task.Delay(TimeSpan.FromSeconds(2)));
        _confined.TrySetResult("");
        var exit = ProcessExit.From(_ended < 0 ? null : (ProcessEnd)_ended, _process.ExitCode, ErrorTail, _limits, _clock.Elapsed, _peak);
        if (exit.End is not (ProcessEnd.Done or ProcessEnd.Stopped)) log.WorkerEnded(exit.Words);
        return exit;
    }

    async Task ReadErrorsAsync()
    {
        try
        {
            using var reader = new BoundedLines(_process.StandardError.BaseStream);
            while (await reader.ReadAsync() is { } line)
            {
                if (line.StartsWith(Processes.Confinement.Report, StringComparison.Ordinal))
                {
                    _confined.TrySetResult(line[Processes.Confinement.Report.Length..]);
                    continue;
                }
                lock (_tail)
                {
                    _tail.Append(line).Append('\n');
                    if (_tail.Length > TailBytes) _tail.Remove(0, _tail.Length - TailBytes);
                }
                OnErrorLine?.Invoke(line);
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            // The pipe went with the process.
        }
    }

    /// <summary>Private memory in use: what is only mapped from files is the system's to take back.</summary>
    long UsedBytes()
    {
        try
        {
            if (!OperatingSystem.IsLinux())
            {
                _process.Refresh();
                return _process.WorkingSet64;
            }
            long bytes = 0;
            foreach (var line in File.ReadLines($"/proc/{Id}/status"))
                if (line.StartsWith("RssAnon:", StringComparison.Ordinal) || line.StartsWith("RssShmem:", StringComparison.Ordinal))
                    bytes += long.Parse(line.AsSpan(9).Trim().TrimEnd(" kB")) * 1024;
            return bytes;
        }
        catch (Exception e) when (e is IOException or InvalidOperationException or UnauthorizedAccessException)
        {
            return 0;   // it has just ended
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (!Exit.IsCompleted) Stop();
        await Exit;
        _process.Dispose();
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Send(int process, int signal);
}
