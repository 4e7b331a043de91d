using System.CommandLine;
using System.Text.Json.Nodes;
using ModelZoo.Profiling;

namespace ModelZoo.Cli.Commands;

/// <summary>`zoo devices [ID]`: the registry of devices, with sources.</summary>
static class DevicesCommand
{
    public static Command Build()
    {
        var id = new Argument<string?>("ID") { Description = "One device, or part of a name", Arity = ArgumentArity.ZeroOrOne };
        return LocalCall.On(new Command("devices", "List devices and their peaks") { id, LocalCall.OwnDevices, HubCall.Json }, async call =>
        {
            var reference = await call.ReferenceAsync();
            var wanted = call.Parse.GetValue(id);
            var devices = wanted is null ? reference.Devices : reference.FindDevice(wanted) is { } one ? [one]
                : [.. reference.Devices.Where(d => d.Id.Contains(wanted, StringComparison.OrdinalIgnoreCase) || d.Name.Contains(wanted, StringComparison.OrdinalIgnoreCase) || d.Kind == wanted)];
            if (devices.Count == 0) throw new UsageException($"No device matches '{wanted}'.");
            if (call.Screen.IsJson)
            {
                call.Screen.Json(new JsonArray([.. devices.Select(device => (JsonNode)RegistryJson.Of(device))]));
                return;
            }
            call.Screen.Table(["id", "name", "kind", "memory", "bandwidth", "16-bit rate", "source"], [.. devices.Select(d => (string[])
            [
                d.Id, d.Name, d.Kind, d.CapacityBytes is { } bytes ? bytes >= 1e9 ? $"{bytes / (1 << 30):0.#} GiB" : $"{bytes / 1024:0} KiB" : "not known",
                d.Bandwidth is { } bandwidth ? $"{bandwidth / 1e9:0.##} GB/s" : "not known",
                d.FindRate(NumberFormat.Bf16, out _) is { } rate ? $"{rate.Rate / 1e12:0.####} TFLOP/s{(rate.Notice is null ? "" : $" ({rate.Format.ToName()})")}" : "none", d.Confidence,
            ])]);
            if (devices is [var only]) call.Screen.Say($"{only.Source}{(only.Note is null ? "" : $"\n{only.Note}")}");
        });
    }
}
