using ModelZoo.Evaluation.Data;
using ModelZoo.Evaluation.Statistics;
using ModelZoo.Evaluation.Tasks;

namespace ModelZoo.Evaluation.Prompts;

/// <summary>
/// Chooses the examples of each prompt as lm-evaluation-harness does (api/samplers.py). The default sampler is one stream of CPython's generator that each
/// measured document, in order, draws from; so the draws are made in that order whichever document is asked for first.
/// </summary>
sealed class FewshotSampler
{
    readonly IReadOnlyList<Document> _pool;
    readonly int _count;
    readonly bool _isFirst, _leavesOut;
    readonly PythonRandom _random;
    readonly List<int[]> _draws = [];
    readonly Lock _drawing = new();

    /// <param name="leavesOut">Examples come from the measured split: one more is drawn, and the document itself left out.</param>
    public FewshotSampler(FewshotConfig config, IReadOnlyList<Document> pool, int count, int seed, bool leavesOut)
    {
        _pool = config.Indices is { } indices ? [.. indices.Select(index => index < pool.Count ? pool[index] : throw new EvaluationException($"fewshot_indices: there is no example {index}; the split has {pool.Count}."))] : pool;
        (_count, _isFirst, _leavesOut, _random) = (count, config.Sampler == "first_n", leavesOut, new PythonRandom(seed));
        var needed = leavesOut && !_isFirst ? count + 1 : count;
        if (_pool.Count < needed) throw new EvaluationException($"{count} examples are asked for, and there are {_pool.Count} to choose from.");
    }

    public IReadOnlyList<Document> ExamplesFor(Document document)
    {
        var candidates = _isFirst ? _pool : [.. Draw(document.Index).Select(index => _pool[index])];
        var chosen = (_leavesOut ? candidates.Where(candidate => !AreEqual(candidate.Fields, document.Fields)) : candidates).Take(_count).ToList();
        return chosen.Count == _count ? chosen : throw new EvaluationException($"Document {document.Id} equals several of its examples, so too few are left.");
    }

    int[] Draw(int place)
    {
        lock (_drawing)
        {
            while (_draws.Count <= place) _draws.Add(_random.Sample(_pool.Count, _leavesOut ? _count + 1 : _count));
            return _draws[place];
        }
    }

    /// <summary>By value, as Python compares dictionaries.</summary>
    static bool AreEqual(object? a, object? b) => (a, b) switch
    {
        (IReadOnlyDictionary<string, object?> x, IReadOnlyDictionary<string, object?> y) => ReferenceEquals(x, y) || (x.Count == y.Count && x.All(pair => y.TryGetValue(pair.Key, out var other) && AreEqual(pair.Value, other))),
        (IReadOnlyList<object?> x, IReadOnlyList<object?> y) => x.Count == y.Count && x.Zip(y).All(pair => AreEqual(pair.First, pair.Second)),
        (ReadOnlyMemory<byte> x, ReadOnlyMemory<byte> y) => x.Span.SequenceEqual(y.Span),
        (NumberArray x, NumberArray y) => x.Shape.SequenceEqual(y.Shape) && x.Values.Span.SequenceEqual(y.Values.Span),
        (long x, double y) => x == y,
        (double x, long y) => x == y,
        _ => Equals(a, b),
    };
}
