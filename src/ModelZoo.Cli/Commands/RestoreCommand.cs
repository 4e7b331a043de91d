using System.CommandLine;
using ModelZoo.Hub;
using ModelZoo.Hub.Maintenance;

namespace ModelZoo.Cli.Commands;

/// <summary>`zoo restore`: makes a hub from a backup, where there is none. The target may use another kind of database or store.</summary>
static class RestoreCommand
{
    public static Command Build()
    {
        var source = new Argument<string>("SRC") { Description = "The folder of a backup" };
        var command = new Command("restore", "Make a hub from a backup, in an empty folder") { source };
        LocalHub.AddOptions(command);
        command.SetAction(async (parse, stop) =>
        {
            var options = HubConfiguration.Read(parse);
            options.Validate();
            var folder = new BackupFolder(Path.GetFullPath(parse.GetRequiredValue(source)));
            RefuseUsed(options.DataFolder);
            var manifest = await Restore.VerifyAsync(folder, stop);
            await using var database = HubBuilder.OpenDatabase(options);
            var blobs = HubBuilder.OpenBlobs(options);
            using var closing = blobs as IDisposable;
            var screen = LocalHub.NewScreen(parse);
            await LocalHub.RunAsync(screen, async run =>
            {
                await new Restore(database, blobs, TimeProvider.System).RunAsync(folder, manifest, run, stop);
                return true;
            });
            screen.Line($"Restored the backup of {manifest.TakenAt:yyyy-MM-dd HH:mm} with {manifest.Blobs.Count} blobs into {options.DataFolder}.");
            return 0;
        });
        return command;
    }

    static void RefuseUsed(string folder)
    {
        if (Directory.Exists(folder) && Directory.EnumerateFileSystemEntries(folder).Any(entry => Path.GetFileName(entry) != "modelzoo.json"))
            throw new UsageException($"{folder} is not empty; a backup is restored into an empty folder.");
    }
}
