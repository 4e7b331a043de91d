using System.Diagnostics;

namespace ModelZoo.Cli;

/// <summary>When reports are written: progress now and then, since it is for people, results always; never two at the same time.</summary>
sealed class ReportPace(TimeSpan between)
{
    readonly Lock _gate = new();
    long _last;

    /// <summary>Runs the report unless another ran a moment ago.</summary>
    public void Sometimes(Action report)
    {
        lock (_gate)
        {
            if (_last != 0 && Stopwatch.GetElapsedTime(_last) < between) return;
            _last = Stopwatch.GetTimestamp();
            report();
        }
    }

    public void Always(Action report)
    {
        lock (_gate) report();
    }
}
