using System.Globalization;
using ModelZoo.Inference.Adapters;
using ModelZoo.Inference.Runtime;
using ModelZoo.Inference.Tokenizers;

namespace ModelZoo.Inference.Generation;

/// <summary>Log-likelihood of a continuation.</summary>
/// <param name="Tokens">How many were scored.</param>
/// <param name="IsCut">The continuation alone was too long; only its end was scored.</param>
public readonly record struct Likelihood(double LogLikelihood, bool IsGreedy, int Tokens, bool IsCut);

/// <summary>
/// A causal language model: <c>input_ids</c>, and where it takes them <c>attention_mask</c>, <c>position_ids</c> and keys and values of what went before
/// (<c>past_key_values.{i}.{key,value}</c>, Optimum's naming); gives <c>logits</c> and <c>present.{i}.{key,value}</c>.
/// </summary>
public sealed class LanguageModel
{
    const string Past = "past_key_values.", Present = "present.";

    readonly OnnxSession _session;
    readonly (string Past, string Present)[] _caches;

    /// <param name="maxLength">Tokens of context that the model was trained for.</param>
    /// <param name="start">The token that stands for an empty context: the beginning, or else the end, of a sequence.</param>
    public LanguageModel(OnnxSession session, Tokenizer tokenizer, int maxLength, int start, IReadOnlyList<int> ends)
    {
        (_session, Tokenizer, MaxLength, Start, Ends) = (session, tokenizer, maxLength, start, ends);
        if (session.FindInput("input_ids") is null || session.FindOutput("logits") is null)
            throw new InferenceException(InferenceFault.Model, $"This is no language model: it takes {string.Join(", ", session.Inputs)} and gives {string.Join(", ", session.Outputs.Select(port => port.Name))}.");
        _caches = [.. session.Inputs.Where(port => port.Name.StartsWith(Past, StringComparison.Ordinal)).Select(port => (port.Name, Present + port.Name[Past.Length..]))];
        foreach (var port in session.Inputs)
            if (!port.Name.StartsWith(Past, StringComparison.Ordinal) && port.Name is not ("input_ids" or "attention_mask" or "position_ids"))
                throw new InferenceException(InferenceFault.Model, $"The model wants '{port.Name}', which is not made from tokens.");
        foreach (var (past, present) in _caches)
            if (session.FindOutput(present) is null || session.FindInput(past) is not { Rank: 4, Shape: [_, > 0, _, > 0] }) throw new InferenceException(InferenceFault.Model, $"'{past}' is not of a shape [batch, heads, past, width], or '{present}' is missing.");
    }

    public Tokenizer Tokenizer { get; }

    public int MaxLength { get; }

    public int Start { get; }

    public IReadOnlyList<int> Ends { get; }

    public bool HasCache => _caches.Length > 0;

    /// <summary>An empty context. With a cache in the model, continuing costs only the new tokens.</summary>
    public DecodingState Begin()
    {
        var tensors = new Tensor[_caches.Length];
        for (var i = 0; i < tensors.Length; i++)
        {
            var port = _session.FindInput(_caches[i].Past)!;
            tensors[i] = NumberTensor.Of(Array.Empty<float>(), port.Type, [1, port.Shape[1], 0, port.Shape[3]]);
        }
        return new(tensors);
    }

    /// <summary>Logits after each of the new tokens, [tokens, vocabulary]; the state then holds them too.</summary>
    public float[] Advance(DecodingState state, ReadOnlySpan<int> tokens, CancellationToken stop) => Advance(state, tokens, tokens.Length, out _, stop);

    internal float[] Advance(DecodingState state, ReadOnlySpan<int> tokens, out int vocabulary, CancellationToken stop) => Advance(state, tokens, tokens.Length, out vocabulary, stop);

