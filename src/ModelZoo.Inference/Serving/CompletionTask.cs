using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using ModelZoo.Inference.Generation;

namespace ModelZoo.Inference.Serving;

/// <summary>
/// Continues prompts or conversations, with OpenAI's parameters and those that vLLM adds. A request holds <c>prompts</c> (texts or lists of tokens) or <c>messages</c>; pieces
/// and the answer name the choice that they belong to: <c>index</c> counts prompts first, then the <c>n</c> of each.
/// </summary>
sealed class CompletionTask(LanguageModel model, ChatPrompt? chat)
{
    const int MaxPrompts = 128, MaxChoices = 128;

    public LanguageModel Model => model;

    public JsonObject Run(JsonObject request, Func<JsonObject, Task>? part, CancellationToken stop)
    {
        var prompts = Prompts(request);
        var (n, most) = (request.Int("n") ?? 1, request.Int("max_tokens"));
        if (n < 1 || prompts.Count * n > MaxChoices) throw RequestParts.Bad($"{prompts.Count} prompts times {n} choices are more than {MaxChoices}.");
        if (most < 0) throw RequestParts.Bad("\"max_tokens\" must not be negative.");
        var (echoes, logprobs) = (request.Flag("echo"), request.Int("logprobs"));
        if (logprobs is < 0 or > Completion.MaxBest) throw RequestParts.Bad($"\"logprobs\" must be 0 to {Completion.MaxBest}.");
        var seed = request.Long("seed") ?? Random.Shared.NextInt64();
        var (choices, made) = (new JsonArray(), 0);
        for (var p = 0; p < prompts.Count; p++)
            for (var i = 0; i < n; i++)
            {
                var room = Math.Max(1, model.MaxLength - prompts[p].Count + 1);
                var settings = Settings(request, most is null or 0 ? room : most.Value, model, seed) with { Stream = i == 0 ? "" : i.ToString(CultureInfo.InvariantCulture) };
                var completion = new Completion(model, settings) { Best = logprobs, Echoes = echoes, OnlyScores = most == 0 };
                choices.Add(Run(completion, prompts[p], (p * n) + i, part, ref made, stop));
            }
        return new() { ["choices"] = choices, ["promptTokens"] = prompts.Sum(prompt => prompt.Count), ["completionTokens"] = made, ["seed"] = seed };
    }

    JsonObject Run(Completion completion, IReadOnlyList<int> prompt, int index, Func<JsonObject, Task>? part, ref int made, CancellationToken stop)
    {
        var (text, tokens, offset, finish) = (new StringBuilder(), new JsonArray(), 0, FinishReason.Length);
        var isPrompt = completion.Echoes;
        foreach (var piece in completion.Run(prompt, stop))
        {
            var scored = new JsonArray();
            foreach (var token in piece.Tokens)
            {
                scored.Add(Of(token, offset));
                offset += token.Text.Length;
            }
            if (!isPrompt) made += piece.Tokens.Count;
            isPrompt = false;
            finish = piece.Finish ?? finish;
            if (part is not null)
            {
                // The reader's pace is the writer's: a slow one holds back only its own generation.
                part(new() { ["index"] = index, ["text"] = piece.Text, ["tokens"] = scored, ["finish"] = Word(piece.Finish) }).GetAwaiter().GetResult();
                continue;
            }
            text.Append(piece.Text);
            foreach (var token in scored.ToList())
            {
                scored.Remove(token);
                tokens.Add(token);
            }
        }
        return new() { ["index"] = index, ["text"] = text.ToString(), ["tokens"] = tokens, ["finish"] = Word(finish) };
    }

    static string? Word(FinishReason? finish) => finish switch { FinishReason.Stop => "stop", FinishReason.Length => "length", _ => null };

    static JsonObject Of(ScoredToken token, int offset)
    {
        var json = new JsonObject { ["id"] = token.Id, ["text"] = token.Text, ["offset"] = offset };
        if (token.LogProbability is { } log) json["logprob"] = Log(log);
        if (token.Best.Count > 0) json["best"] = RequestParts.Array(token.Best, best => new JsonObject { ["id"] = best.Id, ["text"] = best.Text, ["logprob"] = Log(best.LogProbability) });
        return json;
    }

    /// <summary>What is impossible has −∞, which JSON cannot say; vLLM and others write −9999.</summary>
    static double Log(double value) => double.IsNegativeInfinity(value) ? -9999 : value;

    List<IReadOnlyList<int>> Prompts(JsonObject request)
    {
        if (request["messages"] is JsonArray messages)
        {
            if (chat is null) throw RequestParts.Bad("The model has no chat template (tokenizer_config.json or chat_template.jinja); ask it for completions.");
            return [model.Tokenizer.EncodeIds(chat.Render(messages, request))];
        }
        var addsSpecial = request.Flag("add_special_tokens", otherwise: true);
        var prompts = request["prompts"] as JsonArray ?? throw RequestParts.Bad("\"prompt\" is missing.");
        if (prompts.Count is 0 or > MaxPrompts) throw RequestParts.Bad($"\"prompt\" must hold 1 to {MaxPrompts} prompts.");
        return [.. prompts.Select(prompt => prompt switch
        {
            JsonValue value when value.TryGetValue(out string? text) => text.Length == 0 ? (IReadOnlyList<int>)[model.Start] : model.Tokenizer.Encode(text, addsSpecial: addsSpecial).Ids,
            JsonArray ids => Ids(ids, model.Tokenizer.VocabularySize),
            _ => throw RequestParts.Bad("A prompt must be a text or a list of tokens."),
        })];
    }

    public static int[] Ids(JsonArray ids, int vocabulary) => [.. ids.Select(node => node is JsonValue value && value.TryGetValue(out int id) && id >= 0 && id < vocabulary ? id
        : throw RequestParts.Bad($"A prompt's tokens must be whole numbers from 0 to {vocabulary - 1}."))];

    internal static GenerationSettings Settings(JsonObject request, int most, LanguageModel model, long seed)
    {
        var bias = new Dictionary<int, double>();
        if (request["logit_bias"] is JsonObject given)
            foreach (var (key, value) in given)
                bias[int.TryParse(key, NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? id : throw RequestParts.Bad("\"logit_bias\" must name tokens by their numbers.")]
                    = value is JsonValue number && number.TryGetValue(out double amount) ? amount : throw RequestParts.Bad("\"logit_bias\" must hold numbers.");
        return new()
        {
            MaxNewTokens = Math.Clamp(most, 1, 1 << 20),
            Temperature = request.Real("temperature") ?? (request["do_sample"] is null ? 0 : request.Flag("do_sample") ? 1 : 0),
            TopK = Math.Max(0, request.Int("top_k") ?? 0),
            TopP = request.Real("top_p") ?? 1,
            MinP = request.Real("min_p") ?? 0,
            RepetitionPenalty = request.Real("repetition_penalty") ?? 1,
            PresencePenalty = request.Real("presence_penalty") ?? 0,
            FrequencyPenalty = request.Real("frequency_penalty") ?? 0,
            Bias = bias,
            Seed = request.Long("seed") ?? seed,
            Stops = [.. request.Texts("stop", 64).Concat(request.Texts("stop_sequences", 64)).Where(stop => stop.Length > 0)],
            StopIds = request["stop_token_ids"] is JsonArray ids ? Ids(ids, model.Tokenizer.VocabularySize) : [],
            IgnoresEnd = request.Flag("ignore_eos"),
        };
    }
}
