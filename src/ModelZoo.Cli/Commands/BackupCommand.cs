using System.CommandLine;
using ModelZoo.Hub.Maintenance;

namespace ModelZoo.Cli.Commands;

/// <summary>`zoo backup`: a complete copy of the hub in a folder; into the same folder again, only what is new is copied.</summary>
static class BackupCommand
{
    public static Command Build()
    {
        var folder = new Argument<string>("DEST") { Description = "A new folder, or one of an earlier backup" };
        var link = new Option<bool>("--link") { Description = "Hard links instead of copies of blobs, where possible: quick, but on the same disk" };
        return LocalHub.On(new Command("backup", "Copy the database and all blobs into a folder; may run beside the hub") { folder, link, HubCall.Json }, async hub =>
        {
            var report = await LocalHub.RunAsync(hub.Screen,
                run => hub.Get<Backup>().RunAsync(hub.Parse.GetRequiredValue(folder), hub.Parse.GetValue(link), run, hub.Stop));
            if (hub.Screen.IsJson) hub.Screen.Json(report);
            hub.Screen.Say(report.ToString());
            return 0;
        });
    }
}
