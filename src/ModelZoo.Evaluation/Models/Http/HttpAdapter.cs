using System.Text.Json;
using ModelZoo.Evaluation.Requests;

namespace ModelZoo.Evaluation.Models;

/// <summary>How an endpoint tells what it thinks of a prompt.</summary>
enum EndpointRoute
{
    /// <summary>vLLM: completions with <c>echo</c> and <c>logprobs</c>.</summary>
    Echo,

    /// <summary>SGLang's own <c>/generate</c>.</summary>
    Sglang,

    /// <summary>TGI's own <c>/generate</c>.</summary>
    Tgi,

    /// <summary>llama.cpp: only the alternatives of a generated token.</summary>
    FirstToken,

    /// <summary>Texts alone.</summary>
    Completions,

    /// <summary>Conversations alone.</summary>
    Chat,
}

/// <summary>A model behind an OpenAI-compatible address. What it can is probed once; answers that cannot be right end the run.</summary>
public sealed class HttpAdapter : IModelAdapter
{
    readonly EndpointSettings _settings;
    readonly EndpointCaller _caller;
    readonly EndpointRoute _route;
    readonly EndpointTokens? _tokens;
    readonly int _maxLength;
    readonly string? _server;

    internal HttpAdapter(EndpointSettings settings, EndpointCaller caller, EndpointProbe probe, EndpointTokens? tokens)
    {
        (_settings, _caller, _route, _tokens, Model, _maxLength, _server) = (settings, caller, probe.Route, tokens, probe.Model, settings.MaxLength ?? probe.MaxLength ?? 2048, probe.Server);
        var abilities = new HashSet<ModelAbility> { ModelAbility.Generate, ModelAbility.Likelihood };
        if (_route is EndpointRoute.Completions) abilities.Remove(ModelAbility.Likelihood);
        if (_route is EndpointRoute.Echo or EndpointRoute.Sglang && tokens is not null) abilities.Add(ModelAbility.RollingLikelihood);
        if (probe.Embeds) abilities.Add(ModelAbility.Embed);
        Abilities = abilities;
    }

    /// <summary>As the endpoint calls it.</summary>
    public string Model { get; }

    public string Kind => _route == EndpointRoute.Chat ? "http-chat" : "http-completions";

    public IReadOnlySet<ModelAbility> Abilities { get; }

    public string Scoring => _route switch { EndpointRoute.FirstToken => "first_token", EndpointRoute.Chat or EndpointRoute.Completions => "generated", _ => "loglikelihood" };

    public string Engine => $"{_server ?? "endpoint"} {_settings.Address.Host} {Model}";

    public int BatchSize => 8;

    public int Concurrency => _settings.Concurrency;

    /// <summary>Asks the endpoint what it can.</summary>
    public static async Task<HttpAdapter> OpenAsync(EndpointSettings settings, CancellationToken stop)
    {
        var caller = new EndpointCaller(settings);
        try
        {
            var probe = await EndpointProbe.RunAsync(settings, caller, stop);
            var tokens = settings.TokenizerFolder is { } folder ? await EndpointTokens.OpenAsync(folder, stop) : null;
            return new(settings, caller, probe, tokens);
        }
        catch
        {
            caller.Dispose();
            throw;
        }
    }

    public async Task<IReadOnlyList<ModelAnswer>> AskAsync(IReadOnlyList<ModelRequest> requests, CancellationToken stop)
    {
        if (requests.Count == 0) return [];
        if (!Abilities.Contains(ModelAbilities.Of(requests[0]))) throw ModelAbilities.Missing(this, ModelAbilities.Of(requests[0]));
        if (requests[0] is EmbeddingRequest) return await EmbedAsync([.. requests.Cast<EmbeddingRequest>()], stop);
        if (requests[0] is LikelihoodRequest && _route is EndpointRoute.FirstToken or EndpointRoute.Chat) return await new ChoiceAsker(this).AskAsync([.. requests.Cast<LikelihoodRequest>()], stop);
        var answers = new ModelAnswer[requests.Count];
        for (var i = 0; i < answers.Length; i++)
        {
            answers[i] = await GuardAsync(() => requests[i] switch
            {
                LikelihoodRequest likelihood => LikelihoodAsync(likelihood, stop),
                RollingRequest rolling => RollAsync(rolling, stop),
                GenerationRequest generation => GenerateAsync(generation, stop),
                var other => throw ModelAbilities.Missing(this, ModelAbilities.Of(other)),
            });
        }
        return answers;
    }

