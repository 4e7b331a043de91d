namespace ModelZoo.Evaluation.Metrics;

/// <summary>Windows over a long text in which every token is predicted exactly once, as lm-evaluation-harness cuts them.</summary>
public static class RollingWindows
{
    /// <summary>Tokens to read, and tokens to predict after them.</summary>
    public readonly record struct Window(int[] Context, int[] Predicted);

    /// <param name="prefix">Stands before the first token: beginning or end of text.</param>
    /// <param name="maxLength">Most tokens that the model reads at once.</param>
    /// <param name="contextLength">Least tokens of history from the second window on.</param>
    public static IEnumerable<Window> Of(ReadOnlyMemory<int> tokens, int prefix, int maxLength, int contextLength)
    {
        if (contextLength < 1 || contextLength > maxLength) throw new EvaluationException($"A context of {contextLength} tokens does not fit windows of {maxLength}.");
        return Cut(tokens, prefix, maxLength, maxLength - contextLength + 1);
    }

    static IEnumerable<Window> Cut(ReadOnlyMemory<int> tokens, int prefix, int maxLength, int step)
    {
        if (tokens.Length == 0) yield break;
        var done = Math.Min(maxLength, tokens.Length);
        yield return new([prefix], tokens[..done].ToArray());
        while (done < tokens.Length)
        {
            var predicted = Math.Min(tokens.Length - done, step);
            var end = done + predicted;
            // As much history as fits: the model reads all but the last token that it predicts.
            yield return new(tokens[(end - maxLength - 1)..(end - predicted)].ToArray(), tokens[done..end].ToArray());
            done = end;
        }
    }
}
