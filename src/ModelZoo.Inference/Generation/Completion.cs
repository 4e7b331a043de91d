using ModelZoo.Inference.Adapters;

namespace ModelZoo.Inference.Generation;

/// <summary>A token of a prompt or of its continuation, and how likely it was where it stands.</summary>
/// <param name="LogProbability">Null for the first token of a prompt, which nothing stands before.</param>
/// <param name="Best">The most likely tokens there, the best first; empty unless asked for.</param>
public sealed record ScoredToken(int Id, string Text, double? LogProbability, IReadOnlyList<(int Id, string Text, double LogProbability)> Best);

/// <summary>A piece of a continuation as it comes.</summary>
/// <param name="Text">What can be shown now.</param>
/// <param name="Tokens">The tokens since the last piece.</param>
public sealed record CompletionPiece(string Text, IReadOnlyList<ScoredToken> Tokens, FinishReason? Finish);

/// <summary>
/// Continues a prompt as OpenAI-compatible servers do: with likelihoods of the prompt's own tokens where they are asked for (echo), and with none generated when
/// none are asked for.
/// </summary>
public sealed class Completion(LanguageModel model, GenerationSettings settings)
{
    /// <summary>Most alternatives reported for each token.</summary>
    public const int MaxBest = 20;

    /// <summary>How many of the most likely tokens are reported with each token; null: no likelihoods at all.</summary>
    public int? Best { get; init; }

    /// <summary>The prompt is given back, too.</summary>
    public bool Echoes { get; init; }

    /// <summary>Generates nothing: the prompt is only scored.</summary>
    public bool OnlyScores { get; init; }

    public IEnumerable<CompletionPiece> Run(IReadOnlyList<int> prompt, CancellationToken stop)
    {
        settings.Validate();
        if (prompt.Count == 0) prompt = [model.Start];
        if (prompt.Count > model.MaxLength) throw new InferenceException(InferenceFault.Limit, $"A prompt of {prompt.Count} tokens is longer than the model's context of {model.MaxLength}.");
        foreach (var id in prompt)
            if ((uint)id >= (uint)Vocabulary) throw new InferenceException(InferenceFault.Input, $"Token {id} is not among the {Vocabulary} that the model knows.");
        return Walk([.. prompt], stop);
    }

    int Vocabulary => model.Tokenizer.VocabularySize;

    IEnumerable<CompletionPiece> Walk(int[] prompt, CancellationToken stop)
    {
        using var state = model.Begin();
        var logits = model.Advance(state, prompt, out var size, stop);
        var row = logits[^size..];
        if (Echoes)
        {
            var scored = new ScoredToken[prompt.Length];
            for (var i = 0; i < prompt.Length; i++) scored[i] = Score(i == 0 ? null : prompt[i - 1], prompt[i], i == 0 || Best is null ? null : logits.AsSpan((i - 1) * size, size));
            yield return new(model.Tokenizer.Decode(prompt, skipsSpecial: false), scored, OnlyScores ? FinishReason.Length : null);
        }
        else if (OnlyScores) yield return new("", [], FinishReason.Length);
        if (OnlyScores) yield break;
        logits = null!;
        var sampler = new Sampler(settings);
        var text = new TextAssembler(model.Tokenizer, settings.Stops);
        foreach (var id in prompt) sampler.Saw(id);
        text.Follow(prompt[^1]);
        var last = prompt[^1];
        for (var made = 1; ; made++)
        {
            stop.ThrowIfCancellationRequested();
            var id = sampler.Choose(row);
            sampler.Made(id);
            var token = Score(last, id, Best is null ? null : row);
            if (model.IsEnd(id, settings))
            {
                yield return new(text.Finish(), [token], FinishReason.Stop);
                yield break;
            }
            var shown = text.Add(id);
            FinishReason? finish = text.IsStopped ? FinishReason.Stop : made == settings.MaxNewTokens || state.Length >= model.MaxLength ? FinishReason.Length : null;
            if (finish == FinishReason.Length)
            {
                shown += text.Finish();
                if (text.IsStopped) finish = FinishReason.Stop;
            }
            yield return new(shown, [token], finish);
            if (finish is not null) yield break;
            last = id;
            row = model.Advance(state, [id], out size, stop)[^size..];
        }
    }

    /// <summary>A token in the words that it has behind the one before it: blanks belong to the words they lead.</summary>
    ScoredToken Score(int? before, int id, ReadOnlySpan<float> logits)
    {
        if (logits.IsEmpty) return new(id, TextOf(before, id), null, []);
        var sum = Scores.LogSumExp(logits);
        if (!double.IsFinite(sum)) throw new InferenceException(InferenceFault.Execution, "The model's output is not a number for any token.");
        var best = new List<(int, string, double)>();
        foreach (var (index, _, score) in Top(logits, Best ?? 0)) best.Add((index, TextOf(before, index), score - sum));
        return new(id, TextOf(before, id), (uint)id < (uint)logits.Length ? logits[id] - sum : throw new InferenceException(InferenceFault.Input, $"Token {id} is not among the {logits.Length} that the model knows."), best);
    }

    /// <summary>The first of equals stays first, as the sampler takes it.</summary>
    static List<(int Index, int Rank, double Score)> Top(ReadOnlySpan<float> logits, int count)
    {
        var top = new List<(int, int, double)>(count + 1);
        for (var i = 0; i < logits.Length && count > 0; i++)
        {
            if (float.IsNaN(logits[i]) || (top.Count == count && logits[i] <= top[^1].Item3)) continue;
            var at = top.Count;
            while (at > 0 && logits[i] > top[at - 1].Item3) at--;
            top.Insert(at, (i, 0, logits[i]));
            if (top.Count > count) top.RemoveAt(count);
        }
        return top;
    }

    string TextOf(int? before, int id)
    {
        if (before is { } other)
        {
            var (alone, both) = (model.Tokenizer.Decode([other], skipsSpecial: false), model.Tokenizer.Decode([other, id], skipsSpecial: false));
            if (both.Length > alone.Length && both.StartsWith(alone, StringComparison.Ordinal)) return both[alone.Length..];
        }
        return model.Tokenizer.Decode([id], skipsSpecial: false);
    }
}
