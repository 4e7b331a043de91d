using System.Globalization;
using System.Reflection;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using ModelZoo.Hub.Accounts;
using ModelZoo.Hub.Facades.Models;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Serving.Hosting;

namespace ModelZoo.Hub.Facades.KServe;

/// <summary>
/// The Open Inference Protocol (KServe's V2) over HTTP: raw tensors in and out, as JSON or behind it. A model is named <c>owner%2Fname</c> or <c>owner--name</c>, or in two
/// segments <c>owner/name</c>; its versions are its commits.
/// </summary>
static class KServeRoutes
{
    const string Length = "Inference-Header-Content-Length";

    static readonly Public s_findsModel = new("the model is named in the address, and asked for with the actor's rights");
    static readonly string s_version = typeof(KServeRoutes).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "0";

    public static void MapKServe(this IEndpointRouteBuilder app)
    {
        var group = app.MapGroup("/v2").WithMetadata(KServeErrors.Dialect);
        group.MapGet("", Server).WithMetadata(new Public("says what the server is"));
        group.MapGet("/health/live", () => Results.Json(new { live = true })).WithMetadata(new Public("probes have no credentials"), new Limited(RateClass.Unlimited));
        group.MapGet("/health/ready", () => Results.Json(new { ready = true })).WithMetadata(new Public("probes have no credentials"), new Limited(RateClass.Unlimited));
        foreach (var name in (string[])["/models/{model}", "/models/{owner}/{name}"])
            foreach (var version in (string[])["", "/versions/{version}"])
            {
                group.MapGet(name + version, MetadataAsync).WithMetadata(s_findsModel);
                group.MapGet($"{name}{version}/ready", ReadyAsync).WithMetadata(s_findsModel);
                group.MapPost($"{name}{version}/infer", InferAsync).WithMetadata(s_findsModel);
            }
        group.Map("/{**rest}", Nothing).WithMetadata(new Public("says only that nothing is here"));
    }

    static IResult Nothing(HttpContext _) => throw Refusal.NotFound("There is nothing at this address.");

    static IResult Server() => Results.Json(new { name = "modelzoo", version = s_version, extensions = (string[])["binary_tensor_data"] });

    static async Task<AskedModel> FindAsync(HttpContext http, ModelHost host, AskedModels models, CancellationToken stop)
    {
        var values = http.Request.RouteValues;
        var name = RawPath.Restore(values["model"] as string ?? $"{values["owner"]}/{values["name"]}");
        var version = values["version"] is string text ? RawPath.Restore(text) : null;
        var model = await models.GetAsync(name, version, http.Features.Get<Actor>() ?? Actor.Nobody, stop);
        if (await host.FindObstacleAsync(model.Repository, stop) is { } obstacle) throw obstacle;
        return model;
    }

    static async Task<IResult> MetadataAsync(HttpContext http, AskedModels models, ModelHost host, CancellationToken stop)
    {
        var model = await FindAsync(http, host, models, stop);
        var description = await host.DescribeAsync(model.Repository, model.CommitId, stop);
        return Results.Json(new JsonObject
        {
            ["name"] = model.Name, ["versions"] = new JsonArray(model.CommitId), ["platform"] = "onnxruntime_onnx", ["inputs"] = description["inputs"]!.DeepClone(), ["outputs"] = description["outputs"]!.DeepClone(),
        });
    }

    /// <summary>Ready is what can be loaded: asking loads it.</summary>
    static async Task<IResult> ReadyAsync(HttpContext http, AskedModels models, ModelHost host, CancellationToken stop)
    {
        var model = await FindAsync(http, host, models, stop);
        await host.DescribeAsync(model.Repository, model.CommitId, stop);
        return Results.Json(new { name = model.Name, ready = true });
    }

    static async Task<IResult> InferAsync(HttpContext http, AskedModels models, ModelHost host, HubOptions options, CancellationToken stop)
    {
        var model = await FindAsync(http, host, models, stop);
        var bytes = await RequestBody.ReadAsync(http.Request, options.Hosting.BodyBytes, stop);
        var length = bytes.Length;
        if (http.Request.Headers.TryGetValue(Length, out var given) && (!int.TryParse(given.ToString(), NumberStyles.None, CultureInfo.InvariantCulture, out length) || length > bytes.Length))
            throw Refusal.Invalid($"The header {Length} must be the length of the JSON in the body.");
        var body = RequestBody.Parse(bytes.AsMemory(0, length));
        var request = new JsonObject { ["op"] = "tensors" };
        body.Copy(request, "inputs", "outputs", "parameters");
        var answer = await host.AskAsync(model.Repository, model.CommitId, request, bytes.AsMemory(length), null, stop);
        var json = new JsonObject { ["model_name"] = model.Name, ["model_version"] = model.CommitId, ["outputs"] = answer.Json["outputs"]!.DeepClone() };
        if (body["id"] is { } id) json["id"] = id.DeepClone();
        if (answer.Bytes.Length == 0) return Results.Json(json);
        var head = System.Text.Encoding.UTF8.GetBytes(json.ToJsonString());
        http.Response.Headers[Length] = head.Length.ToString(CultureInfo.InvariantCulture);
        return Results.Bytes((byte[])[.. head, .. answer.Bytes], "application/octet-stream");
    }
}
