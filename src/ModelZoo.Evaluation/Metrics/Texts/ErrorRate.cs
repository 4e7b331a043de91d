namespace ModelZoo.Evaluation.Metrics.Texts;

/// <summary>Word and character error rate: all edits over the length of all references; can exceed 1. Characters include blanks.</summary>
public static class ErrorRate
{
    /// <summary>Edits to the nearest reference and its length, in words.</summary>
    internal static (int Edits, int Length) Words(string hypothesis, IReadOnlyList<string> references)
    {
        var numbers = new WordNumbers();
        var words = numbers.Of(PythonText.Split(hypothesis));
        return Nearest(references, reference => numbers.Of(PythonText.Split(reference)), words);
    }

    internal static (int Edits, int Length) Characters(string hypothesis, IReadOnlyList<string> references) =>
        Nearest(references, reference => PythonText.CodePoints(reference), PythonText.CodePoints(hypothesis));

    static (int Edits, int Length) Nearest(IReadOnlyList<string> references, Func<string, int[]> read, int[] hypothesis)
    {
        var best = (Edits: 0, Length: 0);
        for (var i = 0; i < references.Count; i++)
        {
            var wanted = read(references[i]);
            var edits = EditDistance.Of(hypothesis, wanted);
            if (i == 0 || edits < best.Edits) best = (edits, wanted.Length);
        }
        return best;
    }
}
