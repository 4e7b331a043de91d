using System.Text.Json;

namespace ModelZoo.Evaluation.Models;

/// <summary>What an endpoint says of the tokens of a prompt.</summary>
/// <param name="LogProbabilities">Null for the first, which nothing predicts.</param>
/// <param name="IsGreedy">Null where the endpoint does not tell.</param>
/// <param name="Offsets">First character of each token in the prompt, in code points; null where only the texts are told.</param>
sealed record PromptScores(IReadOnlyList<double?> LogProbabilities, IReadOnlyList<bool?> IsGreedy, IReadOnlyList<int>? Offsets, IReadOnlyList<string>? Texts)
{
    public int Count => LogProbabilities.Count;

    /// <summary>Rounding of half precision gives certain tokens slightly more than nothing.</summary>
    public const double Tolerance = 1e-4;

    /// <summary>OpenAI's shape: <c>logprobs</c> of a choice of completions. The last token is generated and left out.</summary>
    public static PromptScores OfChoice(JsonElement choice, bool dropsLast)
    {
        if (!choice.TryGetProperty("logprobs", out var logprobs) || logprobs.ValueKind != JsonValueKind.Object) throw Lie("a choice has no 'logprobs'");
        var values = List(logprobs, "token_logprobs").Select(Number).ToList();
        var tops = logprobs.TryGetProperty("top_logprobs", out var top) && top.ValueKind == JsonValueKind.Array ? top.EnumerateArray().ToList() : null;
        var offsets = logprobs.TryGetProperty("text_offset", out var places) && places.ValueKind == JsonValueKind.Array ? places.EnumerateArray().Select(place => place.TryGetInt32(out var at) && at >= 0 ? at : throw Lie("an offset is no number")).ToList() : null;
        var texts = logprobs.TryGetProperty("tokens", out var tokens) && tokens.ValueKind == JsonValueKind.Array ? tokens.EnumerateArray().Select(token => token.GetString() ?? "").ToList() : null;
        if (offsets is not null && offsets.Count != values.Count) throw Lie($"{offsets.Count} offsets for {values.Count} tokens");
        if (texts is not null && texts.Count != values.Count) throw Lie($"{texts.Count} texts for {values.Count} tokens");
        if (tops is not null && tops.Count != values.Count) throw Lie($"{tops.Count} alternatives for {values.Count} tokens");
        var greedy = values.Select((value, i) => value is not { } own || tops is null || tops[i].ValueKind != JsonValueKind.Object ? (bool?)null
            : own >= tops[i].EnumerateObject().Select(alternative => Number(alternative.Value) ?? double.NegativeInfinity).DefaultIfEmpty(own).Max()).ToList();
        var count = values.Count - (dropsLast ? 1 : 0);
        if (count < 1) throw Lie("there are no tokens");
        return new([.. values.Take(count)], [.. greedy.Take(count)], offsets?.Take(count).ToList(), texts?.Take(count).ToList());
    }

    /// <summary>SGLang's <c>meta_info</c>: triples of log-probability, number and text.</summary>
    public static PromptScores OfSglang(JsonElement answer)
    {
        if (!answer.TryGetProperty("meta_info", out var meta)) throw Lie("there is no 'meta_info'");
        var tokens = List(meta, "input_token_logprobs").ToList();
        var tops = meta.TryGetProperty("input_top_logprobs", out var top) && top.ValueKind == JsonValueKind.Array ? top.EnumerateArray().ToList() : null;
        if (tops is not null && tops.Count != tokens.Count) throw Lie($"{tops.Count} alternatives for {tokens.Count} tokens");
        var values = tokens.Select(token => token.ValueKind == JsonValueKind.Array && token.GetArrayLength() >= 2 ? Number(token[0]) : throw Lie("a token is no triple")).ToList();
        var greedy = values.Select((value, i) => value is { } own && tops?[i] is { ValueKind: JsonValueKind.Array } list && list.GetArrayLength() > 0 ? own >= list.EnumerateArray().Max(item => Number(item[0]) ?? double.NegativeInfinity) : (bool?)null).ToList();
        var texts = tokens.All(token => token.GetArrayLength() > 2 && token[2].ValueKind == JsonValueKind.String) ? tokens.Select(token => token[2].GetString()!).ToList() : null;
        return new(values, greedy, null, texts);
    }

    /// <summary>TGI's <c>details.prefill</c>.</summary>
    public static PromptScores OfTgi(JsonElement answer)
    {
        if (answer.ValueKind == JsonValueKind.Array && answer.GetArrayLength() == 1) answer = answer[0];
        if (answer.ValueKind != JsonValueKind.Object || !answer.TryGetProperty("details", out var details)) throw Lie("there are no 'details'");
        var tokens = List(details, "prefill").ToList();
        return new([.. tokens.Select(token => token.TryGetProperty("logprob", out var value) ? Number(value) : null)], [.. tokens.Select(_ => (bool?)null)], null,
            [.. tokens.Select(token => token.TryGetProperty("text", out var text) ? text.GetString() ?? "" : throw Lie("a token has no text"))]);
    }

    /// <summary>Which token the continuation begins with, where the prompt was sent as text.</summary>
    public int StartOf(int contextPoints, string continuation)
    {
        if (Offsets is not null)
        {
            for (var i = 1; i < Offsets.Count; i++)
                if (Offsets[i] < Offsets[i - 1]) throw Lie("offsets go back");
            var first = Offsets.ToList().FindIndex(offset => offset >= contextPoints);
            return first < 0 ? Offsets.Count : first;
        }
        if (Texts is null) throw Lie("tokens have neither offsets nor texts");
        var (length, at) = (0, Texts.Count);
        while (at > 0 && length < continuation.Length) length += Texts[--at].Length;
        return at;
    }

    public static double? Number(JsonElement json) => json.ValueKind switch
    {
        JsonValueKind.Null => null,
        JsonValueKind.Number when json.TryGetDouble(out var value) && double.IsFinite(value) => value <= 0 ? value : value <= Tolerance ? 0 : throw Lie($"a log-probability of {value} is above 0"),
        JsonValueKind.String when json.GetString() is "-inf" or "-Infinity" => double.NegativeInfinity,
        _ => throw Lie($"a log-probability is '{json.GetRawText()}'"),
    };

    static JsonElement.ArrayEnumerator List(JsonElement parent, string key) => parent.TryGetProperty(key, out var list) && list.ValueKind == JsonValueKind.Array ? list.EnumerateArray() : throw Lie($"there is no list '{key}'");

    public static EvaluationException Lie(string what) => new($"The endpoint's answer cannot be right: {what}.");
}