    /// <param name="rows">Only the logits after the last so many tokens are copied out: for a long text and a large vocabulary they are most of the memory.</param>
    float[] Advance(DecodingState state, ReadOnlySpan<int> tokens, int rows, out int vocabulary, CancellationToken stop)
    {
        if (tokens.IsEmpty) throw new InferenceException(InferenceFault.Input, "There are no tokens to read.");
        if (state.Length + tokens.Length > MaxLength) throw new InferenceException(InferenceFault.Limit, $"{state.Length + tokens.Length} tokens are more than the {MaxLength} that the model reads.");
        var before = state.Length;
        state.Add(tokens);
        // Without a cache everything is computed again.
        var (first, count) = HasCache ? (before, tokens.Length) : (0, state.Length);
        var inputs = new (string, Tensor)[_session.Inputs.Count];
        var own = new List<Tensor>();
        try
        {
            for (var i = 0; i < inputs.Length; i++) inputs[i] = (_session.Inputs[i].Name, InputOf(_session.Inputs[i], state, first, count, own));
            var outputs = _session.Run(inputs, ["logits", .. _caches.Select(cache => cache.Present)], stop);
            using (outputs)
            {
                for (var i = 0; i < _caches.Length; i++) state.Replace(i, outputs.Take(_caches[i].Present));
                vocabulary = (int)outputs[0].Shape[^1];
                var wanted = rows * vocabulary;
                return outputs[0].Type == ElementType.Float ? outputs[0].Span<float>()[^wanted..].ToArray() : outputs[0].ToFloats()[^wanted..];
            }
        }
        finally
        {
            foreach (var tensor in own) tensor.Dispose();
        }
    }

    Tensor InputOf(Port port, DecodingState state, int first, int count, List<Tensor> own)
    {
        for (var i = 0; i < _caches.Length; i++)
            if (_caches[i].Past == port.Name) return state.Caches[i];
        var numbers = port.Name switch
        {
            "input_ids" => [.. state.Tokens.Skip(first).Select(id => (long)id)],
            "attention_mask" => [.. Enumerable.Repeat(1L, first + count)],
            _ => Enumerable.Range(first, count).Select(position => (long)position).ToArray(),
        };
        var tensor = NumberTensor.Of(numbers, port.Type, [1, numbers.Length]);
        own.Add(tensor);
        return tensor;
    }

    /// <summary>
    /// How likely a text is to follow another. White space at the end of the context is scored with the continuation, and both are split into tokens
    /// together, as lm-evaluation-harness does.
    /// </summary>
    public Likelihood Score(string context, string continuation, CancellationToken stop)
    {
        var (first, rest) = Encode(context, continuation);
        return Score(first, rest, stop);
    }

    /// <summary>Σ log p(cᵢ | context, c₁ … cᵢ₋₁). A context that is too long loses its beginning.</summary>
    public Likelihood Score(IReadOnlyList<int> context, IReadOnlyList<int> continuation, CancellationToken stop)
    {
        if (continuation.Count == 0) return new(0, true, 0, false);
        if (context.Count == 0) context = [Start];
        var isCut = continuation.Count > MaxLength;
        if (isCut) continuation = [.. continuation.Skip(continuation.Count - MaxLength)];
        var tokens = context.Concat(continuation).ToArray();
        // The last token is only predicted, so one more than the context fits.
        if (tokens.Length > MaxLength + 1) tokens = tokens[^(MaxLength + 1)..];
        using var state = Begin();
        var logits = Advance(state, tokens.AsSpan(..^1), continuation.Count, out var size, stop);
        var (sum, isGreedy) = (0.0, true);
        for (var i = 0; i < continuation.Count; i++)
        {
            var row = logits.AsSpan(i * size, size);
            var id = continuation[i];
            if ((uint)id >= (uint)size) throw new InferenceException(InferenceFault.Input, $"Token {id} is not among the {size} that the model knows.");
            sum += row[id] - Scores.LogSumExp(row);
            isGreedy &= Scores.ArgMax(row) == id;
        }
        return new(sum, isGreedy, continuation.Count, isCut);
    }

