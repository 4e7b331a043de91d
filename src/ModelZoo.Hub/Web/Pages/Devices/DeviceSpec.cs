using System.Text.Json;
using ModelZoo.Hub.Web.Estimates;
using ModelZoo.Profiling;

namespace ModelZoo.Hub.Web.Pages.Devices;

/// <summary>The figures of a device as lines. What nobody published is left out rather than guessed.</summary>
static class DeviceSpec
{
    public static IEnumerable<FactLine> Lines(Device device)
    {
        if (device.MemoryBytes is { } box) yield return new("Memory", $"{Amount.Bytes(box)}{(device.MemoryType is null ? "" : $" {device.MemoryType}")}", $"{box:N0} bytes", How: "what the box says");
        if (device.UsableMemoryBytes is { } usable && usable != device.MemoryBytes) yield return new("Of that usable", Amount.Bytes(usable), $"{usable:N0} bytes", How: "what the driver reports; estimates use this");
        if (device.Bandwidth is { } bandwidth) yield return new("Bandwidth", Amount.Bandwidth(bandwidth), $"{bandwidth:N0} B/s");
        else yield return new("Bandwidth", null, How: "no source gives it");
        if (device.SramBytes is { } sram) yield return new("SRAM", Amount.Bytes(sram) + (device.SramBandwidth is { } speed ? $", {Amount.Bandwidth(speed)}" : ""), $"{sram:N0} bytes");
        if (device.FlashBytes is { } flash) yield return new("Flash", Amount.Bytes(flash) + (device.FlashBandwidth is { } speed ? $", {Amount.Bandwidth(speed)}" : ""), $"{flash:N0} bytes");
        if (device.HostLink is not null || device.HostLinkBandwidth is not null) yield return new("Link to the host", Link(device.HostLink, device.HostLinkBandwidth), How: "per direction; vendors add both");
        if (device.ScaleUpLink is not null || device.ScaleUpBandwidth is not null) yield return new("Link to its like", Link(device.ScaleUpLink, device.ScaleUpBandwidth), How: "per direction; vendors add both");
        if (device.Watts is { } watts) yield return new("Power", Amount.Watts(watts));
        if (device.BatteryWattHours is { } battery) yield return new("Battery", $"{Amount.Plain(battery)} Wh");
        if (device.PriceDollars is { } price) yield return new("Price of one", $"${price:N0}");
        if (device.EmbodiedKilograms is { } embodied) yield return new("Carbon of making it", $"{Amount.Plain(embodied)} kg CO₂e");
        if (device.DispatchSeconds > 0) yield return new("Starting a step", Amount.Seconds(device.DispatchSeconds));
        if (device.Accelerators > 1) yield return new("Accelerators in it", Quantity.Exact(device.Accelerators), How: "the figures are those of all together");
        if (device.ReleaseYear is { } year) yield return new("Year", year.ToString(System.Globalization.CultureInfo.InvariantCulture));
    }

    public static IReadOnlyList<RateLine> Rates(Device device) => [.. device.PeakRates.OrderBy(pair => pair.Key)
        .Select(pair => new RateLine(pair.Key.ToName(), pair.Key is NumberFormat.I8 or NumberFormat.I4 ? Amount.Rate(pair.Value).Replace("FLOP/s", "OP/s", StringComparison.Ordinal) : Amount.Rate(pair.Value),
            device.Bandwidth is > 0 and var bandwidth ? $"{Amount.Plain(pair.Value / bandwidth)} per byte" : "–"))];

    /// <summary>Name and number pairs of a JSON object, one level of nesting put into the name.</summary>
    public static IReadOnlyList<KeyValuePair<string, string>> Elsewhere(string? json)
    {
        if (string.IsNullOrEmpty(json)) return [];
        try
        {
            using var document = JsonDocument.Parse(json);
            return document.RootElement.ValueKind != JsonValueKind.Object ? [] : [.. Flat(document.RootElement, "").Take(20)];
        }
        catch (JsonException)
        {
            return [];      // a table of a user may hold any text
        }
    }

    static IEnumerable<KeyValuePair<string, string>> Flat(JsonElement element, string before)
    {
        foreach (var field in element.EnumerateObject())
            if (field.Value.ValueKind == JsonValueKind.Object)
                foreach (var inner in Flat(field.Value, before + field.Name + " ")) yield return inner;
            else yield return new(before + field.Name, field.Value.ValueKind == JsonValueKind.Number && field.Value.TryGetDouble(out var number) ? Amount.Plain(number) : field.Value.ToString());
    }

    static string Link(string? name, double? bandwidth) => string.Join(", ", ((string?[])[name, bandwidth is { } speed ? Amount.Bandwidth(speed) : null]).OfType<string>());
}
