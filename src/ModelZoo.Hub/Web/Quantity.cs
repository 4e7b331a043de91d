using System.Globalization;

namespace ModelZoo.Hub.Web;

/// <summary>Numbers as pages say them: SI prefixes, base-10 bytes, three significant digits. The full value goes into a title.</summary>
static class Quantity
{
    static readonly string[] s_bytes = ["B", "kB", "MB", "GB", "TB", "PB", "EB"];
    static readonly string[] s_counts = ["", "k", "M", "B", "T"];

    /// <summary>44.2 MB; whole bytes below 1,000.</summary>
    public static string Bytes(long sizeBytes) =>
        sizeBytes < 1000 ? $"{sizeBytes} B" : Scaled(sizeBytes, s_bytes);

    /// <summary>124 M, 7.24 B. A count of parameters never carries a unit; B is the billion that the field writes.</summary>
    public static string Parameters(long count) => count < 1000 ? Exact(count) : Scaled(count, s_counts);

    /// <summary>9,999 in full, above that 12.3 k.</summary>
    public static string Count(long count) => count < 10_000 ? Exact(count) : Scaled(count, s_counts);

    public static string Exact(long count) => count.ToString("N0", CultureInfo.InvariantCulture);

    /// <summary>"1 file", "2 files".</summary>
    public static string Of(long count, string one, string? many = null) => $"{Exact(count)} {(count == 1 ? one : many ?? one + "s")}";

    public static string Duration(TimeSpan span) => span switch
    {
        { TotalMilliseconds: < 1000 } => $"{Math.Max(0, (int)span.TotalMilliseconds)} ms",
        { TotalSeconds: < 60 } => string.Create(CultureInfo.InvariantCulture, $"{span.TotalSeconds:0.0} s"),
        { TotalHours: < 1 } => $"{(int)span.TotalMinutes} min {span.Seconds} s",
        _ => $"{(int)span.TotalHours} h {span.Minutes} min",
    };

    /// <summary>"3 hours ago", "in 2 days". Beyond 60 days the date itself, which says more.</summary>
    public static string Relative(DateTimeOffset at, DateTimeOffset now)
    {
        var gap = now - at;
        var (amount, unit) = gap.Duration() switch
        {
            { TotalSeconds: < 45 } => (0L, "second"),
            { TotalMinutes: < 60 } m => (Math.Max(1, (long)Math.Round(m.TotalMinutes)), "minute"),
            { TotalHours: < 24 } h => ((long)Math.Round(h.TotalHours), "hour"),
            { TotalDays: < 60 } d => ((long)Math.Round(d.TotalDays), "day"),
            _ => (-1L, ""),
        };
        return amount switch
        {
            -1 => at.UtcDateTime.ToString("d MMM yyyy", CultureInfo.InvariantCulture),
            0 => gap < TimeSpan.Zero ? "in a moment" : "just now",
            _ => gap < TimeSpan.Zero ? $"in {Of(amount, unit)}" : $"{Of(amount, unit)} ago",
        };
    }

    static string Scaled(long value, string[] units)
    {
        double scaled = value;
        var unit = 0;
        // 999.5 would be printed as 1000: go to the next prefix before that happens.
        while (Math.Abs(scaled) >= 999.5 && unit < units.Length - 1) { scaled /= 1000; unit++; }
        var digits = Math.Abs(scaled) switch { >= 99.95 => "0", >= 9.995 => "0.0", _ => "0.00" };
        if (unit == 0) digits = "0";
        return $"{scaled.ToString(digits, CultureInfo.InvariantCulture)} {units[unit]}".TrimEnd();
    }
}
