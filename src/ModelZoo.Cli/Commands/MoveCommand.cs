using System.CommandLine;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using ModelZoo.Hub;
using ModelZoo.Hub.Database;
using ModelZoo.Hub.Maintenance;
using ModelZoo.Hub.Storage;

namespace ModelZoo.Cli.Commands;

/// <summary>`zoo move`: a hub into another database and blob store, as from SQLite and a folder to PostgreSQL and S3.</summary>
static class MoveCommand
{
    public static Command Build()
    {
        var file = new Option<string?>("--to-config") { Description = "A JSON file of options that says where to: the one that the moved hub will run with" };
        var data = new Option<string?>("--to-data") { Description = "Data folder of the moved hub" };
        var database = new Option<string?>("--to-database") { Description = "sqlite or postgres" };
        var connection = new Option<string?>("--to-connection") { Description = "Connection string for postgres; better kept in the file" };
        var storage = new Option<string?>("--to-storage") { Description = "folder or s3" };
        var set = new Option<string[]>("--to-set") { Description = "Any other option of the moved hub, as Storage:Bucket=zoo; may be repeated" };
        var blobsOnly = new Option<bool>("--blobs-only") { Description = "Copy blobs while the hub still runs; a later run without this does the rest quickly" };
        var takeBack = new Option<bool>("--take-back") { Description = "Let the source serve again after a move that was given up" };
        return LocalHub.On(new Command("move", "Move the hub into another database and blob store; may be killed and run again")
        {
            file, data, database, connection, storage, set, blobsOnly, takeBack, HubCall.Json,
        }, async hub =>
        {
            if (hub.Parse.GetValue(takeBack))
            {
                var open = await MoveStore.OpenAgainAsync(hub.Get<HubDatabase>(), hub.Stop);
                hub.Screen.Say(open ? "The hub may be served here again. Empty the target before you move into it anew." : "This hub was not moved.");
                return 0;
            }
            var options = Read(hub.Parse.GetValue(file),
            [
                new("DataFolder", hub.Parse.GetValue(data)), new("Database:Kind", hub.Parse.GetValue(database)), new("Database:Connection", hub.Parse.GetValue(connection)),
                new("Storage:Kind", hub.Parse.GetValue(storage)), .. (hub.Parse.GetValue(set) ?? []).Select(Pair),
            ]);
            RefuseSame(hub.Get<HubOptions>(), options);
            await using var target = await HubBuilder.BuildAsync(options, builder => builder.Logging.ClearProviders(), stop: hub.Stop);
            var there = target.Services;
            var move = new Move(hub.Get<HubDatabase>(), hub.Get<IBlobStore>(), there.GetRequiredService<HubDatabase>(), there.GetRequiredService<IBlobStore>(),
                there.GetRequiredService<StoreCheck>(), there.GetRequiredService<TimeProvider>());
            var where = $"{options.Database.Kind} and {options.Storage}";
            var report = await LocalHub.RunAsync(hub.Screen, run => move.RunAsync(where, hub.Parse.GetValue(blobsOnly), run, hub.Stop));
            if (hub.Screen.IsJson) hub.Screen.Json(report);
            hub.Screen.Say(report.WasComplete ? $"This hub had been moved to {where}, whole and checked: nothing was left to do."
                : report.IsComplete ? $"Moved {report.Rows} rows of {report.Tables} tables and {report.Blobs} blobs ({report.BlobBytes} bytes) to {where}; every row was compared and every byte read back. This hub no longer serves here."
                : $"Copied {report.Blobs} blobs ({report.BlobBytes} bytes, {report.NewBlobs} of them now) to {where}. Stop the hub and run this again without --blobs-only.");
            return 0;
        });
    }

    static HubOptions Read(string? file, IReadOnlyList<KeyValuePair<string, string?>> pairs)
    {
        var builder = new ConfigurationBuilder();
        if (file is not null) builder.AddJsonFile(Path.GetFullPath(file), optional: false);
        builder.AddInMemoryCollection(pairs.Where(pair => pair.Value is not null));
        var options = new HubOptions();
        builder.Build().Bind(options);
        if (pairs.All(pair => pair.Value is null) && file is null) throw new UsageException("Say where to move the hub, with --to-config or --to-database and --to-storage.");
        options.DataFolder = Path.GetFullPath(options.DataFolder);
        options.Validate();
        return options;
    }

    static KeyValuePair<string, string?> Pair(string text) => text.IndexOf('=') is var at and > 0
        ? new(text[..at], text[(at + 1)..])
        : throw new UsageException($"--to-set takes Name=value, not '{text}'.");

    static void RefuseSame(HubOptions from, HubOptions to)
    {
        var sameDatabase = from.Database.Kind == to.Database.Kind && (from.Database.Kind == "sqlite" ? from.DatabaseFile == to.DatabaseFile : from.Database.Connection == to.Database.Connection);
        var sameStore = from.Storage.Kind == to.Storage.Kind && (from.Storage.Kind == StorageKind.Folder
            ? (from.Storage.Root ?? from.BlobFolder) == (to.Storage.Root ?? to.BlobFolder)
            : (from.Storage.Endpoint, from.Storage.Bucket, from.Storage.Prefix) == (to.Storage.Endpoint, to.Storage.Bucket, to.Storage.Prefix));
        if (sameDatabase || sameStore) throw new UsageException("The target must be another database and another blob store than those of the hub.");
    }
}
