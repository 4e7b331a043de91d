using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using ModelZoo.Hub.Cards;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Repositories;

namespace ModelZoo.Hub.Facades.HuggingFace;

/// <summary>Checks a card's metadata before it is pushed.</summary>
static class CardEndpoints
{
    const int MaxContentBytes = 8 * 1024 * 1024;

    public static void Map(IEndpointRouteBuilder app) =>
        app.MapPost("/api/validate-yaml", ValidateAsync).WithMetadata(new Public("a pure check of the text that was sent")).DisableAntiforgery();

    static async Task<IResult> ValidateAsync(HttpRequest request, CancellationToken stop)
    {
        string? content, kindWord;
        if (request.HasFormContentType)
        {
            var form = await FormBody.ReadAsync(request, valueCount: 100, valueLength: MaxContentBytes, stop);
            (content, kindWord) = (form["content"], form["repoType"]);
        }
        else
        {
            var body = await JsonBody.ReadAsync(request, stop);
            (content, kindWord) = (body.Text("content"), body.Text("repoType"));
        }
        _ = RepositoryKinds.TryParse(kindWord, out var kind);
        var verdict = YamlVerdict.Of(content ?? "", ReadmeRule.Kind(kind));
        return Results.Json(new JsonObject
        {
            ["errors"] = Messages(verdict.Errors),
            ["warnings"] = Messages(verdict.Warnings),
        }, statusCode: verdict.IsValid ? 200 : 400);
    }

    static JsonArray Messages(IEnumerable<string> texts) => new([.. texts.Select(text => new JsonObject { ["message"] = text })]);
}
