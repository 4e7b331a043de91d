using System.CommandLine;
using System.Text.Json.Nodes;
using ModelZoo.Profiling;

namespace ModelZoo.Cli.Commands;

/// <summary>`zoo roofline MODEL --device …`: each operator against the ceilings of a device.</summary>
static class RooflineCommand
{
    public static Command Build()
    {
        var model = ModelSource.Argument();
        return LocalCall.On(ScenarioOptions.AddTo(new Command("roofline", "Place a model's operators under a device's ceilings") { model }), async call =>
        {
            var reference = await call.ReferenceAsync();
            var device = ScenarioOptions.Device(call, reference);
            var scenario = ScenarioOptions.Read(call, reference);
            var profile = await ModelSource.ReadAsync(call, call.Get(model), reference);
            var chart = Roofline.Of(profile, device, scenario, reference);
            if (call.Screen.IsJson)
            {
                call.Screen.Json(new JsonObject
                {
                    ["model"] = profile.Name, ["device"] = device.Id, ["bandwidthBytesPerSecond"] = chart.Bandwidth,
                    ["ceilings"] = new JsonArray([.. chart.Ceilings.Select(c => (JsonNode)new JsonObject { ["format"] = c.Format.ToName(), ["flopPerSecond"] = c.Rate, ["ridge"] = c.Ridge })]),
                    ["points"] = new JsonArray([.. chart.Points.Select(p => (JsonNode)new JsonObject
                    {
                        ["name"] = p.Name, ["flop"] = p.Flop, ["bytes"] = p.Bytes, ["arithmeticIntensity"] = p.Intensity, ["ceilingFlopPerSecond"] = p.Ceiling, ["bound"] = ProfileJson.Words(p.Bound), ["seconds"] = p.Seconds,
                    })]),
                });
                return;
            }
            call.Screen.Table(["operator", "FLOP", "bytes", "FLOP per byte", "bound", "time"],
                [.. chart.Points.Select(p => (string[])[p.Name, $"{p.Flop:0.###e+0}", $"{p.Bytes:0.###e+0}", $"{p.Intensity:0.##}", ProfileJson.Words(p.Bound), $"{p.Seconds * 1e3:0.###} ms"])]);
            call.Screen.Say($"Ceilings of {device.Name}: {chart.Bandwidth / 1e9:0} GB/s; {string.Join(", ", chart.Ceilings.Select(c => $"{c.Format.ToName()} {c.Rate / 1e12:0.###} TFLOP/s (ridge {c.Ridge:0})"))}");
        });
    }
}