    /// <summary>One request that fails is one sample that is an error.</summary>
    internal static async Task<ModelAnswer> GuardAsync(Func<Task<ModelAnswer>> ask)
    {
        try
        {
            return await ask();
        }
        catch (EndpointFailure e)
        {
            return new FailedAnswer(e.Message);
        }
    }

    async Task<ModelAnswer> LikelihoodAsync(LikelihoodRequest request, CancellationToken stop)
    {
        if (_tokens is not null && _route != EndpointRoute.Tgi)
        {
            var (context, continuation) = _tokens.Encode(request.Context, request.Continuation);
            var isCut = continuation.Count > _maxLength;
            if (isCut) continuation = continuation.GetRange(continuation.Count - _maxLength, _maxLength);
            return (await ScoreAsync(context, continuation, stop)) with { IsCut = isCut };
        }
        var trimmed = request.Context.TrimEnd();
        var rest = request.Context[trimmed.Length..] + request.Continuation;
        var scores = await PromptAsync(trimmed + rest, null, stop);
        return Sum(scores, scores.StartOf(trimmed.EnumerateRunes().Count(), rest));
    }

    async Task<LikelihoodAnswer> ScoreAsync(List<int> context, List<int> continuation, CancellationToken stop)
    {
        if (continuation.Count == 0) return new(0, true);
        List<int> ids = [.. context, .. continuation];
        // The endpoint generates one token behind the prompt, for which there must be room.
        if (ids.Count > _maxLength) ids = ids.GetRange(ids.Count - _maxLength, _maxLength);
        var scores = await PromptAsync(null, ids, stop);
        if (scores.Count != ids.Count) throw PromptScores.Lie($"{scores.Count} tokens for a prompt of {ids.Count}");
        return Sum(scores, ids.Count - Math.Min(continuation.Count, ids.Count - 1));
    }

    static LikelihoodAnswer Sum(PromptScores scores, int from)
    {
        var (sum, isGreedy) = (0.0, true);
        for (var i = from; i < scores.Count; i++)
        {
            sum += scores.LogProbabilities[i] ?? throw new EndpointFailure("The endpoint does not score the first token of a text. Name a folder with the model's tokenizer, so that a start token can stand before it.");
            isGreedy &= scores.IsGreedy[i] ?? false;
        }
        return new(sum, isGreedy);
    }

    async Task<PromptScores> PromptAsync(string? text, List<int>? ids, CancellationToken stop)
    {
        switch (_route)
        {
            case EndpointRoute.Sglang:
                var settings = new { max_new_tokens = 1, temperature = 0 };
                return PromptScores.OfSglang(await _caller.PostAsync(new(_caller.Root, "generate"), ids is null
                    ? new { text, sampling_params = settings, return_logprob = true, logprob_start_len = 0, top_logprobs_num = 1, return_text_in_logprobs = true }
                    : (object)new { input_ids = ids, sampling_params = settings, return_logprob = true, logprob_start_len = 0, top_logprobs_num = 1 }, stop));
            case EndpointRoute.Tgi:
                return PromptScores.OfTgi(await _caller.PostAsync(new(_caller.Root, "generate"), new { inputs = text, parameters = new { max_new_tokens = 1, decoder_input_details = true, details = true } }, stop));
            default:
                var answer = await _caller.PostAsync(new(_caller.Api, "completions"), new { model = Model, prompt = (object?)text ?? ids, max_tokens = 1, temperature = 0, logprobs = 1, echo = true, seed = _settings.Seed }, stop);
                return PromptScores.OfChoice(Choices(answer, 1)[0], dropsLast: true);
        }
    }

    async Task<ModelAnswer> RollAsync(RollingRequest request, CancellationToken stop)
    {
        var tokens = _tokens!.Encode(request.Text);
        var sum = 0.0;
        // One less than the model reads: the prompt's last token is predicted inside the prompt.
        var most = _maxLength - 1;
        for (var predicted = 0; predicted < tokens.Count;)
        {
            var count = Math.Min(tokens.Count - predicted, most);
            var end = predicted + count;
            var from = Math.Max(0, end - most - 1);
            List<int> context = predicted == 0 ? [_tokens.Start] : tokens.GetRange(from, predicted - from);
            sum += (await ScoreAsync(context, tokens.GetRange(predicted, count), stop)).LogLikelihood;
            predicted = end;
        }
        return new RollingAnswer(sum, tokens.Count);
    }