    /// <summary>Several continuations of one context, which is read once. Those with which it does not fit are scored by themselves.</summary>
    /// <param name="prefix">What <paramref name="context"/> begins with, read already; it stays as it is.</param>
    public Likelihood[] Score(IReadOnlyList<int> context, IReadOnlyList<IReadOnlyList<int>> continuations, DecodingState? prefix, CancellationToken stop)
    {
        if (context.Count == 0) context = [Start];
        var fits = continuations.Any(continuation => context.Count + continuation.Count - 1 <= MaxLength && continuation.Count > 0);
        if (!fits || !HasCache) return [.. continuations.Select(continuation => Score(context, continuation, stop))];
        using var state = prefix?.Fork() ?? Begin();
        var last = Advance(state, [.. context.Skip(state.Length)], 1, out var size, stop);
        return [.. continuations.Select(continuation => continuation.Count == 0 || context.Count + continuation.Count - 1 > MaxLength ? Score(context, continuation, stop) : Continue(state, last, continuation, size, stop))];
    }

    Likelihood Continue(DecodingState read, float[] last, IReadOnlyList<int> continuation, int size, CancellationToken stop)
    {
        var rest = Array.Empty<float>();
        if (continuation.Count > 1)
        {
            using var state = read.Fork();
            rest = Advance(state, [.. continuation.Take(continuation.Count - 1)], continuation.Count - 1, out _, stop);
        }
        var (sum, isGreedy) = (0.0, true);
        for (var i = 0; i < continuation.Count; i++)
        {
            var row = i == 0 ? last : rest.AsSpan((i - 1) * size, size);
            var id = continuation[i];
            if ((uint)id >= (uint)size) throw new InferenceException(InferenceFault.Input, $"Token {id} is not among the {size} that the model knows.");
            sum += row[id] - Scores.LogSumExp(row);
            isGreedy &= Scores.ArgMax(row) == id;
        }
        return new(sum, isGreedy, continuation.Count, false);
    }

    /// <summary>Splits context and continuation into tokens together, as lm-evaluation-harness does: white space at the end of the context goes to the continuation.</summary>
    public (List<int> Context, List<int> Continuation) Encode(string context, string continuation)
    {
        if (context.Length == 0) return ([Start], Tokenizer.EncodeIds(continuation));
        var trimmed = context.TrimEnd();
        var first = Tokenizer.EncodeIds(trimmed);
        var whole = Tokenizer.EncodeIds(trimmed + context[trimmed.Length..] + continuation);
        return (first.Count == 0 ? [Start] : first, whole.GetRange(Math.Min(first.Count, whole.Count), Math.Max(0, whole.Count - first.Count)));
    }

    /// <summary>
    /// Log-likelihood of a text of any length. Every token is predicted exactly once, in windows: the first after the start token, each further one with as much
    /// before it as fits, but at least <paramref name="overlap"/> tokens.
    /// </summary>
    public double ScoreRolling(IReadOnlyList<int> tokens, CancellationToken stop, int overlap = 1)
    {
        var sum = 0.0;
        for (var predicted = 0; predicted < tokens.Count;)
        {
            var count = Math.Min(tokens.Count - predicted, predicted == 0 ? MaxLength : MaxLength - overlap + 1);
            var end = predicted + count;
            var from = Math.Max(0, end - MaxLength - 1);
            IReadOnlyList<int> context = predicted == 0 ? [Start] : [.. tokens.Skip(from).Take(predicted - from)];
            sum += Score(context, [.. tokens.Skip(predicted).Take(count)], stop).LogLikelihood;
            predicted = end;
        }
        return sum;
    }

    public GenerationResult Generate(string prompt, GenerationSettings settings, CancellationToken stop)
    {
        var ids = Tokenizer.EncodeIds(prompt);
        return Generate(ids.Count == 0 ? [Start] : ids, settings, stop);
    }

