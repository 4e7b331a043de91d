namespace ModelZoo.Hub.Web.Charts;

/// <summary>Places positive numbers by their logarithm between two ends of a chart. What lies beyond an end is drawn at the end.</summary>
readonly record struct LogScale(double Low, double High, double From, double To)
{
    /// <summary>A scale that holds all values, with room to both sides. Values that have no logarithm do not count.</summary>
    public static LogScale Around(IEnumerable<double> values, double below, double above, double from, double to)
    {
        var (low, high) = (double.PositiveInfinity, 0.0);
        foreach (var value in values)
            if (value > 0 && double.IsFinite(value)) (low, high) = (Math.Min(low, value), Math.Max(high, value));
        if (high <= 0) (low, high) = (1, 10);
        return new(low / below, Math.Max(high * above, low * 10), from, to);
    }

    public double At(double value)
    {
        if (!(value > Low)) return From;
        if (!(value < High)) return To;
        return From + (To - From) * (Math.Log10(value) - Math.Log10(Low)) / (Math.Log10(High) - Math.Log10(Low));
    }

    /// <summary>Powers of ten inside, every one, or every second or third when there are more than <paramref name="most"/>.</summary>
    public IReadOnlyList<double> Decades(int most)
    {
        var (first, last) = ((int)Math.Ceiling(Math.Log10(Low) - 1e-9), (int)Math.Floor(Math.Log10(High) + 1e-9));
        var step = Math.Max(1, (int)Math.Ceiling((last - first + 1) / (double)most));
        var ticks = new List<double>();
        for (var power = first; power <= last; power++)
            if (power % step == 0) ticks.Add(Math.Pow(10, power));
        return ticks;
    }
}
