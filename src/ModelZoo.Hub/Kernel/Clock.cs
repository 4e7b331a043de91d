using System.Globalization;

namespace ModelZoo.Hub.Kernel;

/// <summary>Times are stored as Unix milliseconds and spoken in UTC with exactly three decimals.</summary>
static class Clock
{
    public static long NowMs(this TimeProvider time) => time.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>"2024-01-01T00:00:00.000Z", the only form that every client generation parses.</summary>
    public static string Iso(long unixMs) =>
        DateTimeOffset.FromUnixTimeMilliseconds(unixMs).UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
}