    internal async Task<ModelAnswer> GenerateAsync(GenerationRequest request, CancellationToken stop)
    {
        var until = request.Until.Where(text => text.Length > 0).Take(4).ToList();
        var body = new Dictionary<string, object?> { ["model"] = Model, ["max_tokens"] = request.MaxTokens, ["temperature"] = request.Temperature, ["seed"] = _settings.Seed + request.Sample };
        if (until.Count > 0) body["stop"] = until;
        if (request.TopP < 1) body["top_p"] = request.TopP;
        if (request.TopK > 0) body["top_k"] = request.TopK;
        var isChat = _route == EndpointRoute.Chat;
        if (isChat) body["messages"] = new[] { new { role = "user", content = request.Context } };
        else body["prompt"] = request.Context;
        var choice = Choices(await _caller.PostAsync(new(_caller.Api, isChat ? "chat/completions" : "completions"), body, stop), 1)[0];
        return new TextAnswer(Cut(TextOf(choice, isChat), request.Until));
    }

    internal static string TextOf(JsonElement choice, bool isChat)
    {
        var holder = isChat ? choice.TryGetProperty("message", out var message) ? message : throw PromptScores.Lie("a choice has no 'message'") : choice;
        return holder.ValueKind == JsonValueKind.Object && holder.TryGetProperty(isChat ? "content" : "text", out var text) && text.ValueKind is JsonValueKind.String or JsonValueKind.Null ? text.GetString() ?? ""
            : throw PromptScores.Lie("a choice has no text");
    }

    /// <summary>Endpoints take few stop texts, and some leave them in.</summary>
    static string Cut(string text, IReadOnlyList<string> until)
    {
        var end = until.Where(stop => stop.Length > 0).Select(stop => text.IndexOf(stop, StringComparison.Ordinal)).Where(at => at >= 0).DefaultIfEmpty(text.Length).Min();
        return text[..end];
    }

    /// <summary>The choices by their index, which must all be there once.</summary>
    internal static JsonElement[] Choices(JsonElement answer, int count)
    {
        if (answer.ValueKind != JsonValueKind.Object || !answer.TryGetProperty("choices", out var list) || list.ValueKind != JsonValueKind.Array) throw PromptScores.Lie("there are no 'choices'");
        return ByIndex(list, count, "choices");
    }

    static JsonElement[] ByIndex(JsonElement list, int count, string name)
    {
        if (list.GetArrayLength() != count) throw PromptScores.Lie($"{list.GetArrayLength()} {name} to {count} prompts");
        var found = new JsonElement[count];
        foreach (var item in list.EnumerateArray())
        {
            if (item.ValueKind != JsonValueKind.Object || !item.TryGetProperty("index", out var at) || !at.TryGetInt32(out var index) || (uint)index >= (uint)count) throw PromptScores.Lie($"one of the {name} has no index, or one that was not asked for");
            if (found[index].ValueKind != JsonValueKind.Undefined) throw PromptScores.Lie($"index {index} comes twice among the {name}");
            found[index] = item;
        }
        return found;
    }

    async Task<IReadOnlyList<ModelAnswer>> EmbedAsync(IReadOnlyList<EmbeddingRequest> requests, CancellationToken stop)
    {
        var texts = requests.Select(request => request.Input is TextInput text ? text.Text : throw new EvaluationException("Endpoints embed texts only.")).ToList();
        JsonElement answer;
        try
        {
            answer = await _caller.PostAsync(new(_caller.Api, "embeddings"), new { model = Model, input = texts }, stop);
        }
        catch (EndpointFailure e)
        {
            return [.. requests.Select(_ => new FailedAnswer(e.Message))];
        }
        if (answer.ValueKind != JsonValueKind.Object || !answer.TryGetProperty("data", out var data) || data.ValueKind != JsonValueKind.Array) throw PromptScores.Lie("there is no 'data'");
        return [.. ByIndex(data, texts.Count, "vectors").Select(item => item.TryGetProperty("embedding", out var vector) && vector.ValueKind == JsonValueKind.Array
            ? new VectorAnswer(vector.EnumerateArray().Select(number => number.ValueKind == JsonValueKind.Number ? number.GetSingle() : throw PromptScores.Lie("a vector holds what is no number")).ToArray()) : throw PromptScores.Lie("a vector is missing"))];
    }

    internal Task<JsonElement> CompleteAsync(object body, CancellationToken stop) => _caller.PostAsync(new(_caller.Api, "completions"), body, stop);

    internal EndpointRoute Route => _route;

    internal long Seed => _settings.Seed;

    public ValueTask DisposeAsync()
    {
        _caller.Dispose();
        return ValueTask.CompletedTask;
    }
}
