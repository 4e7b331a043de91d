using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using ModelZoo.Hub.Accounts;
using ModelZoo.Hub.Facades.Models;
using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Serving.Hosting;

namespace ModelZoo.Hub.Facades.OpenAi;

/// <summary>POST /v1/chat/completions: answers in a conversation, which the model's own template makes a prompt of.</summary>
static class ChatEndpoints
{
    const int MaxMessages = 2048;

    public static void Map(IEndpointRouteBuilder app) => app.MapPost("/chat/completions", ChatAsync).WithMetadata(OpenAiRoutes.FindsModel);

    static async Task ChatAsync(HttpContext http, Actor actor, AskedModels models, ModelHost host, HubOptions options, TimeProvider time, CancellationToken stop)
    {
        var body = await RequestBody.ReadJsonAsync(http.Request, options.Hosting.BodyBytes, stop);
        var model = await models.GetAsync(AnswerFrame.NameOf(body), null, actor, stop);
        if (await host.FindObstacleAsync(model.Repository, stop) is { } obstacle) throw obstacle;
        var request = AnswerFrame.Request(body);
        request["messages"] = Messages(body["messages"]);
        body.Copy(request, "add_generation_prompt", "continue_final_message", "chat_template_kwargs");
        if ((body.FindInt("max_completion_tokens") ?? body.FindInt("max_tokens")) is { } most) request["max_tokens"] = most > 0 ? most : throw Refusal.Invalid("\"max_tokens\" must be positive.");
        if (body.Flag("logprobs")) request["logprobs"] = body.FindInt("top_logprobs") ?? 0;
        var frame = AnswerFrame.Begin("chatcmpl", "chat.completion", model, time);
        if (body.Flag("stream"))
        {
            var usage = body["stream_options"] is JsonObject wanted && wanted.Flag("include_usage");
            var begun = new HashSet<int>();
            await EventStream.SendAsync(http, async part => (await host.AskAsync(model.Repository, model.CommitId, request, default, part, stop)).Json,
                piece => Chunks(frame, piece, begun), answer => usage ? [frame.With("chat.completion.chunk", [], AnswerFrame.Usage(answer))] : [], stop);
            return;
        }
        var answer = (await host.AskAsync(model.Repository, model.CommitId, request, default, null, stop)).Json;
        var choices = new JsonArray([.. ((JsonArray)answer["choices"]!).Select(choice => new JsonObject
        {
            ["index"] = choice!["index"]!.DeepClone(),
            ["message"] = new JsonObject { ["role"] = "assistant", ["content"] = choice["text"]!.DeepClone(), ["refusal"] = null },
            ["logprobs"] = Logprobs((JsonArray)choice["tokens"]!),
            ["finish_reason"] = choice["finish"]?.DeepClone(),
        })]);
        await Results.Json(frame.With(null, choices, AnswerFrame.Usage(answer))).ExecuteAsync(http);
    }

    static IEnumerable<JsonObject> Chunks(AnswerFrame frame, JsonObject piece, HashSet<int> begun)
    {
        var index = piece["index"]!.GetValue<int>();
        if (begun.Add(index)) yield return Chunk(new() { ["role"] = "assistant", ["content"] = "" }, null, null);
        yield return Chunk(new() { ["content"] = piece["text"]!.DeepClone() }, Logprobs((JsonArray)piece["tokens"]!), null);
        if (piece["finish"] is { } finish) yield return Chunk([], null, finish.DeepClone());

        JsonObject Chunk(JsonObject delta, JsonObject? logprobs, JsonNode? finished) =>
            frame.With("chat.completion.chunk", [new JsonObject { ["index"] = index, ["delta"] = delta, ["logprobs"] = logprobs, ["finish_reason"] = finished }]);
    }

    /// <summary>Messages whose content is one text; parts of a message are joined, and parts that are no text refused.</summary>
    static JsonArray Messages(JsonNode? given)
    {
        if (given is not JsonArray { Count: > 0 and <= MaxMessages } list) throw Refusal.Invalid($"\"messages\" must be a list of 1 to {MaxMessages} messages.");
        var messages = new JsonArray();
        foreach (var node in list)
        {
            var message = node as JsonObject ?? throw Refusal.Invalid("A message must be an object.");
            var role = message.FindText("role") ?? throw Refusal.Invalid("A message needs a \"role\".");
            var content = message["content"] switch
            {
                null => "",
                JsonArray parts => string.Concat(parts.Select(part => part is JsonObject one && one.FindText("type") is null or "text" ? part!["text"]?.GetValue<string>() ?? "" : throw Refusal.Invalid("Only texts are read in messages."))),
                _ => message.FindText("content")!,
            };
            messages.Add(new JsonObject { ["role"] = role, ["content"] = content });
        }
        return messages;
    }

    static JsonObject? Logprobs(JsonArray tokens) => !tokens.Any(token => token!["logprob"] is not null) ? null : new()
    {
        ["content"] = new JsonArray([.. tokens.Select(token =>
        {
            var one = Token(token!);
            one["top_logprobs"] = new JsonArray([.. (token!["best"] as JsonArray ?? []).Select(best => Token(best!))]);
            return one;
        })]),
    };

    static JsonObject Token(JsonNode token) => new()
    {
        ["token"] = token["text"]!.DeepClone(), ["logprob"] = token["logprob"]?.DeepClone(), ["bytes"] = new JsonArray([.. Encoding.UTF8.GetBytes(token["text"]!.GetValue<string>()).Select(value => (JsonNode)value)]),
    };
}
