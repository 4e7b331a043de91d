using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using ModelZoo.Hub.Accounts;
using ModelZoo.Hub.Facades.Models;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Serving.Hosting;

namespace ModelZoo.Hub.Facades.OpenAi;

/// <summary>GET /v1/models: the admitted models that the actor may read; and one of them.</summary>
static class ModelEndpoints
{
    public static void Map(IEndpointRouteBuilder app)
    {
        app.MapGet("/models", ListAsync).WithMetadata(new Public("lists what the actor may read"));
        app.MapGet("/models/{model}", (string model, Actor actor, AskedModels models, ModelHost host, CancellationToken stop) => OneAsync(RawPath.Restore(model), actor, models, host, stop)).WithMetadata(OpenAiRoutes.FindsModel);
        app.MapGet("/models/{owner}/{name}", (string owner, string name, Actor actor, AskedModels models, ModelHost host, CancellationToken stop) => OneAsync($"{owner}/{name}", actor, models, host, stop))
            .WithMetadata(OpenAiRoutes.FindsModel);
    }

    static async Task<IResult> ListAsync(Actor actor, ServedModelStore store, CancellationToken stop) => Results.Json(new JsonObject
    {
        ["object"] = "list",
        ["data"] = new JsonArray([.. (await store.ListReadableAsync(actor, stop)).Select(model => Describe(model.FullName, model.Owner, model.AdmittedAt))]),
    });

    static async Task<IResult> OneAsync(string name, Actor actor, AskedModels models, ModelHost host, CancellationToken stop)
    {
        var model = await models.GetAsync(name, null, actor, stop);
        if (await host.FindObstacleAsync(model.Repository, stop) is { } obstacle) throw obstacle;
        var repository = model.Repository.Repository;
        return Results.Json(Describe(name, repository.Owner, repository.CreatedAt));
    }

    static JsonObject Describe(string name, string owner, long at) => new() { ["id"] = name, ["object"] = "model", ["created"] = at / 1000, ["owned_by"] = owner };
}
