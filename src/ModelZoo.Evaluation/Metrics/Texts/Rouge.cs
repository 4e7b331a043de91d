namespace ModelZoo.Evaluation.Metrics.Texts;

/// <summary>ROUGE as the rouge_score package computes it: tokens are lower-case runs of a to z and 0 to 9, optionally stemmed.</summary>
/// <remarks>C.-Y. Lin 2004.</remarks>
public sealed class Rouge(bool stemmer = false)
{
    /// <summary>Most cells of a table of two sentences whose union is wanted; longer pairs are refused rather than waited for.</summary>
    const long MaxCells = 1L << 26;

    public readonly record struct Score(double Precision, double Recall, double F1);

    /// <summary>Overlap of n-grams.</summary>
    public Score N(string prediction, string reference, int n)
    {
        var numbers = new WordNumbers();
        var (found, wanted) = (NGrams.Of(numbers.Of(Tokens(prediction)), n, 32), NGrams.Of(numbers.Of(Tokens(reference)), n, 32));
        return Of(found.Shared(wanted), found.Total, wanted.Total);
    }

    /// <summary>Longest common subsequence.</summary>
    public Score L(string prediction, string reference)
    {
        var numbers = new WordNumbers();
        var (found, wanted) = (numbers.Of(Tokens(prediction)), numbers.Of(Tokens(reference)));
        return Of(EditDistance.CommonLength(found, wanted), found.Length, wanted.Length);
    }

    /// <summary>Sentence by sentence (lines): words of a reference sentence that lie on a longest common subsequence with any predicted one.</summary>
    public Score Lsum(string prediction, string reference)
    {
        var numbers = new WordNumbers();
        var (found, wanted) = (Sentences(prediction, numbers), Sentences(reference, numbers));
        var (foundWords, wantedWords) = (found.Sum(sentence => sentence.Length), wanted.Sum(sentence => sentence.Length));
        if (foundWords == 0 || wantedWords == 0) return default;
        if ((long)foundWords * wantedWords > MaxCells) throw new EvaluationException($"ROUGE-Lsum of texts of {foundWords} and {wantedWords} words is not computed.");
        var (left, wantedLeft) = (Counts(found), Counts(wanted));
        var hits = 0;
        foreach (var sentence in wanted)
        {
            var union = new bool[sentence.Length];
            foreach (var other in found) Mark(sentence, other, union);
            for (var i = 0; i < sentence.Length; i++)
            {
                if (!union[i] || left.GetValueOrDefault(sentence[i]) == 0 || wantedLeft[sentence[i]] == 0) continue;
                hits++;
                left[sentence[i]]--;
                wantedLeft[sentence[i]]--;
            }
        }
        return Of(hits, foundWords, wantedWords);
    }

    static Score Of(int hits, int found, int wanted)
    {
        if (found == 0 || wanted == 0) return default;
        var (precision, recall) = ((double)hits / found, (double)hits / wanted);
        return new(precision, recall, precision + recall > 0 ? 2 * precision * recall / (precision + recall) : 0);
    }

    List<int[]> Sentences(string text, WordNumbers numbers) =>
        [.. text.Split('\n').Where(line => line.Length > 0).Select(line => numbers.Of(Tokens(line)))];

    static Dictionary<int, int> Counts(List<int[]> sentences)
    {
        var counts = new Dictionary<int, int>();
        foreach (var sentence in sentences)
            foreach (var word in sentence) counts[word] = counts.GetValueOrDefault(word) + 1;
        return counts;
    }

    /// <summary>Marks the words of one longest common subsequence, the one that walking back from the end finds when it prefers to drop words of the other text.</summary>
    static void Mark(int[] sentence, int[] other, bool[] union)
    {
        var (rows, columns) = (sentence.Length, other.Length + 1);
        var table = new int[(rows + 1) * columns];
        for (var i = 1; i <= rows; i++)
            for (var j = 1; j < columns; j++)
                table[i * columns + j] = sentence[i - 1] == other[j - 1]
                    ? table[(i - 1) * columns + j - 1] + 1 : Math.Max(table[(i - 1) * columns + j], table[i * columns + j - 1]);
        for (var (i, j) = (rows, columns - 1); i > 0 && j > 0;)
        {
            if (sentence[i - 1] == other[j - 1])
            {
                union[i - 1] = true;
                (i, j) = (i - 1, j - 1);
            }
            else if (table[i * columns + j - 1] > table[(i - 1) * columns + j]) j--;
            else i--;
        }
    }

    List<string> Tokens(string text)
    {
        var words = new List<string>();
        var lower = text.ToLowerInvariant();
        for (var at = 0; at < lower.Length;)
        {
            while (at < lower.Length && !IsWord(lower[at])) at++;
            var from = at;
            while (at < lower.Length && IsWord(lower[at])) at++;
            if (at == from) continue;
            var word = lower[from..at];
            words.Add(stemmer && word.Length > 3 ? PorterStemmer.Stem(word) : word);
        }
        return words;
    }

    static bool IsWord(char c) => c is >= 'a' and <= 'z' or >= '0' and <= '9';
}
