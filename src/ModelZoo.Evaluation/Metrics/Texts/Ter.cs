namespace ModelZoo.Evaluation.Metrics.Texts;

/// <summary>Translation edit rate as sacreBLEU's port of Tercom computes it: edits and shifts of word runs over the mean reference length. 0 and up, in percent.</summary>
/// <remarks>M. Snover et al. 2006. Shifts are searched greedily: at most ten words, fifty places away, a thousand tried.</remarks>
public sealed class Ter(bool caseSensitive = false)
{
    const int MaxShiftSize = 10, MaxShiftDistance = 50, MaxCandidates = 1000;

    public double Corpus(IReadOnlyList<string> hypotheses, IReadOnlyList<IReadOnlyList<string>> references)
    {
        if (hypotheses.Count == 0 || hypotheses.Count != references.Count) throw new EvaluationException("Hypotheses and references must be as many, and some.");
        var (edits, length) = (0.0, 0.0);
        Span<double> own = stackalloc double[2];
        for (var i = 0; i < hypotheses.Count; i++)
        {
            Count(hypotheses[i], references[i], own);
            (edits, length) = (edits + own[0], length + own[1]);
        }
        return Final([edits, length]);
    }

    internal static double Final(double[] sums) => sums[1] > 0 ? 100 * sums[0] / sums[1] : sums[0] > 0 ? 100 : 0;

    /// <summary>Fewest edits over the references, and the references' mean length.</summary>
    internal void Count(string hypothesis, IReadOnlyList<string> references, Span<double> into)
    {
        var numbers = new WordNumbers();
        var words = Words(hypothesis, numbers);
        var (edits, lengths) = (int.MaxValue, 0L);
        foreach (var reference in references)
        {
            var wanted = Words(reference, numbers);
            lengths += wanted.Length;
            edits = Math.Min(edits, Edits(words, wanted));
        }
        (into[0], into[1]) = (edits, (double)lengths / references.Count);
    }

    int[] Words(string text, WordNumbers numbers) => numbers.Of(PythonText.Split(caseSensitive ? text : text.ToLowerInvariant()));

    static int Edits(int[] words, int[] reference)
    {
        if (reference.Length == 0) return words.Length;
        var (shifts, tried) = (0, 0);
        var grid = new TerGrid(reference, words.Length);
        while (true)
        {
            var (gain, shifted) = BestShift(words, reference, grid, ref tried);
            if (tried >= MaxCandidates || gain <= 0) break;
            shifts++;
            words = shifted;
        }
        return shifts + grid.Distance(words);
    }

    static (int Gain, int[] Words) BestShift(int[] words, int[] reference, TerGrid grid, ref int tried)
    {
        var before = grid.Distance(words);
        var alignment = grid.Align();
        (int Gain, int Length, int From, int Target)? best = null;
        for (var from = 0; from < words.Length && tried < MaxCandidates; from++)
        {
            for (var to = Math.Max(0, from - MaxShiftDistance); to < Math.Min(reference.Length, from + MaxShiftDistance + 1); to++)
            {
                for (var length = 1; length <= MaxShiftSize && from + length <= words.Length && to + length <= reference.Length && words[from + length - 1] == reference[to + length - 1]; length++)
                {
                    Try(from, to, length, ref tried);
                    if (tried >= MaxCandidates) break;
                }
                if (tried >= MaxCandidates) break;
            }
        }
        return best is { } found ? (found.Gain, Shift(words, found.From, found.Length, found.Target)) : (0, words);

        void Try(int from, int to, int length, ref int count)
        {
            // Worth it only where the words are wrong here and missing there, and the target is not inside what moves.
            if (alignment.WordErrors.AsSpan(from, length).IndexOf(true) < 0 || alignment.ReferenceErrors.AsSpan(to, length).IndexOf(true) < 0) return;
            var middle = alignment.Places[to];
            if (middle >= from && middle < from + length) return;
            var last = -1;
            for (var offset = -1; offset < length; offset++)
            {
                var target = to + offset == -1 ? 0 : alignment.Places[to + offset] + 1;
                if (target == last) continue;
                last = target;
                var candidate = (before - grid.Distance(Shift(words, from, length, target)), length, from, target);
                count++;
                // Tercom's order: most gained, longest, then earliest from and to.
                if (best is not { } known || Ranked(candidate).CompareTo(Ranked(known)) > 0) best = candidate;
            }
        }

        static (int, int, int, int) Ranked((int Gain, int Length, int From, int Target) c) => (c.Gain, c.Length, -c.From, -c.Target);
    }

    static int[] Shift(int[] words, int from, int length, int target)
    {
        if (target < from) return [.. words[..target], .. words[from..(from + length)], .. words[target..from], .. words[(from + length)..]];
        if (target > from + length) return [.. words[..from], .. words[(from + length)..target], .. words[from..(from + length)], .. words[target..]];
        var end = Math.Min(words.Length, length + target);
        return [.. words[..from], .. words[Math.Min(words.Length, from + length)..end], .. words[from..(from + length)], .. words[end..]];
    }
}
