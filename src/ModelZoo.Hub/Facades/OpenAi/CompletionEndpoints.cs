using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using ModelZoo.Hub.Accounts;
using ModelZoo.Hub.Facades.Models;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Serving.Hosting;

namespace ModelZoo.Hub.Facades.OpenAi;

/// <summary>POST /v1/completions: continues prompts. With "echo" and "logprobs" it says how likely the prompt's own tokens are, which harnesses measure models by.</summary>
static class CompletionEndpoints
{
    const int StandardTokens = 16;

    public static void Map(IEndpointRouteBuilder app) => app.MapPost("/completions", CompleteAsync).WithMetadata(OpenAiRoutes.FindsModel);

    static async Task CompleteAsync(HttpContext http, Actor actor, AskedModels models, ModelHost host, HubOptions options, TimeProvider time, CancellationToken stop)
    {
        var body = await RequestBody.ReadJsonAsync(http.Request, options.Hosting.BodyBytes, stop);
        var model = await models.GetAsync(AnswerFrame.NameOf(body), null, actor, stop);
        if (await host.FindObstacleAsync(model.Repository, stop) is { } obstacle) throw obstacle;
        var request = AnswerFrame.Request(body);
        if (body["best_of"] is not null && body.FindInt("best_of") != (body.FindInt("n") ?? 1)) throw Refusal.Invalid("\"best_of\" must equal \"n\" here.");
        request["prompts"] = Prompts(body["prompt"]);
        request["max_tokens"] = body.FindInt("max_tokens") ?? StandardTokens;
        body.Copy(request, "echo", "logprobs");
        var frame = AnswerFrame.Begin("cmpl", "text_completion", model, time);
        if (body.Flag("stream"))
        {
            var usage = body["stream_options"] is JsonObject wanted && wanted.Flag("include_usage");
            await EventStream.SendAsync(http, async part => (await host.AskAsync(model.Repository, model.CommitId, request, default, part, stop)).Json,
                piece => [frame.With(null, [Choice(piece)])], answer => usage ? [frame.With(null, [], AnswerFrame.Usage(answer))] : [], stop);
            return;
        }
        var answer = (await host.AskAsync(model.Repository, model.CommitId, request, default, null, stop)).Json;
        var choices = new JsonArray([.. ((JsonArray)answer["choices"]!).Select(choice => Choice((JsonObject)choice!))]);
        await Results.Json(frame.With(null, choices, AnswerFrame.Usage(answer))).ExecuteAsync(http);
    }

    /// <summary>A text, a list of texts, a list of tokens, or a list of such lists.</summary>
    internal static JsonArray Prompts(JsonNode? prompt) => prompt switch
    {
        null => [""],
        JsonArray { Count: > 0 } list when list[0] is JsonValue first && first.TryGetValue(out int _) => [list.DeepClone()],
        JsonArray list => (JsonArray)list.DeepClone(),
        JsonValue value when value.TryGetValue(out string? text) => [text],
        _ => throw Refusal.Invalid("\"prompt\" must be a text, a list of texts, a list of tokens, or a list of such lists."),
    };

    static JsonObject Choice(JsonObject choice) => new()
    {
        ["index"] = choice["index"]!.DeepClone(), ["text"] = choice["text"]!.DeepClone(), ["logprobs"] = Logprobs((JsonArray)choice["tokens"]!), ["finish_reason"] = choice["finish"]?.DeepClone(),
    };

    /// <summary>Null where no likelihoods were asked for: then no token has one.</summary>
    static JsonObject? Logprobs(JsonArray tokens)
    {
        if (!tokens.Any(token => token!["logprob"] is not null)) return null;
        var (texts, values, best, offsets) = (new JsonArray(), new JsonArray(), new JsonArray(), new JsonArray());
        foreach (var node in tokens)
        {
            var token = (JsonObject)node!;
            texts.Add(token["text"]!.DeepClone());
            values.Add(token["logprob"]?.DeepClone());
            offsets.Add(token["offset"]!.DeepClone());
            best.Add(token["logprob"] is null ? null : Best(token));
        }
        return new() { ["tokens"] = texts, ["token_logprobs"] = values, ["top_logprobs"] = best, ["text_offset"] = offsets };
    }

    /// <summary>The likeliest tokens by their texts, and the one that stands there. Of tokens with one text the likelier counts.</summary>
    static JsonObject Best(JsonObject token)
    {
        var best = new JsonObject();
        foreach (var other in token["best"] as JsonArray ?? [])
            best.TryAdd(other!["text"]!.GetValue<string>(), other["logprob"]!.DeepClone());
        best.TryAdd(token["text"]!.GetValue<string>(), token["logprob"]!.DeepClone());
        return best;
    }
}
