using System.CommandLine;
using ModelZoo.Hub.Maintenance;

namespace ModelZoo.Cli.Commands;

/// <summary>`zoo fsck`: checks everything that is stored. Exit code 0: clean; 1: problems.</summary>
static class FsckCommand
{
    public static Command Build()
    {
        var quick = new Option<bool>("--quick") { Description = "Only look that everything is there; do not read all bytes" };
        return LocalHub.On(new Command("fsck", "Check all objects, blobs and references; changes nothing; may run beside the hub") { quick, HubCall.Json }, async hub =>
        {
            var report = await LocalHub.RunAsync(hub.Screen, run => hub.Get<StoreCheck>().RunAsync(hub.Parse.GetValue(quick), run, hub.Stop));
            if (hub.Screen.IsJson)
                hub.Screen.Json(new { clean = report.IsClean, report.Repositories, report.Objects, report.Blobs, report.BlobBytes, report.Problems, report.Notes });
            foreach (var problem in report.Problems) hub.Screen.Say($"{problem.Kind}: {problem.Subject}: {problem.Detail}");
            foreach (var note in report.Notes) hub.Screen.Say($"note: {note.Subject}: {note.Detail}");
            hub.Screen.Say(report.ToString());
            return report.IsClean ? 0 : 1;
        });
    }
}
