using System.Diagnostics;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using ModelZoo.Hub.Facades.HuggingFace;
using ModelZoo.Hub.Facades.Models;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Repositories;
using ModelZoo.Hub.Repositories.Access;
using ModelZoo.Hub.Serving.Hosting;

namespace ModelZoo.Hub.Facades.Zoo;

/// <summary>Asks a model in one call: texts and rows as JSON, a picture or a sound as the body itself.</summary>
static class InferEndpoints
{
    public const string Path = "/api/models/{owner}/{name}/infer";

    static readonly string[] s_fields = ["inputs", "parameters", "task", "revision", "options"];

    public static void Map(IEndpointRouteBuilder app)
    {
        app.MapGet(Path, DescribeAsync).WithMetadata(new AddressedKind(RepositoryKind.Model))
            .Describe<JsonObject>("describeModel", "models", "Whether and what a model may be asked; ?revision=").ProducesProblem(404).ProducesProblem(422).ProducesProblem(503);
        app.MapPost(Path, InferAsync).WithMetadata(new AddressedKind(RepositoryKind.Model))
            .Describe<JsonObject>("infer", "models", "Ask a model: {\"inputs\", \"parameters\", \"task\", \"revision\"}, or the bytes of a picture or a sound with ?task=, ?top_k=, ?revision=")
            .ProducesProblem(400).ProducesProblem(404).ProducesProblem(413).ProducesProblem(422).ProducesProblem(429).ProducesProblem(503);
    }

    static async Task<IResult> DescribeAsync(ReadableRepository repository, HttpRequest request, RevisionResolver revisions, ModelHost host, CancellationToken stop)
    {
        var commit = (await revisions.GetAsync(repository, Last(request, "revision") ?? "HEAD", stop)).CommitId;
        var json = new JsonObject { ["model"] = repository.Repository.FullName, ["commit"] = commit };
        if (await host.FindObstacleAsync(repository, stop) is { } obstacle)
        {
            (json["admitted"], json["reason"]) = (false, obstacle.Message);
            return Results.Json(json);
        }
        json["admitted"] = true;
        foreach (var (key, value) in await host.DescribeAsync(repository, commit, stop)) json[key] = value?.DeepClone();
        return Results.Json(json);
    }

    static async Task<IResult> InferAsync(ReadableRepository repository, HttpRequest request, RevisionResolver revisions, ModelHost host, HubOptions options, CancellationToken stop)
    {
        if (await host.FindObstacleAsync(repository, stop) is { } obstacle) throw obstacle;
        var began = Stopwatch.GetTimestamp();
        var bytes = await RequestBody.ReadAsync(request, options.Hosting.BodyBytes, stop);
        var asked = new JsonObject { ["op"] = "infer" };
        var revision = Last(request, "revision");
        if (IsBinary(request.ContentType))
        {
            asked["task"] = Last(request, "task");
            var parameters = new JsonObject();
            foreach (var key in (string[])["top_k", "threshold"])
                if (Last(request, key) is { } text) parameters[key] = double.TryParse(text, System.Globalization.CultureInfo.InvariantCulture, out var number) ? number : throw Refusal.Invalid($"\"{key}\" must be a number.");
            asked["parameters"] = parameters;
        }
        else
        {
            var body = RequestBody.Parse(bytes);
            bytes = [];
            foreach (var (key, _) in body)
                if (!s_fields.Contains(key)) throw JsonBody.NoField(key, s_fields);
            body.Copy(asked, "inputs", "parameters", "task");
            revision = body.FindText("revision") ?? revision;
        }
        var commit = (await revisions.GetAsync(repository, revision is { Length: > 0 } ? revision : "HEAD", stop)).CommitId;
        var answer = (await host.AskAsync(repository, commit, asked, bytes, null, stop)).Json;
        return Results.Json(new JsonObject
        {
            ["model"] = repository.Repository.FullName, ["commit"] = commit, ["task"] = answer["task"]?.DeepClone(), ["outputs"] = answer["outputs"]?.DeepClone(),
            ["seconds"] = Math.Round(Stopwatch.GetElapsedTime(began).TotalSeconds, 6),
        });
    }

    static bool IsBinary(string? type) => type is not null && (type.StartsWith("image/", StringComparison.OrdinalIgnoreCase) || type.StartsWith("audio/", StringComparison.OrdinalIgnoreCase)
        || type.StartsWith("application/octet-stream", StringComparison.OrdinalIgnoreCase));

    static string? Last(HttpRequest request, string key) => request.Query[key] is { Count: > 0 } values && values[^1] is { Length: > 0 } text ? text : null;
}
