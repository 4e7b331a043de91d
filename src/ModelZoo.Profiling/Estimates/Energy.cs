namespace ModelZoo.Profiling;

/// <summary>What drives the power.</summary>
public enum PowerBasis
{
    /// <summary>The share of the peak rate alone, as mlsysim has it. Tiny in memory-bound work.</summary>
    Compute,

    /// <summary>The larger of the shares of rate and bandwidth.</summary>
    Busiest,
}

/// <summary>Energy, carbon, water and money of so many seconds.</summary>
/// <param name="Watts">Mean power of all devices.</param>
/// <param name="FacilityKilowattHours">With what the building adds.</param>
public sealed record EnergyEstimate(double Watts, double KilowattHours, double FacilityKilowattHours, double CarbonGrams, double EmbodiedGrams, double WaterLitres, double? Dollars, string How);

/// <summary>Power from how busy a device is, energy from time, carbon from the grid (workloads.md § 11).</summary>
public static class Energy
{
    const double HoursPerYear = 365 * 24;

    /// <param name="measuredJoules">A measurement replaces the model of power.</param>
    /// <param name="dollarsPerHour">Rent of one device; null: a third of its price a year, upkeep and electricity.</param>
    public static EnergyEstimate? Find(Device device, Grid grid, double seconds, double share, int devices = 1, double? measuredJoules = null, double? dollarsPerHour = null, double dollarsPerKilowattHour = 0.12)
    {
        if (measuredJoules is null && device.Watts is null) return null;
        var watts = measuredJoules is { } joules ? joules / seconds : devices * device.Watts!.Value * (0.3 + 0.7 * Math.Clamp(share, 0, 1));
        var hours = seconds / 3600;
        var kilowattHours = watts * hours / 1000;
        var facility = kilowattHours * grid.Pue;
        // Four years, busy 60 % of the time.
        var embodied = (device.EmbodiedKilograms ?? 0) * 1000 * devices * hours / (4 * HoursPerYear * 0.6);
        double? dollars = dollarsPerHour is { } rent ? rent * hours * devices
            : device.PriceDollars is { } price ? devices * price * (1.0 / 3 + 0.05) * hours / HoursPerYear + facility * dollarsPerKilowattHour : null;
        return new(watts, kilowattHours, facility, facility * grid.GramsPerKilowattHour, embodied, facility * grid.LitresPerKilowattHour, dollars,
            measuredJoules is not null ? "measured" : $"{device.Watts:0.###} W × (0.3 + 0.7 × {share:0.###})");
    }

    /// <summary>How busy a device is in an estimate.</summary>
    public static double Share(Estimate estimate, PowerBasis basis) =>
        basis == PowerBasis.Compute ? estimate.ComputeShare ?? 0 : Math.Max(estimate.ComputeShare ?? 0, estimate.BandwidthShare ?? 0);
}
