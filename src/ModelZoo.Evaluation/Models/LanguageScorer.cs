using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using ModelZoo.Evaluation.Requests;
using ModelZoo.Inference.Generation;

namespace ModelZoo.Evaluation.Models;

/// <summary>
/// Likelihoods and texts of a language model in this process. A context is read once for all its continuations, and a beginning that all contexts of a
/// stretch share (description and examples) once for all of them. Which parts are read together depends on the stretch alone, so bits do too.
/// </summary>
sealed class LanguageScorer(LanguageModel model, long seed) : IDisposable
{
    /// <summary>A shorter shared beginning is not worth a run of its own.</summary>
    const int LeastPrefix = 16;

    DecodingState? _prefix;

    public void Prepare(IReadOnlyList<ModelRequest> requests, CancellationToken stop)
    {
        _prefix?.Dispose();
        _prefix = null;
        if (!model.HasCache) return;
        var contexts = requests.OfType<LikelihoodRequest>().Select(request => request.Context).Distinct(StringComparer.Ordinal).ToList();
        if (contexts.Count < 2) return;
        // Tokens are looked at only where the texts share enough for it to matter.
        var shared = contexts.Aggregate((a, b) => a[..a.AsSpan().CommonPrefixLength(b)]);
        if (shared.Length < LeastPrefix) return;
        var tokens = contexts.Select(context => model.Encode(context, "").Context).ToList();
        var count = tokens.Aggregate(tokens[0].Count, (most, other) => Math.Min(most, tokens[0].Take(most).Zip(other).TakeWhile(pair => pair.First == pair.Second).Count()));
        count = Math.Min(count, tokens.Min(context => context.Count) - 1);
        if (count < LeastPrefix || count > model.MaxLength / 2) return;
        _prefix = model.Begin();
        model.Advance(_prefix, [.. tokens[0].Take(count)], stop);
    }

    public IReadOnlyList<ModelAnswer> Score(IReadOnlyList<ModelRequest> requests, CancellationToken stop)
    {
        var answers = new ModelAnswer[requests.Count];
        foreach (var group in requests.Cast<LikelihoodRequest>().Index().GroupBy(pair => pair.Item.Context, StringComparer.Ordinal))
        {
            var items = group.Select(pair => (pair.Index, Tokens: model.Encode(pair.Item.Context, pair.Item.Continuation))).ToList();
            var context = items[0].Tokens.Context;
            var prefix = _prefix is { } read && context.Count > read.Length && context.Take(read.Length).SequenceEqual(read.Tokens) ? read : null;
            var scores = model.Score(context, [.. items.Select(item => (IReadOnlyList<int>)item.Tokens.Continuation)], prefix, stop);
            for (var i = 0; i < items.Count; i++) answers[items[i].Index] = new LikelihoodAnswer(scores[i].LogLikelihood, scores[i].IsGreedy) { IsCut = scores[i].IsCut };
        }
        return answers;
    }

    public ModelAnswer Answer(ModelRequest request, CancellationToken stop)
    {
        if (request is RollingRequest rolling)
        {
            var tokens = model.Tokenizer.EncodeIds(rolling.Text);
            return new RollingAnswer(model.ScoreRolling(tokens, stop), tokens.Count);
        }
        var generation = (GenerationRequest)request;
        var ids = model.Tokenizer.EncodeIds(generation.Context);
        var most = Math.Clamp(generation.MaxTokens, 1, Math.Max(1, model.MaxLength - 1));
        // The end of a prompt that is too long, with room left for the answer.
        var isCut = ids.Count > model.MaxLength - most;
        if (isCut) ids = ids.GetRange(ids.Count - Math.Max(1, model.MaxLength - most), Math.Max(1, model.MaxLength - most));
        var name = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(generation.Context)).AsSpan(0, 16));
        var settings = new GenerationSettings
        {
            MaxNewTokens = most, Temperature = generation.Temperature, TopP = generation.TopP, TopK = generation.TopK, Stops = [.. generation.Until.Where(text => text.Length > 0)], Seed = seed,
            Stream = string.Create(CultureInfo.InvariantCulture, $"{name}/{generation.Sample}"),
        };
        return new TextAnswer(model.Generate(ids.Count == 0 ? [model.Start] : ids, settings, stop).Text) { IsCut = isCut };
    }

    public void Dispose() => _prefix?.Dispose();
}
