namespace ModelZoo.Evaluation.Data;

/// <summary>Dates and times of binary tables as ISO 8601 texts; what no calendar holds stays a number.</summary>
static class Moments
{
    static readonly int s_epoch = new DateOnly(1970, 1, 1).DayNumber;

    /// <param name="days">Since 1970-01-01.</param>
    public static object Day(long days) =>
        days >= -s_epoch && days + s_epoch <= DateOnly.MaxValue.DayNumber ? DateOnly.FromDayNumber((int)days + s_epoch).ToString("yyyy-MM-dd") : days;

    /// <param name="unit">0 seconds, 1 milliseconds, 2 microseconds, 3 nanoseconds, since the beginning of 1970.</param>
    public static object Time(long value, int unit)
    {
        var ticks = unit switch { 0 => (Int128)value * 10_000_000, 1 => (Int128)value * 10_000, 2 => (Int128)value * 10, _ => value / 100 } + DateTime.UnixEpoch.Ticks;
        return ticks >= 0 && ticks <= DateTime.MaxValue.Ticks ? new DateTime((long)ticks).ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFFF") : value;
    }
}
