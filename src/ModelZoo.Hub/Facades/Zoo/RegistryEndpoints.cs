using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using ModelZoo.Hub.Accounts;
using ModelZoo.Hub.Facades.HuggingFace;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Profiles;
using ModelZoo.Hub.Repositories;
using ModelZoo.Hub.Search;
using ModelZoo.Profiling;

namespace ModelZoo.Hub.Facades.Zoo;

/// <summary>The registry of devices and reference workloads, with what repositories add, and which models fit a device.</summary>
static class RegistryEndpoints
{
    const int StandardModels = 30;
    const int MostModels = 100;

    public static void Map(IEndpointRouteBuilder app)
    {
        app.MapGet($"{ZooRoutes.Base}/devices", ListDevicesAsync)
            .Describe<JsonArray>("listDevices", "registry", "Devices with their peaks and sources; ?q= (part of id or name), ?kind=");
        app.MapGet($"{ZooRoutes.Base}/devices/{{id}}", GetDeviceAsync)
            .Describe<JsonObject>("getDevice", "registry", "One device: an id of the registry, or owner/name:id (slashes encoded) of a repository").ProducesProblem(404);
        app.MapGet($"{ZooRoutes.Base}/devices/{{id}}/models", ListModelsAsync)
            .Describe<JsonObject>("listDeviceModels", "registry", "Models that fit the device as stored, at batch 1 and 2048 tokens; ?search=, ?limit=, ?cursor=").ProducesProblem(404);
        app.MapGet($"{ZooRoutes.Base}/workloads", ListWorkloadsAsync)
            .Describe<JsonArray>("listWorkloads", "registry", "Reference workloads with their sources; ?q=, ?task=");
        app.MapGet($"{ZooRoutes.Base}/workloads/{{id}}", GetWorkloadAsync)
            .Describe<JsonObject>("getWorkload", "registry", "One workload and its profile").ProducesProblem(404);
    }

    static async Task<IResult> ListDevicesAsync(Actor actor, DeviceCatalogue devices, CancellationToken stop, string? q = null, string? kind = null) => Results.Json(new JsonArray(
        [.. (await devices.ListAsync(actor, stop)).Where(device => Matches(q, device.Id, device.Name) && (string.IsNullOrEmpty(kind) || device.Kind == kind)).Select(device => (JsonNode)RegistryJson.Of(device))]));

    static async Task<IResult> GetDeviceAsync(RouteText id, Actor actor, DeviceCatalogue devices, CancellationToken stop) =>
        Results.Json(RegistryJson.Of(await EstimateEndpoints.FindAsync(devices, id, actor, stop)));

    static async Task<IResult> ListModelsAsync(RouteText id, Actor actor, HttpRequest request, DeviceCatalogue devices, RepositorySearch search, CancellationToken stop)
    {
        var device = await EstimateEndpoints.FindAsync(devices, id, actor, stop);
        var json = new JsonObject { ["device"] = device.Id, ["scenario"] = new JsonObject { ["batch"] = Scenario.Default.Batch, ["context"] = Scenario.Default.Context, ["precision"] = "as stored" } };
        if (MemoryRoom.Of(device) is not { } room)
        {
            (json["total"], json["items"], json["reason"]) = (0, new JsonArray(), $"The memory of {device.Name} is not known.");
            return Results.Json(json);
        }
        var page = await search.FindAsync(new()
        {
            Kind = RepositoryKind.Model, Fits = room, Text = request.Query["search"].ToString(), Limit = Query.Limit(request.Query["limit"], StandardModels, MostModels),
            Cursor = request.Query["cursor"] is { Count: > 0 } cursor ? cursor[^1] : null, Sort = SearchOrder.Footprint,
        }, actor, stop);
        json["total"] = page.Total;
        json["items"] = new JsonArray([.. page.Items.Select(found => (JsonNode)Describe(found.Repository, room))]);
        json["nextCursor"] = page.NextCursor;
        return Results.Json(json);
    }

    static JsonObject Describe(IndexedRepository entry, MemoryRoom room)
    {
        var footprint = entry.Footprint!.Value;
        var need = footprint.Bytes + room.RuntimeBytes;
        return new()
        {
            ["id"] = entry.FullName, ["url"] = entry.Repository.Address, ["private"] = entry.Repository.IsPrivate, ["parameters"] = entry.Parameters, ["weightBytes"] = Math.Round(footprint.Weights),
            ["memoryBytes"] = Math.Round(need), ["headroomBytes"] = Math.Round(room.HeadroomBytes(footprint)), ["pipelineTag"] = entry.PipelineTag, ["downloads"] = entry.Repository.Downloads, ["likes"] = entry.Repository.Likes,
        };
    }

    static async Task<IResult> ListWorkloadsAsync(Actor actor, WorkloadCatalogue workloads, CancellationToken stop, string? q = null, string? task = null) => Results.Json(new JsonArray(
        [.. (await workloads.ListAsync(actor, stop)).Where(one => Matches(q, one.Id, one.Name) && (string.IsNullOrEmpty(task) || one.Task == task)).Select(one => (JsonNode)RegistryJson.Of(one))]));

    static async Task<IResult> GetWorkloadAsync(RouteText id, Actor actor, WorkloadCatalogue workloads, CancellationToken stop)
    {
        var workload = await workloads.FindAsync(id, actor, stop) ?? throw Refusal.NotFound("There is no such workload.");
        var json = RegistryJson.Of(workload);
        json["profile"] = ProfileJson.Of(Profiler.OfReference(workload));
        return Results.Json(json);
    }

    static bool Matches(string? text, string id, string name) =>
        string.IsNullOrEmpty(text) || id.Contains(text, StringComparison.OrdinalIgnoreCase) || name.Contains(text, StringComparison.OrdinalIgnoreCase);
}
