namespace ModelZoo.Hub.Serving.Processes;

/// <summary>How a worker process ended.</summary>
enum ProcessEnd
{
    /// <summary>By itself, with code 0.</summary>
    Done,
    /// <summary>By itself, with another code.</summary>
    Failed,
    OutOfMemory,
    OutOfTime,
    /// <summary>By a signal that nobody here sent.</summary>
    Crashed,
    /// <summary>Because whoever started it wanted that.</summary>
    Stopped,
}

/// <param name="Code">The exit code; 128 + n after signal n.</param>
/// <param name="Words">One sentence for whoever waits.</param>
/// <param name="ErrorTail">The last that it wrote to standard error.</param>
/// <param name="PeakBytes">Most private memory that was seen in use; 0 where the system does not say.</param>
sealed record ProcessExit(ProcessEnd End, int Code, string Words, string ErrorTail, TimeSpan Elapsed, long PeakBytes)
{
    static readonly Dictionary<int, string> s_signals = new()
    {
        [4] = "an illegal instruction", [6] = "an abort", [7] = "a bus error", [8] = "an arithmetic error", [9] = "signal 9, as a machine without memory sends it",
        [11] = "a segmentation fault", [15] = "signal 15", [24] = "signal 24", [25] = "a file that grew too large", [31] = "a call that is not allowed",
    };

    /// <summary>Words of runtimes that could not allocate.</summary>
    static readonly string[] s_memoryWords = ["OutOfMemoryException", "Out of memory", "bad_alloc", "GC heap initialization failed", "Failed to allocate memory"];

    const int TimeSignal = 24;

    public static ProcessExit From(ProcessEnd? ended, int code, string errorTail, ProcessLimits limits, TimeSpan elapsed, long peakBytes)
    {
        var signal = code is > 128 and < 193 ? code - 128 : 0;
        var end = ended ?? (code == 0 ? ProcessEnd.Done
            : signal == TimeSignal || (signal == 9 && limits.Cpu is { } cpu && elapsed >= cpu) ? ProcessEnd.OutOfTime
            : s_memoryWords.Any(word => errorTail.Contains(word, StringComparison.Ordinal)) ? ProcessEnd.OutOfMemory
            : signal > 0 ? ProcessEnd.Crashed : ProcessEnd.Failed);
        var words = end switch
        {
            ProcessEnd.Done => "It ended well.",
            ProcessEnd.OutOfMemory => $"It needed more than its {limits.MemoryBytes / (1 << 20)} MiB of memory.",
            ProcessEnd.OutOfTime when signal == 0 || ended is not null => $"It took longer than its {limits.WallClock?.TotalSeconds:0} seconds.",
            ProcessEnd.OutOfTime => $"It used more than its {limits.Cpu?.TotalSeconds:0} seconds of processor time.",
            ProcessEnd.Crashed => $"It was ended by {s_signals.GetValueOrDefault(signal, $"signal {signal}")}.",
            ProcessEnd.Stopped => "It was stopped.",
            _ => $"It ended with code {code}.",
        };
        return new(end, code, words, errorTail, elapsed, peakBytes);
    }
}
