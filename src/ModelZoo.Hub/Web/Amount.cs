using System.Globalization;

namespace ModelZoo.Hub.Web;

/// <summary>Numbers that were computed, as pages say them: SI prefixes, base-10 bytes, three significant digits. What is not finite has no words.</summary>
static class Amount
{
    static readonly string[] s_prefixes = ["", "k", "M", "G", "T", "P", "E", "Z", "Y"];

    public static string Bytes(double value) => Scaled(value, "B");

    public static string Bandwidth(double bytesPerSecond) => Scaled(bytesPerSecond, "B/s");

    public static string Flop(double value) => Scaled(value, "FLOP");

    public static string Rate(double flopPerSecond) => Scaled(flopPerSecond, "FLOP/s");

    public static string Watts(double value) => Scaled(value, "W");

    /// <summary>A count of parameters has no unit; B is the billion that the field writes.</summary>
    public static string Parameters(double value) => Quantity.Parameters((long)Math.Clamp(value, 0, 9e18));

    /// <summary>8,192 in full; 128 k and 1 M where the number is that many times 1,024, as contexts are named.</summary>
    public static string Tokens(double value)
    {
        if (value >= 1 << 20 && value % (1 << 20) == 0) return Whole(value / (1 << 20)) + " M";
        if (value >= 1024 && value % 1024 == 0) return Whole(value / 1024) + " k";
        return Whole(value);
    }

    public static string Whole(double value) => double.IsFinite(value) ? Math.Round(value).ToString("N0", CultureInfo.InvariantCulture) : "–";

    /// <summary>Three digits and no unit: 0.012, 1.5, 88, 1,240; powers of ten where zeros would be counted.</summary>
    public static string Plain(double value)
    {
        if (!double.IsFinite(value)) return "–";
        if (value == 0) return "0";
        var size = Math.Abs(value);
        return size switch
        {
            >= 1e6 or < 1e-3 => value.ToString("0.##e0", CultureInfo.InvariantCulture),
            >= 100 => value.ToString("N0", CultureInfo.InvariantCulture),
            >= 10 => value.ToString("0.#", CultureInfo.InvariantCulture),
            >= 1 => value.ToString("0.##", CultureInfo.InvariantCulture),
            _ => value.ToString("0.####", CultureInfo.InvariantCulture),
        };
    }

    public static string Percent(double share) => double.IsFinite(share) ? $"{(share * 100).ToString(share < 0.1 ? "0.0" : "0", CultureInfo.InvariantCulture)} %" : "–";

    public static string Seconds(double value) => value switch
    {
        _ when !double.IsFinite(value) => "–",
        0 => "0 s",
        < 1e-6 => $"{Three(value * 1e9)} ns",
        < 1e-3 => $"{Three(value * 1e6)} µs",
        < 1 => $"{Three(value * 1e3)} ms",
        < 120 => $"{Three(value)} s",
        < 7200 => $"{Three(value / 60)} min",
        < 172_800 => $"{Three(value / 3600)} h",
        < 63_115_200 => $"{Three(value / 86_400)} days",
        _ => $"{Three(value / 31_557_600)} years",
    };

    static string Scaled(double value, string unit)
    {
        if (!double.IsFinite(value)) return "–";
        var sign = value < 0 ? "−" : "";
        value = Math.Abs(value);
        var at = 0;
        while (value >= 999.5 && at < s_prefixes.Length - 1) (value, at) = (value / 1000, at + 1);
        return $"{sign}{(at == 0 && value == Math.Floor(value) ? Whole(value) : Three(value))} {s_prefixes[at]}{unit}";
    }

    static string Three(double value) => value switch
    {
        >= 9999.5 => value.ToString("N0", CultureInfo.InvariantCulture),
        >= 99.95 => value.ToString("0", CultureInfo.InvariantCulture),
        >= 9.995 => value.ToString("0.0", CultureInfo.InvariantCulture),
        _ => value.ToString("0.00", CultureInfo.InvariantCulture),
    };
}