    public GenerationResult Generate(IReadOnlyList<int> prompt, GenerationSettings settings, CancellationToken stop)
    {
        var tokens = Stream(prompt, settings, stop).ToList();
        var isEnd = tokens[^1].Finish == FinishReason.Stop && IsEnd(tokens[^1].Id, settings);
        var kept = isEnd ? tokens[..^1] : tokens;
        return new(string.Concat(tokens.Select(token => token.Text)), [.. kept.Select(token => token.Id)], [.. kept.Select(token => token.LogProbability)], tokens[^1].Finish!.Value, prompt.Count);
    }

    /// <summary>Continues a prompt token by token, as they are asked for.</summary>
    public IEnumerable<GeneratedToken> Stream(IReadOnlyList<int> prompt, GenerationSettings settings, CancellationToken stop)
    {
        settings.Validate();
        if (prompt.Count == 0) prompt = [Start];
        if (prompt.Count >= MaxLength) throw new InferenceException(InferenceFault.Limit, $"A prompt of {prompt.Count} tokens leaves no room in a context of {MaxLength}.");
        return Continue([.. prompt], settings, stop);
    }

    IEnumerable<GeneratedToken> Continue(int[] next, GenerationSettings settings, CancellationToken stop)
    {
        using var state = Begin();
        var sampler = new Sampler(settings);
        var text = new TextAssembler(Tokenizer, settings.Stops);
        foreach (var id in next) sampler.Saw(id);
        text.Follow(next[^1]);
        for (var made = 1; ; made++)
        {
            stop.ThrowIfCancellationRequested();
            var row = Advance(state, next, 1, out var size, stop);
            var id = sampler.Choose(row);
            sampler.Made(id);
            var logProbability = row[id] - Scores.LogSumExp(row);
            if (IsEnd(id, settings))
            {
                yield return new(id, text.Finish(), logProbability, FinishReason.Stop);
                yield break;
            }
            var shown = text.Add(id);
            FinishReason? finish = text.IsStopped ? FinishReason.Stop : made == settings.MaxNewTokens || state.Length >= MaxLength ? FinishReason.Length : null;
            if (finish == FinishReason.Length)
            {
                shown += text.Finish();
                if (text.IsStopped) finish = FinishReason.Stop;
            }
            yield return new(id, shown, logProbability, finish);
            if (finish is not null) yield break;
            next = [id];
        }
    }

    internal bool IsEnd(int id, GenerationSettings settings) => (!settings.IgnoresEnd && Ends.Contains(id)) || settings.StopIds.Contains(id);

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"language model of {Tokenizer.VocabularySize} tokens, context {MaxLength}");
}

/// <summary>What a language model has read so far: tokens, and their keys and values. For one sequence and one thread.</summary>
public sealed class DecodingState : IDisposable
{
    readonly List<int> _tokens = [];
    readonly bool[] _isBorrowed;

    internal DecodingState(Tensor[] caches) => (Caches, _isBorrowed) = (caches, new bool[caches.Length]);

    /// <summary>A second state that has read the same and may read on by itself, while this one stays as it is and must outlive it. Nothing is copied.</summary>
    public DecodingState Fork()
    {
        var fork = new DecodingState([.. Caches]);
        Array.Fill(fork._isBorrowed, true);
        fork._tokens.AddRange(_tokens);
        return fork;
    }

    public int Length => _tokens.Count;

    public IReadOnlyList<int> Tokens => _tokens;

    internal Tensor[] Caches { get; }

    internal void Add(ReadOnlySpan<int> tokens)
    {
        foreach (var token in tokens) _tokens.Add(token);
    }

    internal void Replace(int index, Tensor tensor)
    {
        if (!_isBorrowed[index]) Caches[index].Dispose();
        (Caches[index], _isBorrowed[index]) = (tensor, false);
    }

    public void Dispose()
    {
        for (var i = 0; i < Caches.Length; i++)
            if (!_isBorrowed[i]) Caches[i].Dispose();
    }
}
