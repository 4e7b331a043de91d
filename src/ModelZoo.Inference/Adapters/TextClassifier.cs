using ModelZoo.Inference.Runtime;

namespace ModelZoo.Inference.Adapters;

/// <summary>Puts texts, or pairs of them, into classes.</summary>
public sealed class TextClassifier(TextRunner runner, IReadOnlyList<string> labels, ScoreKind kind = ScoreKind.Logits)
{
    readonly string _output = runner.RequireOutput("logits", runner.Session.Outputs[0].Name);

    public IReadOnlyList<string> Labels { get; } = labels;

    public ScoreKind Kind => kind;

    public LabelScore[] Classify(string text, int best, CancellationToken stop) => Scores.Best(Scores.ToProbabilities(Score([(text, null)], stop)[0], kind), Labels, best);

    /// <summary>The model's own numbers for each text.</summary>
    public float[][] Score(IReadOnlyList<(string First, string? Second)> texts, CancellationToken stop)
    {
        if (texts.Count == 0) return [];
        using var outputs = runner.Run(runner.Encode(texts), _output, stop);
        return Rows(outputs[0], texts.Count);
    }

    internal static float[][] Rows(Tensor tensor, int rows)
    {
        var numbers = tensor.ToFloats();
        var each = numbers.Length / rows;
        return [.. Enumerable.Range(0, rows).Select(row => numbers[(row * each)..((row + 1) * each)])];
    }
}

/// <summary>A part of a text with its class.</summary>
/// <param name="Start">First character; <paramref name="End"/> is the one after the last.</param>
public sealed record LabelledSpan(string Label, float Score, int Start, int End, string Text);

/// <summary>Puts the tokens of a text into classes; neighbours of one entity (<c>B-</c> and <c>I-</c> labels) are joined.</summary>
public sealed class TokenClassifier(TextRunner runner, IReadOnlyList<string> labels)
{
    readonly string _output = runner.RequireOutput("logits", runner.Session.Outputs[0].Name);

    /// <param name="outside">The label of tokens that are in no entity.</param>
    public IReadOnlyList<LabelledSpan> Classify(string text, CancellationToken stop, string outside = "O")
    {
        var batch = runner.Encode([(text, null)]);
        using var outputs = runner.Run(batch, _output, stop);
        var (numbers, sequence) = (outputs[0].ToFloats(), batch[0]);
        var classes = numbers.Length / sequence.Length;
        var spans = new List<LabelledSpan>();
        var counts = new List<int>();
        for (var t = 0; t < sequence.Length; t++)
        {
            if (sequence.SpecialMask[t] != 0 || sequence.Offsets[t].End == sequence.Offsets[t].Start) continue;
            var probabilities = Scores.ToProbabilities(numbers.AsSpan(t * classes, classes), ScoreKind.Logits);
            var best = Scores.ArgMax(probabilities);
            var label = Scores.LabelOf(labels, best);
            if (label == outside) continue;
            var (start, end) = sequence.Offsets[t];
            var (isInside, name) = (label.StartsWith("I-", StringComparison.Ordinal), label is ['B' or 'I', '-', ..] ? label[2..] : label);
            // Nothing but white space may lie between the parts of one entity.
            if (spans.Count > 0 && spans[^1].Label == name && (isInside || start == spans[^1].End) && text.AsSpan(spans[^1].End, start - spans[^1].End).IsWhiteSpace())
            {
                var last = spans[^1];
                spans[^1] = last with { End = end, Text = text[last.Start..end], Score = ((last.Score * counts[^1]) + probabilities[best]) / (counts[^1] + 1) };
                counts[^1]++;
            }
            else
            {
                spans.Add(new(name, probabilities[best], start, end, text[start..end]));
                counts.Add(1);
            }
        }
        return spans;
    }

    /// <summary>The class of each word: that of its first token, as models are trained. Words behind the end of what fits get the class of number 0.</summary>
    public string[] ClassifyWords(IReadOnlyList<string> words, CancellationToken stop)
    {
        var text = string.Join(' ', words);
        var batch = runner.Encode([(text, null)]);
        using var outputs = runner.Run(batch, _output, stop);
        var (numbers, sequence) = (outputs[0].ToFloats(), batch[0]);
        var classes = numbers.Length / sequence.Length;
        var (result, start, t) = (new string[words.Count], 0, 0);
        for (var w = 0; w < result.Length; start += words[w++].Length + 1)
        {
            while (t < sequence.Length && (sequence.SpecialMask[t] != 0 || sequence.Offsets[t].End <= start)) t++;
            result[w] = Scores.LabelOf(labels, t < sequence.Length && words[w].Length > 0 ? Scores.ArgMax(numbers.AsSpan(t * classes, classes)) : 0);
        }
        return result;
    }
}

/// <summary>Finds words for a gap in a text.</summary>
public sealed class MaskFiller
{
    readonly TextRunner _runner;
    readonly string _output;
    readonly int _mask;

    public MaskFiller(TextRunner runner, string mask = "[MASK]")
    {
        (_runner, _output, Mask) = (runner, runner.RequireOutput("logits", runner.Session.Outputs[0].Name), mask);
        _mask = runner.Tokenizer.FindId(mask) ?? throw new InferenceException(InferenceFault.Model, $"The vocabulary has no '{mask}'.");
    }

    public string Mask { get; }

    /// <summary>The best tokens for every gap of the text, from left to right.</summary>
    public LabelScore[][] Fill(string text, int best, CancellationToken stop)
    {
        var batch = _runner.Encode([(text, null)]);
        if (!batch[0].Ids.Contains(_mask)) throw new InferenceException(InferenceFault.Input, $"The text has no gap '{Mask}'.");
        using var outputs = _runner.Run(batch, _output, stop);
        var numbers = outputs[0].ToFloats();
        var size = numbers.Length / batch[0].Length;
        return [.. batch[0].Ids.Select((id, t) => (id, t)).Where(pair => pair.id == _mask).Select(pair => Best(numbers.AsSpan(pair.t * size, size), best))];
    }

    LabelScore[] Best(ReadOnlySpan<float> logits, int best) =>
        [.. Scores.Best(Scores.ToProbabilities(logits, ScoreKind.Logits), [], best).Select(score => score with { Label = _runner.Tokenizer.Decode([score.Index], skipsSpecial: false) })];
}
