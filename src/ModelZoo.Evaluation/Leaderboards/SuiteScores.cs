namespace ModelZoo.Evaluation.Leaderboards;

/// <summary>One figure for many tasks. What is missing makes it incomplete and is never filled in.</summary>
public static class SuiteScores
{
    /// <summary>Mean over tasks, each the same; null when a task is missing.</summary>
    public static double? MacroMean(ReadOnlySpan<double?> values)
    {
        var sum = 0.0;
        foreach (var value in values)
        {
            if (value is not { } known) return null;
            sum += known;
        }
        return values.Length == 0 ? null : sum / values.Length;
    }

    /// <summary>Mean over tasks by their samples; null when a task or its size is missing.</summary>
    public static double? WeightedMean(ReadOnlySpan<(double? Value, long? Size)> values)
    {
        var (sum, total) = (0.0, 0L);
        foreach (var (value, size) in values)
        {
            if (value is not { } known || size is not > 0) return null;
            (sum, total) = (sum + known * size.Value, total + size.Value);
        }
        return total == 0 ? null : sum / total;
    }

    /// <summary>How far a score lies from chance to perfect, at least 0: what tasks of different difficulty are averaged by.</summary>
    public static double ChanceNormalised(double score, double chance, double most) =>
        most == chance ? throw new EvaluationException("A task whose best score is chance cannot be normalised.") : Math.Max(0, (score - chance) / (most - chance));

    /// <summary>
    /// HELM's mean win rate: for each column the share of other models that one beats, ties one half, averaged over columns. It depends on who else is there: keep the
    /// roster with it. Columns without a direction or with fewer than two values are skipped; a missing cell is left out of its column. Null: no column is left.
    /// </summary>
    /// <param name="rows">Models; each has a cell for every column.</param>
    /// <param name="lowerIsBetter">For each column; null: it has no direction.</param>
    public static double?[] MeanWinRates(IReadOnlyList<IReadOnlyList<double?>> rows, IReadOnlyList<bool?> lowerIsBetter)
    {
        var (sums, counts) = (new double[rows.Count], new int[rows.Count]);
        var (keys, models) = (new double[rows.Count], new int[rows.Count]);
        for (var column = 0; column < lowerIsBetter.Count; column++)
        {
            if (lowerIsBetter[column] is not { } lower) continue;
            var present = 0;
            for (var row = 0; row < rows.Count; row++)
            {
                if (rows[row][column] is not { } value) continue;
                if (!double.IsFinite(value)) throw new EvaluationException("A value of the table is not finite.");
                (keys[present], models[present++]) = ((lower ? -value : value) + 0.0, row);
            }
            if (present < 2) continue;
            Array.Sort(keys, models, 0, present);
            for (var from = 0; from < present;)
            {
                var to = from;
                while (to < present && keys[to] == keys[from]) to++;
                var wins = from + (to - from - 1) / 2.0;
                for (; from < to; from++)
                {
                    sums[models[from]] += wins / (present - 1);
                    counts[models[from]]++;
                }
            }
        }
        return [.. sums.Select((sum, row) => counts[row] == 0 ? (double?)null : sum / counts[row])];
    }
}
