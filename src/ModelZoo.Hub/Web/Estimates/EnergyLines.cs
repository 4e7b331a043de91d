using ModelZoo.Profiling;

namespace ModelZoo.Hub.Web.Estimates;

/// <summary>Energy, carbon, water and money of a thousand units, on a grid.</summary>
static class EnergyLines
{
    public static IEnumerable<FactLine> Of(Estimate estimate, Grid grid)
    {
        if (estimate.LatencySeconds is not { } latency || !(estimate.ThroughputPerSecond > 0))
        {
            yield return new("Energy", null, How: "no time can be told, so no energy");
            yield break;
        }
        var perThousand = 1000 / estimate.ThroughputPerSecond.Value;
        if (Profiling.Energy.Find(estimate.Device, grid, perThousand, Profiling.Energy.Share(estimate, PowerBasis.Busiest), estimate.Scenario.Devices) is not { } energy)
        {
            yield return new("Energy", null, How: $"the power of {estimate.Device.Name} is not known");
            yield break;
        }
        var units = VerdictWords.Unit(estimate.Profile.Work?.Unit, isMany: true);
        yield return new("Mean power", Amount.Watts(energy.Watts), Origin: "estimate", How: energy.How);
        yield return new($"Energy of 1,000 {units}", $"{Amount.Plain(energy.FacilityKilowattHours * 1000)} Wh", $"{energy.FacilityKilowattHours:R} kWh", "estimate",
            $"{Amount.Watts(energy.Watts)} × {Amount.Seconds(perThousand)} × {grid.Pue:0.##} (what the building adds)");
        yield return new("Carbon of that", $"{Amount.Plain(energy.CarbonGrams)} g CO₂e", null, "estimate", $"{Amount.Plain(energy.FacilityKilowattHours * 1000)} Wh × {grid.GramsPerKilowattHour:0} g/kWh, {grid.Name}");
        if (energy.EmbodiedGrams > 0) yield return new("Making the device", $"{Amount.Plain(energy.EmbodiedGrams)} g CO₂e", null, "estimate", $"{estimate.Device.EmbodiedKilograms:0} kg spread over four years, busy 60 % of the time");
        if (energy.WaterLitres > 0) yield return new("Water", $"{Amount.Plain(energy.WaterLitres)} l", null, "estimate", $"{grid.LitresPerKilowattHour:0.##} l/kWh");
        yield return energy.Dollars is { } dollars
            ? new("Cost", $"${Amount.Plain(dollars)}", null, "estimate", $"a third of ${estimate.Device.PriceDollars:N0} and 5 % upkeep a year, and electricity at $0.12 per kWh")
            : new("Cost", null, How: $"the price of {estimate.Device.Name} is not known");
        if (energy.Dollars is { } cost && estimate.Profile.Work?.Unit == WorkUnit.Token) yield return new("Cost of a million tokens", $"${Amount.Plain(cost * 1000)}", null, "estimate", "as above, at this batch and fully busy");
    }
}
