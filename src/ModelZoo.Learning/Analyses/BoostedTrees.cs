namespace ModelZoo.Learning.Analyses;

/// <summary>
/// Gradient-boosted regression trees for the squared error (J. Friedman, Greedy function approximation, 2001): each tree is fitted to what the ones before it
/// leave over, by exact splits, and adds a share of that. No chance is involved: of equal splits the first feature and the lowest threshold are taken.
/// </summary>
public sealed class BoostedTrees
{
    /// <summary>As the reference figures were made: 300 trees of depth 4, each adding a tenth.</summary>
    public const int DefaultTrees = 300, DefaultDepth = 4;

    public const double DefaultRate = 0.1;

    /// <summary>A gain below this share of the whole spread is rounding.</summary>
    const double LeastGain = 1e-12;

    readonly double _base;
    readonly double _rate;
    readonly List<Node[]> _trees = [];

    BoostedTrees(double start, double rate) => (_base, _rate) = (start, rate);

    /// <param name="rows">Finite features, all of one length.</param>
    /// <param name="targets">One finite number for each row.</param>
    /// <param name="depth">Splits between root and leaf, at most.</param>
    public static BoostedTrees Fit(IReadOnlyList<double[]> rows, IReadOnlyList<double> targets, int trees = DefaultTrees, int depth = DefaultDepth, double rate = DefaultRate)
    {
        if (rows.Count == 0 || rows.Count != targets.Count) throw new ArgumentException("There must be as many targets as rows, and at least one.", nameof(targets));
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(trees);
        ArgumentOutOfRangeException.ThrowIfLessThan(depth, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(depth, 16);
        var model = new BoostedTrees(targets.Average(), rate);
        var rest = targets.Select(target => target - model._base).ToArray();
        var columns = new Columns(rows);
        var least = LeastGain * Math.Max(double.Epsilon, rest.Sum(r => r * r));
        for (var i = 0; i < trees; i++)
        {
            var tree = Grow(columns, rest, depth, least);
            model._trees.Add(tree);
            for (var row = 0; row < rest.Length; row++) rest[row] -= rate * Find(tree, rows[row]);
        }
        return model;
    }

    public double Predict(double[] row)
    {
        var sum = _base;
        foreach (var tree in _trees) sum += _rate * Find(tree, row);
        return sum;
    }

    static double Find(Node[] tree, double[] row)
    {
        var at = 0;
        while (tree[at].Feature >= 0) at = tree[at].Left + (row[tree[at].Feature] <= tree[at].Threshold ? 0 : 1);
        return tree[at].Value;
    }

    /// <summary>All nodes of a level are split in one pass over each feature's rows in their order.</summary>
    static Node[] Grow(Columns columns, double[] rest, int depth, double least)
    {
        var nodes = new List<Node> { default };
        var of = new int[rest.Length];      // the open node of each row; −1 when it lies in a leaf
        var (first, count) = (0, 1);        // the open level
        for (var level = 0; ; level++)
        {
            var (sums, sizes) = (new double[count], new int[count]);
            for (var row = 0; row < of.Length; row++)
                if (of[row] >= 0) (sums[of[row] - first], sizes[of[row] - first]) = (sums[of[row] - first] + rest[row], sizes[of[row] - first] + 1);
            var best = level < depth ? FindSplits(columns, rest, of, first, sums, sizes, least) : new Split[count];
            var next = nodes.Count;
            for (var i = 0; i < count; i++)
            {
                if (best[i].Gain <= 0)
                {
                    nodes[first + i] = new(-1, 0, 0, sizes[i] == 0 ? 0 : sums[i] / sizes[i]);
                    continue;
                }
                nodes[first + i] = new(best[i].Feature, best[i].Threshold, nodes.Count, 0);
                nodes.Add(default);
                nodes.Add(default);
            }
            for (var row = 0; row < of.Length; row++)
            {
                if (of[row] < 0) continue;
                var node = nodes[of[row]];
                of[row] = node.Feature < 0 ? -1 : node.Left + (columns.Value(node.Feature, row) <= node.Threshold ? 0 : 1);
            }
            (first, count) = (next, nodes.Count - next);
            if (count == 0) return [.. nodes];
        }
    }

    static Split[] FindSplits(Columns columns, double[] rest, int[] of, int first, double[] sums, int[] sizes, double least)
    {
        var best = new Split[sums.Length];
        var (left, seen, last) = (new double[sums.Length], new int[sums.Length], new double[sums.Length]);
        for (var feature = 0; feature < columns.Count; feature++)
        {
            Array.Clear(left);
            Array.Clear(seen);
            foreach (var row in columns.Order(feature))
            {
                var node = of[row] - first;
                if (of[row] < 0) continue;
                var value = columns.Value(feature, row);
                if (seen[node] > 0 && value > last[node])
                {
                    var right = sums[node] - left[node];
                    var gain = (left[node] * left[node] / seen[node]) + (right * right / (sizes[node] - seen[node])) - (sums[node] * sums[node] / sizes[node]);
                    if (gain > least && gain > best[node].Gain)
                    {
                        // Between the two, and never the upper one: it belongs to the right.
                        var middle = last[node] + ((value - last[node]) / 2);
                        best[node] = new(gain, feature, middle < value ? middle : last[node]);
                    }
                }
                (left[node], seen[node], last[node]) = (left[node] + rest[row], seen[node] + 1, value);
            }
        }
        return best;
    }

    readonly record struct Node(int Feature, double Threshold, int Left, double Value);

    readonly record struct Split(double Gain, int Feature, double Threshold);

    /// <summary>Features one after the other, and the order of the rows in each.</summary>
    sealed class Columns
    {
        readonly double[][] _values;
        readonly int[][] _orders;

        public Columns(IReadOnlyList<double[]> rows)
        {
            Count = rows[0].Length;
            _values = new double[Count][];
            _orders = new int[Count][];
            for (var feature = 0; feature < Count; feature++)
            {
                var values = new double[rows.Count];
                for (var row = 0; row < values.Length; row++) values[row] = double.IsFinite(rows[row][feature]) ? rows[row][feature] : throw new ArgumentException("A feature is no finite number.", nameof(rows));
                _values[feature] = values;
                _orders[feature] = [.. Enumerable.Range(0, values.Length).OrderBy(row => values[row])];
            }
        }

        public int Count { get; }

        public int[] Order(int feature) => _orders[feature];

        public double Value(int feature, int row) => _values[feature][row];
    }
}
