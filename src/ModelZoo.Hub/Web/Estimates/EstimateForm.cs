using ModelZoo.Hub.Web.Components;
using ModelZoo.Profiling;

namespace ModelZoo.Hub.Web.Estimates;

/// <summary>What the form of an estimate offers, and what was typed into it.</summary>
/// <param name="Devices">Grouped by vendor.</param>
/// <param name="Carried">Other fields of the address that the form keeps.</param>
public sealed record EstimateForm(Href Action, FormState State, IReadOnlyList<DeviceGroup> Devices, IReadOnlyList<Choice> Precisions, IReadOnlyList<Choice> Grids, string Device)
{
    public IReadOnlyList<KeyValuePair<string, string>> Carried { get; init; } = [];

    public string UsualContext { get; init; } = "2048";

    /// <summary>Tokens matter: language models and encoders.</summary>
    public bool HasTokens { get; init; } = true;

    public bool HasImages { get; init; }
    public bool HasCalls { get; init; }

    /// <summary>Some field behind "more" was filled or is wrong, so it stands open.</summary>
    public bool IsOpen { get; init; }
}

public sealed record DeviceGroup(string Vendor, IReadOnlyList<Choice> Devices);

/// <summary>Fills the form from the registry and the address.</summary>
static class EstimateForms
{
    static readonly string[] s_shown = ["device", "batch", "context", "precision", "grid"];

    public static EstimateForm Of(Href action, ScenarioAddress address, Reference reference, Profile? profile)
    {
        var form = address.Form;
        return new(action, form, Groups(reference),
            [new("", "as stored"), .. reference.Precisions.Select(precision => new Choice(precision.Id, precision.Name))],
            [.. reference.Grids.Select(grid => new Choice(grid.Id, $"{grid.Name}, {grid.GramsPerKilowattHour:0} g/kWh"))], address.Device?.Id ?? ScenarioAddress.DefaultDevice)
        {
            UsualContext = address.UsualContext, HasTokens = profile?.Work is null or { HasDecoder: true } or { IsEncoder: true },
            HasImages = profile?.Work?.ImageSize > 0, HasCalls = profile?.Work?.Unit == WorkUnit.Call,
            IsOpen = form.Values.Keys.Except(s_shown).Any() || form.Errors.Keys.Except(s_shown).Any(),
        };
    }

    /// <summary>The vendor stands above its devices.</summary>
    static string Short(Device device) => device.Vendor is { } vendor && device.Name.StartsWith(vendor + " ", StringComparison.Ordinal) ? device.Name[(vendor.Length + 1)..] : device.Name;

    public static IReadOnlyList<DeviceGroup> Groups(Reference reference) =>
        [.. reference.Devices.GroupBy(device => device.Vendor is null or "-" ? "Others" : device.Vendor).OrderBy(group => group.Key == "Others").ThenByDescending(group => group.Count()).ThenBy(group => group.Key, StringComparer.Ordinal)
            .Select(group => new DeviceGroup(group.Key, [.. group.OrderBy(device => device.Name, StringComparer.OrdinalIgnoreCase).Select(device => new Choice(device.Id, Short(device)))]))];
}
