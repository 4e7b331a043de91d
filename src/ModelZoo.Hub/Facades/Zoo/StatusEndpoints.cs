using System.Diagnostics;
using System.Reflection;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using ModelZoo.Hub.Accounts;
using ModelZoo.Hub.Database;
using ModelZoo.Hub.Jobs;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Operations;

namespace ModelZoo.Hub.Facades.Zoo;

/// <param name="Database">sqlite or postgres.</param>
/// <param name="Storage">folder or s3.</param>
sealed record StatusAnswer(
    string Version, string StartedAt, string Database, string Storage, IReadOnlyDictionary<string, long> Repositories, long Accounts,
    StorageAnswer Blobs, StorageAnswer Objects, long UploadsUnfinished, IReadOnlyDictionary<string, long> Jobs, long ProcessBytes, long? FreeBytes);

sealed record StorageAnswer(long Count, long SizeBytes);

/// <summary>How the hub is.</summary>
static class StatusEndpoints
{
    static readonly string s_version = typeof(StatusEndpoints).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "";

    public static void Map(IEndpointRouteBuilder app) =>
        app.MapGet($"{ZooRoutes.Base}/status", GetAsync).Describe<StatusAnswer>("getStatus", "hub", "Counts, storage and queue of the hub");

    static async Task<IResult> GetAsync(Administrator _, HubCountStore counts, HubDatabase database, JobStore jobs, HubOptions options, CancellationToken stop)
    {
        var now = await counts.ReadAsync(stop);
        var queue = (await jobs.CountAsync(stop)).ToDictionary(c => c.State, c => c.Jobs);
        foreach (var state in (string[])["waiting", "running", "done", "failed"]) queue.TryAdd(state, 0);
        using var process = Process.GetCurrentProcess();
        return Results.Json(new StatusAnswer(
            s_version, Clock.Iso(new DateTimeOffset(process.StartTime).ToUnixTimeMilliseconds()), database.Kind, options.Storage.Kind.ToString().ToLowerInvariant(),
            now.Repositories, now.Accounts, new(now.Blobs, now.BlobBytes), new(now.Objects, now.ObjectBytes), now.UploadsUnfinished,
            queue, Environment.WorkingSet, Free(options.DataFolder)));
    }

    static long? Free(string folder)
    {
        try
        {
            return Directory.Exists(folder) ? new DriveInfo(Path.GetFullPath(folder)).AvailableFreeSpace : null;
        }
        catch (IOException)
        {
            return null;
        }
    }
}
