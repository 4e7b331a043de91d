using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using ModelZoo.Hub.Accounts;
using ModelZoo.Hub.Facades.Models;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Serving.Hosting;

namespace ModelZoo.Hub.Facades.OpenAi;

/// <summary>POST /v1/embeddings: vectors of texts, as numbers or as base64 of 32-bit floats (what OpenAI's own clients ask for).</summary>
static class EmbeddingEndpoints
{
    public static void Map(IEndpointRouteBuilder app) => app.MapPost("/embeddings", EmbedAsync).WithMetadata(OpenAiRoutes.FindsModel);

    static async Task<IResult> EmbedAsync(HttpContext http, Actor actor, AskedModels models, ModelHost host, HubOptions options, CancellationToken stop)
    {
        var body = await RequestBody.ReadJsonAsync(http.Request, options.Hosting.BodyBytes, stop);
        var model = await models.GetAsync(AnswerFrame.NameOf(body), null, actor, stop);
        if (await host.FindObstacleAsync(model.Repository, stop) is { } obstacle) throw obstacle;
        var format = body.FindText("encoding_format") ?? "float";
        if (format is not ("float" or "base64")) throw Refusal.Invalid("\"encoding_format\" must be float or base64.");
        if (body["input"] is null) throw Refusal.Invalid("\"input\" is missing.");
        var request = new JsonObject { ["op"] = "embed", ["input"] = CompletionEndpoints.Prompts(body["input"]) };
        var answer = (await host.AskAsync(model.Repository, model.CommitId, request, default, null, stop)).Json;
        var vectors = (JsonArray)answer["vectors"]!;
        if (body.FindInt("dimensions") is { } wanted && vectors.Count > 0 && ((JsonArray)vectors[0]!).Count is var width && width != wanted)
            throw Refusal.Invalid($"This model's embeddings have {width} dimensions; they are not cut to {wanted}.");
        var tokens = answer["tokens"]!.GetValue<int>();
        return Results.Json(new JsonObject
        {
            ["object"] = "list",
            ["model"] = model.Name,
            ["data"] = new JsonArray([.. vectors.Select((vector, i) => new JsonObject { ["object"] = "embedding", ["index"] = i, ["embedding"] = format == "float" ? vector!.DeepClone() : ToBase64((JsonArray)vector!) })]),
            ["usage"] = new JsonObject { ["prompt_tokens"] = tokens, ["total_tokens"] = tokens },
        });
    }

    static string ToBase64(JsonArray vector) => Convert.ToBase64String(MemoryMarshal.AsBytes(vector.Select(value => value!.GetValue<float>()).ToArray().AsSpan()));
}
