using ModelZoo.Inference.Graphs;

namespace ModelZoo.Bench.TrainingGraphs;

/// <summary>What a node computes: its name in the graph and its shape, which is known beforehand.</summary>
sealed class Term(string name, params long[] shape)
{
    public string Name => name;

    public long[] Shape => shape;

    public int Rank => shape.Length;
}

/// <summary>
/// Writes nodes and remembers how each passes gradients on; <see cref="Backward"/> walks them from the last to the first and writes the backward pass as
/// further nodes (reverse-mode differentiation: Griewank and Walther 2008, chapter 3). Axes are counted from the last, so that members may be stacked
/// on a leading axis.
/// </summary>
sealed partial class Tape(GraphBuilder graph)
{
    readonly List<(Term[] Made, Action<Term?[]> Pass)> _entries = [];
    readonly Dictionary<Term, Term> _gradients = [];
    readonly HashSet<Term> _learned = [];

    /// <summary>An input that gradients are wanted of.</summary>
    public void Learn(Term term) => _learned.Add(term);

    /// <summary>The gradient of a term after <see cref="Backward"/>.</summary>
    public Term Gradient(Term term) => _gradients[term];

    /// <summary>From the loss, whose gradient is one, to everything that is learned.</summary>
    public void Backward(Term loss)
    {
        _gradients[loss] = Number(1);
        for (var i = _entries.Count - 1; i >= 0; i--)
        {
            var (made, pass) = _entries[i];
            var gradients = made.Select(_gradients.GetValueOrDefault).ToArray();
            if (gradients.Any(gradient => gradient is not null)) pass(gradients);
        }
    }

    Term Keep(Term made, Term[] from, Action<Term[]> pass) => Keep([made], from, pass)[0];

    /// <summary>Remembers a node that some learned input leads to.</summary>
    Term[] Keep(Term[] made, Term[] from, Action<Term[]> pass)
    {
        if (!from.Any(_learned.Contains)) return made;
        _learned.UnionWith(made);
        _entries.Add((made, given => pass([.. given.Select((gradient, i) => gradient ?? Zeros(made[i].Shape))])));
        return made;
    }

    /// <summary>Adds to the gradient of a term, if one is wanted.</summary>
    void Give(Term to, Func<Term> gradient)
    {
        if (!_learned.Contains(to)) return;
        var more = gradient();
        _gradients[to] = _gradients.TryGetValue(to, out var known) ? Write("Add", known.Shape, known, more) : more;
    }

    public Term Number(float value) => new(graph.Constant<float>([value], 1), 1);

    Term Zeros(long[] shape) => new(graph.Constant<float>(new float[Count(shape)], shape), shape);

    Term Write(string op, long[] shape, params Term[] inputs) => new(graph.Node(op, [.. inputs.Select(input => input.Name)]), shape);

    Term Write(string op, long[] shape, Term[] inputs, params (string, object)[] attributes) => new(graph.Node(op, [.. inputs.Select(input => input.Name)], attributes), shape);

    public static long Count(long[] shape) => shape.Aggregate(1L, (product, axis) => product * axis);

    // Nodes that are not differentiated: targets, optimisers and backward passes are made of them.

    public Term Times(Term a, Term b) => Write("Mul", Broad(a, b), a, b);

    public Term Plus(Term a, Term b) => Write("Add", Broad(a, b), a, b);

    public Term Minus(Term a, Term b) => Write("Sub", Broad(a, b), a, b);

    public Term Over(Term a, Term b) => Write("Div", Broad(a, b), a, b);

    public Term Each(string op, Term x) => Write(op, x.Shape, x);

    public Term SumOver(Term x, params long[] axes) =>
        new(graph.Node("ReduceSum", [x.Name, graph.Numbers(axes)], ("keepdims", 1)), [.. x.Shape.Select((length, i) => axes.Contains(i - x.Rank) ? 1 : length)]);

    Term MeanOfRows(Term x) => Write("ReduceMean", [.. x.Shape[..^1], 1], [x], ("axes", new long[] { -1 }), ("keepdims", 1));

    public Term Shaped(Term x, params long[] shape) => new(graph.Node("Reshape", x.Name, graph.Numbers(shape)), shape);

    static long[] Broad(Term a, Term b)
    {
        var rank = Math.Max(a.Rank, b.Rank);
        return [.. Enumerable.Range(0, rank).Select(i => Math.Max(Axis(a, i - rank), Axis(b, i - rank)))];
    }

    static long Axis(Term term, int fromEnd) => term.Rank + fromEnd < 0 ? 1 : term.Shape[term.Rank + fromEnd];

    /// <summary>Sums over the axes along which a term of this shape was repeated.</summary>
    Term Summed(Term gradient, long[] shape)
    {
        var repeated = Enumerable.Range(1, gradient.Rank).Where(back => gradient.Shape[^back] > 1 && (back > shape.Length || shape[^back] == 1)).Select(back => (long)-back).ToArray();
        var sum = repeated.Length > 0 ? SumOver(gradient, repeated) : gradient;
        return sum.Shape.SequenceEqual(shape) ? sum : Shaped(sum, shape);
    }

    /// <summary>factor · A·B, each turned or not; leading axes are equal. A fused node of ONNX Runtime's own where the standard has none.</summary>
    Term Matrices(Term a, Term b, bool turnA, bool turnB, float factor = 1, Term? bias = null)
    {
        var (rows, columns) = (a.Shape[turnA ? ^1 : ^2], b.Shape[turnB ? ^2 : ^1]);
        if (a.Rank > 2 && bias is not null) throw new ArgumentException("Only plain matrices take a bias.", nameof(bias));
        return Write(a.Rank == 2 ? "Gemm" : "com.microsoft::FusedMatMul", [.. a.Shape[..^2], rows, columns], bias is null ? [a, b] : [a, b, bias],
            ("alpha", factor), ("transA", turnA ? 1 : 0), ("transB", turnB ? 1 : 0));
    }
}
