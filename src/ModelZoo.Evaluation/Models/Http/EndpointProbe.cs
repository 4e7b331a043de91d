using System.Text.Json;

namespace ModelZoo.Evaluation.Models;

/// <summary>What an endpoint can, found out by asking (evaluation.md, b.5).</summary>
sealed record EndpointProbe(EndpointRoute Route, string Model, bool Embeds, int? MaxLength, string? Server)
{
    const string Text = "The quick brown fox";

    public static async Task<EndpointProbe> RunAsync(EndpointSettings settings, EndpointCaller caller, CancellationToken stop)
    {
        var (model, maxLength, owner) = await FindModelAsync(settings, caller, stop);
        var route = await FindRouteAsync(settings, caller, model, stop);
        var embeds = await TryAsync(() => caller.PostAsync(new(caller.Api, "embeddings"), new { model, input = new[] { Text } }, stop, isProbe: true), answer => answer.TryGetProperty("data", out _));
        if (route is null && !embeds) throw new EvaluationException($"The endpoint {settings.Address} completes no texts, holds no conversations and gives no vectors for the model '{model}'.");
        return new(route ?? EndpointRoute.Completions, model, embeds, maxLength, owner ?? caller.Server);
    }

    static async Task<(string Model, int? MaxLength, string? Owner)> FindModelAsync(EndpointSettings settings, EndpointCaller caller, CancellationToken stop)
    {
        try
        {
            var answer = await caller.GetAsync(new(caller.Api, "models"), stop);
            if (answer.TryGetProperty("data", out var list) && list.ValueKind == JsonValueKind.Array)
            {
                foreach (var item in list.EnumerateArray())
                {
                    if (item.ValueKind != JsonValueKind.Object || !item.TryGetProperty("id", out var id) || id.GetString() is not { } name || (settings.Model is { } wanted && wanted != name)) continue;
                    // vLLM's own field.
                    var length = item.TryGetProperty("max_model_len", out var most) && most.ValueKind == JsonValueKind.Number && most.TryGetInt32(out var tokens) && tokens > 1 ? tokens : (int?)null;
                    return (name, length, item.TryGetProperty("owned_by", out var owner) ? owner.GetString() : null);
                }
            }
        }
        catch (EndpointFailure e)
        {
            if (settings.Model is null) throw new EvaluationException($"The endpoint {settings.Address} lists no models ({e.Message}); name one.");
        }
        return settings.Model is { } given ? (given, null, null) : throw new EvaluationException($"The endpoint {settings.Address} lists no models; name one.");
    }

    static async Task<EndpointRoute?> FindRouteAsync(EndpointSettings settings, EndpointCaller caller, string model, CancellationToken stop)
    {
        Uri completions = new(caller.Api, "completions"), native = new(caller.Root, "generate");
        if (!settings.PrefersChat)
        {
            if (await TryAsync(() => caller.PostAsync(completions, new { model, prompt = Text, max_tokens = 1, temperature = 0, logprobs = 1, echo = true }, stop, isProbe: true),
                answer => PromptScores.OfChoice(HttpAdapter.Choices(answer, 1)[0], dropsLast: true) is { Count: > 1 } scores && scores.LogProbabilities.Skip(1).All(value => value is not null))) return EndpointRoute.Echo;
            if (await TryAsync(() => caller.PostAsync(native, new { text = Text, sampling_params = new { max_new_tokens = 1, temperature = 0 }, return_logprob = true, logprob_start_len = 0 }, stop, isProbe: true),
                answer => PromptScores.OfSglang(answer).Count > 1)) return EndpointRoute.Sglang;
            if (await TryAsync(() => caller.PostAsync(native, new { inputs = Text, parameters = new { max_new_tokens = 1, decoder_input_details = true, details = true } }, stop, isProbe: true),
                answer => PromptScores.OfTgi(answer).Count > 1)) return EndpointRoute.Tgi;
            if (await TryAsync(() => caller.PostAsync(completions, new { model, prompt = Text, max_tokens = 1, temperature = 0, logprobs = 5 }, stop, isProbe: true), answer => ChoiceAsker.Alternatives(answer).Count > 1)) return EndpointRoute.FirstToken;
        }
        if (await TryAsync(() => caller.PostAsync(new(caller.Api, "chat/completions"), new { model, messages = new[] { new { role = "user", content = Text } }, max_tokens = 1, temperature = 0 }, stop, isProbe: true),
            answer => HttpAdapter.TextOf(HttpAdapter.Choices(answer, 1)[0], isChat: true) is not null)) return EndpointRoute.Chat;
        return await TryAsync(() => caller.PostAsync(completions, new { model, prompt = Text, max_tokens = 1, temperature = 0 }, stop, isProbe: true), answer => HttpAdapter.Choices(answer, 1).Length == 1) ? EndpointRoute.Completions : null;
    }

    static async Task<bool> TryAsync(Func<Task<JsonElement>> ask, Func<JsonElement, bool> fits)
    {
        try
        {
            var answer = await ask();
            return answer.ValueKind == JsonValueKind.Object || answer.ValueKind == JsonValueKind.Array ? fits(answer) : false;
        }
        catch (Exception e) when (e is EndpointFailure or EvaluationException or InvalidOperationException)
        {
            return false;
        }
    }
}
