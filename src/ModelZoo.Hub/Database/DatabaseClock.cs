using System.Diagnostics;
using ModelZoo.Hub.Kernel;

namespace ModelZoo.Hub.Database;

/// <summary>
/// The clock of the database, so that all nodes have one: leases, expiries, sweeps and ids compare times that different nodes
/// wrote, and nodes' own clocks may differ by minutes. Read now and then and counted on by this machine's steady timer, which
/// nobody sets; off by half a round trip at most, and by what the timer drifts in between.
/// </summary>
/// <remarks>A database that has no clock of its own (SQLite) is on this machine, and so is its clock.</remarks>
sealed class DatabaseClock(HubDatabase database) : TimeProvider
{
    /// <summary>Of several readings the one with the shortest way counts.</summary>
    const int Readings = 3;

    volatile Reading? _reading;

    public override DateTimeOffset GetUtcNow() =>
        _reading is { } reading ? reading.At + Stopwatch.GetElapsedTime(reading.Stamp) : base.GetUtcNow();

    /// <summary>How far this machine's clock is from the common one.</summary>
    public TimeSpan Correction => GetUtcNow() - System.GetUtcNow();

    /// <summary>Reads the database's clock. When it cannot be read the last reading counts on.</summary>
    /// <returns>False when the database has no clock of its own.</returns>
    public async Task<bool> ReadAsync(CancellationToken stop)
    {
        var (best, shortest) = ((Reading?)null, TimeSpan.MaxValue);
        for (var i = 0; i < Readings; i++)
        {
            var began = Stopwatch.GetTimestamp();
            if (await database.ReadClockAsync(stop) is not { } at) return false;
            var way = Stopwatch.GetElapsedTime(began);
            if (way >= shortest) continue;
            (best, shortest) = (new(at + (way / 2), Stopwatch.GetTimestamp()), way);
        }
        _reading = best;
        return true;
    }

    sealed record Reading(DateTimeOffset At, long Stamp);
}
