using ModelZoo.Evaluation.Statistics;

namespace ModelZoo.Evaluation.Metrics;

/// <summary>
/// Mean average precision of boxes as COCO defines it: found boxes take, best score first, the free expected box that they overlap most; precision is read off at 101
/// recalls; the mean goes over IoU thresholds and over classes that have expected boxes. No crowds, no area ranges, no cut of the number found.
/// </summary>
static class BoxMatching
{
    /// <summary>0.50, 0.55, … 0.95.</summary>
    public static readonly double[] CocoThresholds = [.. Enumerable.Range(0, 10).Select(i => 0.5 + 0.05 * i)];

    /// <summary>Most boxes of one picture, found or expected: matching costs their product.</summary>
    const int MaxBoxes = 10_000;

    public static WeightedStatistic Statistic(IReadOnlyList<Outcome> outcomes, string metric, double[] thresholds)
    {
        var classes = new SortedDictionary<int, ClassBoxes>();
        for (var picture = 0; picture < outcomes.Count; picture++)
        {
            var boxes = Outcomes.As<DetectionOutcome>(outcomes[picture], metric);
            if (boxes.Found.Count > MaxBoxes || boxes.Expected.Count > MaxBoxes) throw new EvaluationException($"'{metric}': sample {picture} has more than {MaxBoxes} boxes.");
            foreach (var box in boxes.Found.Concat(boxes.Expected))
                if (!(double.IsFinite(box.Left) && double.IsFinite(box.Top) && double.IsFinite(box.Right) && double.IsFinite(box.Bottom) && double.IsFinite(box.Score)))
                    throw new EvaluationException($"'{metric}': a box of sample {picture} is not of finite numbers.");
            foreach (var kind in boxes.Found.Concat(boxes.Expected).Select(box => box.Class).Distinct())
            {
                if (!classes.TryGetValue(kind, out var own)) classes[kind] = own = new(outcomes.Count, thresholds.Length);
                own.Match(picture, [.. boxes.Found.Where(box => box.Class == kind)], [.. boxes.Expected.Where(box => box.Class == kind)], thresholds);
            }
        }
        foreach (var own in classes.Values) own.Sort();
        return weights =>
        {
            var (sum, count) = (0.0, 0);
            foreach (var own in classes.Values)
                for (var threshold = 0; threshold < thresholds.Length; threshold++)
                {
                    if (own.Precision(weights, threshold) is not { } precision) continue;
                    sum += precision;
                    count++;
                }
            return count == 0 ? double.NaN : sum / count;
        };
    }

    static double Overlap(Box a, Box b)
    {
        var width = Math.Min(a.Right, b.Right) - Math.Max(a.Left, b.Left);
        var height = Math.Min(a.Bottom, b.Bottom) - Math.Max(a.Top, b.Top);
        if (width <= 0 || height <= 0) return 0;
        var both = width * height;
        return both / ((a.Right - a.Left) * (a.Bottom - a.Top) + (b.Right - b.Left) * (b.Bottom - b.Top) - both);
    }

    /// <summary>Matches of one class. They do not change when pictures are resampled, so they are made once.</summary>
    sealed class ClassBoxes(int pictures, int thresholds)
    {
        readonly int[] _expected = new int[pictures];
        readonly List<(double Score, int Picture, bool[] Right)> _found = [];

        public void Match(int picture, Box[] found, Box[] expected, double[] limits)
        {
            _expected[picture] = expected.Length;
            var sorted = found.OrderByDescending(box => box.Score).ToArray();
            var right = sorted.Select(_ => new bool[thresholds]).ToArray();
            for (var threshold = 0; threshold < thresholds; threshold++)
            {
                var taken = new bool[expected.Length];
                for (var i = 0; i < sorted.Length; i++)
                {
                    var (best, at) = (Math.Min(limits[threshold], 1 - 1e-10), -1);
                    for (var j = 0; j < expected.Length; j++)
                    {
                        if (taken[j]) continue;
                        var overlap = Overlap(sorted[i], expected[j]);
                        if (overlap >= best) (best, at) = (overlap, j);
                    }
                    if (at < 0) continue;
                    taken[at] = true;
                    right[i][threshold] = true;
                }
            }
            for (var i = 0; i < sorted.Length; i++) _found.Add((sorted[i].Score, picture, right[i]));
        }

        public void Sort()
        {
            var sorted = _found.OrderByDescending(box => box.Score).ToList();
            _found.Clear();
            _found.AddRange(sorted);
        }

        public double? Precision(ReadOnlySpan<int> weights, int threshold)
        {
            var expected = 0L;
            for (var i = 0; i < weights.Length; i++) expected += (long)weights[i] * _expected[i];
            if (expected == 0) return null;
            var (recalls, precisions) = (new double[_found.Count], new double[_found.Count]);
            long right = 0, all = 0;
            for (var i = 0; i < _found.Count; i++)
            {
                var weight = weights[_found[i].Picture];
                all += weight;
                if (_found[i].Right[threshold]) right += weight;
                (recalls[i], precisions[i]) = ((double)right / expected, all == 0 ? 0 : (double)right / all);
            }
            for (var i = precisions.Length - 2; i >= 0; i--) precisions[i] = Math.Max(precisions[i], precisions[i + 1]);
            var (sum, at) = (0.0, 0);
            for (var step = 0; step <= 100; step++)
            {
                while (at < recalls.Length && recalls[at] < step * 0.01) at++;
                if (at == recalls.Length) break;
                sum += precisions[at];
            }
            return sum / 101;
        }
    }
}
