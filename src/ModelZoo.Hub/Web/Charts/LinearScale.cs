namespace ModelZoo.Hub.Web.Charts;

/// <summary>Places numbers evenly between two ends of a chart.</summary>
readonly record struct LinearScale(double Low, double High, double From, double To)
{
    /// <summary>A scale that holds all values, with a share of room to both sides.</summary>
    public static LinearScale Around(IEnumerable<double> values, double room, double from, double to)
    {
        var (low, high) = (double.PositiveInfinity, double.NegativeInfinity);
        foreach (var value in values)
            if (double.IsFinite(value)) (low, high) = (Math.Min(low, value), Math.Max(high, value));
        if (low > high) (low, high) = (0, 1);
        var span = high - low;
        if (span <= 0) span = Math.Max(Math.Abs(high), 1e-9);
        return new(low - room * span, high + room * span, from, to);
    }

    public double At(double value) => double.IsFinite(value) ? From + (To - From) * Math.Clamp((value - Low) / (High - Low), 0, 1) : From;

    /// <summary>Round numbers inside, about so many: 1, 2 or 5 times a power of ten apart.</summary>
    public IReadOnlyList<double> Ticks(int about)
    {
        var raw = (High - Low) / Math.Max(1, about);
        var power = Math.Pow(10, Math.Floor(Math.Log10(raw)));
        var step = (raw / power) switch { <= 1 => 1, <= 2 => 2, <= 5 => 5, _ => 10 } * power;
        var ticks = new List<double>();
        for (var i = (long)Math.Ceiling(Low / step); i * step <= High && ticks.Count < 20; i++) ticks.Add(i * step);
        return ticks;
    }
}
