namespace ModelZoo.Evaluation.Metrics;

/// <summary>Tags of the tokens of a text: single tags, and the entities that B-, I-, E-, S- tags spell out (as CoNLL's script and seqeval read them).</summary>
static class Tags
{
    /// <summary>Tokens, and those whose tag is right.</summary>
    public static (long Right, long Tokens) Tokens(TagOutcome outcome)
    {
        var right = 0L;
        for (var i = 0; i < outcome.Labels.Count; i++)
            if (i < outcome.Predictions.Count && outcome.Predictions[i] == outcome.Labels[i]) right++;
        return (right, outcome.Labels.Count);
    }

    /// <summary>Entities right, predicted and true.</summary>
    public static (long Right, long Predicted, long True) Entities(TagOutcome outcome)
    {
        var labels = Read(outcome.Labels);
        var predictions = Read(outcome.Predictions);
        var right = predictions.Count(labels.Contains);
        return (right, predictions.Count, labels.Count);
    }

    static HashSet<(int From, int To, string Kind)> Read(IReadOnlyList<string> tags)
    {
        var found = new HashSet<(int, int, string)>();
        var (from, last, lastKind) = (0, 'O', "");
        for (var i = 0; i <= tags.Count; i++)
        {
            var tag = i < tags.Count ? tags[i] : "O";
            var (mark, kind) = (tag.Length > 0 ? tag[0] : 'O', tag.Length > 2 && tag[1] == '-' ? tag[2..] : tag.Length > 1 ? tag[1..] : "_");
            if (mark is not ('B' or 'I' or 'E' or 'S' or 'O')) throw new EvaluationException($"The tag '{tag}' is none of B-, I-, E-, S- or O.");
            var ends = last is 'E' or 'S' || (last is 'B' or 'I' && (mark is 'B' or 'S' or 'O' || kind != lastKind));
            if (last != 'O' && ends) found.Add((from, i - 1, lastKind));
            var begins = mark is 'B' or 'S' || (mark is 'E' or 'I' && (last is 'E' or 'S' or 'O' || kind != lastKind));
            if (begins) from = i;
            (last, lastKind) = (mark, kind);
        }
        return found;
    }
}
