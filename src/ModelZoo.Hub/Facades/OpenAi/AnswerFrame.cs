using System.Text.Json.Nodes;
using ModelZoo.Hub.Facades.Models;
using ModelZoo.Hub.Kernel;

namespace ModelZoo.Hub.Facades.OpenAi;

/// <summary>What all answers and chunks of one request have in common.</summary>
/// <param name="Kind">Such as <c>text_completion</c>.</param>
sealed record AnswerFrame(string Id, string Kind, long Created, AskedModel Model)
{
    /// <summary>Sampling parameters, OpenAI's and those that vLLM adds, which the worker reads by the same names.</summary>
    static readonly string[] s_settings =
    [
        "temperature", "top_p", "top_k", "min_p", "n", "stop", "seed", "presence_penalty", "frequency_penalty", "repetition_penalty", "logit_bias", "stop_token_ids", "ignore_eos", "add_special_tokens",
    ];

    public static AnswerFrame Begin(string prefix, string kind, AskedModel model, TimeProvider time) => new($"{prefix}-{Guid.NewGuid():n}", kind, time.GetUtcNow().ToUnixTimeSeconds(), model);

    public JsonObject With(string? kind, JsonArray choices, JsonNode? usage = null)
    {
        var json = new JsonObject { ["id"] = Id, ["object"] = kind ?? Kind, ["created"] = Created, ["model"] = Model.Name, ["system_fingerprint"] = $"fp_{Model.CommitId[..12]}", ["choices"] = choices };
        if (usage is not null) json["usage"] = usage;
        return json;
    }

    public static JsonObject Usage(JsonObject answer)
    {
        var (prompt, made) = (answer["promptTokens"]?.GetValue<int>() ?? 0, answer["completionTokens"]?.GetValue<int>() ?? 0);
        return new() { ["prompt_tokens"] = prompt, ["completion_tokens"] = made, ["total_tokens"] = prompt + made };
    }

    /// <summary>The worker's request, with what both ways of asking share.</summary>
    public static JsonObject Request(JsonObject body)
    {
        var request = new JsonObject { ["op"] = "complete", ["temperature"] = 1.0 };
        body.Copy(request, s_settings);
        foreach (var key in (string[])["tools", "functions", "tool_choice", "suffix", "audio", "prediction"])
            if (body[key] is { } value && value is not JsonArray { Count: 0 } && !(key == "tool_choice" && value is JsonValue word && word.TryGetValue(out string? choice) && choice is "none" or "auto"))
                throw Refusal.Invalid($"\"{key}\" is not supported by models of this hub.");
        if (body["response_format"] is JsonObject format && format.FindText("type") is not (null or "text")) throw Refusal.Invalid("\"response_format\" other than text is not supported by models of this hub.");
        return request;
    }

    public static string NameOf(JsonObject body) => body.FindText("model") is { Length: > 0 } name ? name : throw Refusal.Invalid("\"model\" must name a model as owner/name.");
}
