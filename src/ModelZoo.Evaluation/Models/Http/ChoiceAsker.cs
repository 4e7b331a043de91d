using System.Text.Json;
using ModelZoo.Evaluation.Requests;

namespace ModelZoo.Evaluation.Models;

/// <summary>
/// Choices among texts on endpoints that do not score prompts. First token: one token is generated, and choices are compared by how likely their first tokens
/// were; one that is not among the alternatives scores −∞. Conversation: the answer is generated and looked for among the choices; the one found scores 0, the others −∞.
/// </summary>
sealed class ChoiceAsker(HttpAdapter endpoint)
{
    /// <summary>As many alternatives as llama.cpp gives; others give fewer.</summary>
    const int Most = 100;

    public async Task<IReadOnlyList<ModelAnswer>> AskAsync(IReadOnlyList<LikelihoodRequest> requests, CancellationToken stop)
    {
        var answers = new ModelAnswer[requests.Count];
        foreach (var group in requests.Index().GroupBy(pair => pair.Item.Context, StringComparer.Ordinal))
        {
            var choices = group.ToList();
            IReadOnlyList<ModelAnswer> found;
            try
            {
                found = endpoint.Route == EndpointRoute.FirstToken ? await FirstTokensAsync(group.Key, choices.ConvertAll(pair => pair.Item.Continuation), stop) : await AnswerAsync(group.Key, choices.ConvertAll(pair => pair.Item.Continuation), stop);
            }
            catch (EndpointFailure e)
            {
                found = [.. choices.Select(_ => new FailedAnswer(e.Message))];
            }
            for (var i = 0; i < choices.Count; i++) answers[choices[i].Index] = found[i];
        }
        return answers;
    }

    async Task<IReadOnlyList<ModelAnswer>> FirstTokensAsync(string context, List<string> choices, CancellationToken stop)
    {
        var alternatives = Alternatives(await endpoint.CompleteAsync(new { model = endpoint.Model, prompt = context, max_tokens = 1, temperature = 0, logprobs = Most, seed = endpoint.Seed }, stop));
        var best = alternatives.Values.DefaultIfEmpty(double.NegativeInfinity).Max();
        return [.. choices.Select(choice =>
        {
            // The longest token that the choice begins with; some servers drop the blank before a word.
            var value = alternatives.Where(pair => pair.Key.Length > 0 && (choice.StartsWith(pair.Key, StringComparison.Ordinal) || choice.TrimStart().StartsWith(pair.Key, StringComparison.Ordinal)))
                .OrderByDescending(pair => pair.Key.Length).Select(pair => (double?)pair.Value).FirstOrDefault() ?? double.NegativeInfinity;
            return new LikelihoodAnswer(value, value == best && !double.IsNegativeInfinity(value));
        })];
    }

    /// <summary>Tokens and log-probabilities of the first generated token, in the shape of completions or of conversations (llama.cpp answers with the latter).</summary>
    internal static Dictionary<string, double> Alternatives(JsonElement answer)
    {
        var choice = HttpAdapter.Choices(answer, 1)[0];
        if (!choice.TryGetProperty("logprobs", out var logprobs) || logprobs.ValueKind != JsonValueKind.Object) throw PromptScores.Lie("a choice has no 'logprobs'");
        var result = new Dictionary<string, double>(StringComparer.Ordinal);
        if (logprobs.TryGetProperty("content", out var content) && content.ValueKind == JsonValueKind.Array && content.GetArrayLength() > 0)
        {
            foreach (var item in content[0].GetProperty("top_logprobs").EnumerateArray())
                if (PromptScores.Number(item.GetProperty("logprob")) is { } value) result.TryAdd(item.GetProperty("token").GetString() ?? "", value);
        }
        else if (logprobs.TryGetProperty("top_logprobs", out var tops) && tops.ValueKind == JsonValueKind.Array && tops.GetArrayLength() > 0 && tops[0].ValueKind == JsonValueKind.Object)
        {
            foreach (var item in tops[0].EnumerateObject())
                if (PromptScores.Number(item.Value) is { } value) result.TryAdd(item.Name, value);
        }
        return result;
    }

    async Task<IReadOnlyList<ModelAnswer>> AnswerAsync(string context, List<string> choices, CancellationToken stop)
    {
        var longest = choices.Max(choice => choice.Length);
        var text = ((TextAnswer)await endpoint.GenerateAsync(new(context, [], Math.Max(16, longest)), stop)).Text;
        var found = FindChoice(text, choices);
        return [.. choices.Select((_, i) => new LikelihoodAnswer(i == found ? 0 : double.NegativeInfinity, i == found))];
    }

    /// <summary>The choice that the answer begins with, else the only one that it names; −1 when there is none.</summary>
    internal static int FindChoice(string text, IReadOnlyList<string> choices)
    {
        var answer = text.Trim().TrimStart('(', '"', '\'', '*').TrimStart();
        var plain = choices.Select(choice => choice.Trim()).ToList();
        var begins = plain.Index().Where(pair => pair.Item.Length > 0 && IsWordAt(answer, 0, pair.Item)).OrderByDescending(pair => pair.Item.Length).ToList();
        if (begins.Count > 0) return begins[0].Index;
        var named = plain.Index().Where(pair => pair.Item.Length > 0 && Places(answer, pair.Item).Any(at => IsWordAt(answer, at, pair.Item))).ToList();
        return named.Count == 1 ? named[0].Index : -1;
    }

    static IEnumerable<int> Places(string text, string choice)
    {
        for (var at = text.IndexOf(choice, StringComparison.OrdinalIgnoreCase); at >= 0; at = text.IndexOf(choice, at + 1, StringComparison.OrdinalIgnoreCase)) yield return at;
    }

    static bool IsWordAt(string text, int at, string choice) =>
        // A single letter must be written as it is: "a" is a word, "A" an answer.
        string.Compare(text, at, choice, 0, choice.Length, choice.Length == 1 ? StringComparison.Ordinal : StringComparison.OrdinalIgnoreCase) == 0
        && (at == 0 || !char.IsLetterOrDigit(text[at - 1])) && (at + choice.Length >= text.Length || !char.IsLetterOrDigit(text[at + choice.Length]));
}
