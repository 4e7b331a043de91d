using System.CommandLine;
using System.Globalization;
using ModelZoo.Hub.Maintenance;

namespace ModelZoo.Cli.Commands;

/// <summary>`zoo gc`: removes what nothing leads to any more. The hub does so itself once a day.</summary>
static class GcCommand
{
    public static Command Build()
    {
        var grace = new Option<string>("--grace")
        {
            Description = "Keep what is younger, as 30m, 24h or 7d. With 0, uploads and commits under way may have to be sent again", DefaultValueFactory = _ => "24h",
        };
        return LocalHub.On(new Command("gc", "Remove what no reference leads to; may run beside the hub") { grace, HubCall.Json }, async hub =>
        {
            var keep = Parse(hub.Parse.GetValue(grace)!);
            var report = await LocalHub.RunAsync(hub.Screen, run => hub.Get<Sweeper>().RunAsync(keep, run, hub.Stop));
            if (hub.Screen.IsJson) hub.Screen.Json(report);
            hub.Screen.Say(report.ToString());
            return 0;
        });
    }

    internal static TimeSpan Parse(string text)
    {
        var unit = text.Length > 0 ? text[^1] : ' ';
        if (!double.TryParse(char.IsAsciiLetter(unit) ? text[..^1] : text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number) || number > 10_000)
            throw new UsageException($"--grace takes a time such as 30m, 24h or 7d, not '{text}'.");
        return unit switch
        {
            's' => TimeSpan.FromSeconds(number),
            'm' => TimeSpan.FromMinutes(number),
            'h' => TimeSpan.FromHours(number),
            'd' => TimeSpan.FromDays(number),
            _ when number == 0 => TimeSpan.Zero,
            _ => throw new UsageException($"--grace needs a unit: {text}s, {text}m, {text}h or {text}d."),
        };
    }
}
