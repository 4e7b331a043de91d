namespace ModelZoo.Bench.TrainingGraphs;

/// <summary>The nodes that gradients pass through, each with its rule.</summary>
sealed partial class Tape
{
    /// <summary>Broadcasting, as the standard defines it.</summary>
    public Term Add(Term a, Term b) => Keep(Plus(a, b), [a, b], d =>
    {
        Give(a, () => Summed(d[0], a.Shape));
        Give(b, () => Summed(d[0], b.Shape));
    });

    public Term Multiply(Term a, Term b) => Keep(Times(a, b), [a, b], d =>
    {
        Give(a, () => Summed(Times(d[0], b), a.Shape));
        Give(b, () => Summed(Times(d[0], a), b.Shape));
    });

    /// <summary>factor · A·B with turned operands where asked for.</summary>
    public Term Product(Term a, Term b, bool turnA = false, bool turnB = false, float factor = 1) =>
        Keep(Matrices(a, b, turnA, turnB, factor), [a, b], d => PassProduct(d[0], a, b, turnA, turnB, factor));

    /// <summary>x·Wᵀ + b, with W stored [outputs, inputs].</summary>
    public Term Linear(Term x, Term weight, Term bias)
    {
        if (x.Rank > 2) return Add(Product(x, weight, turnB: true), Reshape(bias, [.. bias.Shape[..^1], 1, bias.Shape[^1]]));
        return Keep(Matrices(x, weight, false, true, 1, bias), [x, weight, bias], d =>
        {
            PassProduct(d[0], x, weight, false, true, 1);
            Give(bias, () => Summed(d[0], bias.Shape));
        });
    }

    void PassProduct(Term d, Term a, Term b, bool turnA, bool turnB, float factor)
    {
        Give(a, () => turnA ? Matrices(b, d, turnB, true, factor) : Matrices(d, b, false, !turnB, factor));
        Give(b, () => turnB ? Matrices(d, a, true, turnA, factor) : Matrices(a, d, !turnA, false, factor));
    }

    public Term Reshape(Term x, params long[] shape) => Keep(Shaped(x, shape), [x], d => Give(x, () => Shaped(d[0], x.Shape)));

    /// <param name="order">Of all axes, from the first.</param>
    public Term Transpose(Term x, params long[] order) => Keep(Turned(x, order), [x], d =>
        Give(x, () => Turned(d[0], [.. Enumerable.Range(0, order.Length).Select(axis => (long)Array.IndexOf(order, axis))])));

    Term Turned(Term x, long[] order) => Write("Transpose", [.. order.Select(axis => x.Shape[axis])], [x], ("perm", order));

    public Term[] Split(Term x, int axis, params long[] lengths)
    {
        var names = graph.Nodes("Split", lengths.Length, [x.Name, graph.Numbers(lengths)], ("axis", axis));
        var parts = lengths.Select((length, i) => new Term(names[i], [.. x.Shape.Select((whole, at) => at == x.Rank + axis ? length : whole)])).ToArray();
        return Keep(parts, [x], d => Give(x, () => Joined(axis, d)));
    }

    public Term Concat(int axis, params Term[] parts) => Keep(Joined(axis, parts), parts, d =>
    {
        var names = graph.Nodes("Split", parts.Length, [d[0].Name, graph.Numbers([.. parts.Select(part => part.Shape[part.Rank + axis])])], ("axis", axis));
        for (var i = 0; i < parts.Length; i++)
        {
            var piece = new Term(names[i], parts[i].Shape);
            Give(parts[i], () => piece);
        }
    });

    public Term Joined(int axis, params Term[] parts) =>
        Write("Concat", [.. parts[0].Shape.Select((length, at) => at == parts[0].Rank + axis ? parts.Sum(part => part.Shape[at]) : length)], parts, ("axis", axis));

    public Term Expand(Term x, params long[] shape) => Keep(new Term(graph.Node("Expand", x.Name, graph.Numbers(shape)), shape), [x], d => Give(x, () => Summed(d[0], x.Shape)));

    public Term Softmax(Term x)
    {
        var y = Write("Softmax", x.Shape, [x], ("axis", -1));
        return Keep(y, [x], d => Give(x, () => Times(y, Minus(d[0], SumOver(Times(d[0], y), -1)))));
    }

    /// <summary>x·½(1 + erf(x/√2)).</summary>
    public Term Gelu(Term x)
    {
        var scaled = Times(x, Number((float)(1 / Math.Sqrt(2))));
        var share = Times(Plus(Each("Erf", scaled), Number(1)), Number(0.5f));
        return Keep(Times(x, share), [x], d => Give(x, () =>
        {
            var density = Times(Each("Exp", Each("Neg", Times(scaled, scaled))), Number((float)(1 / Math.Sqrt(2 * Math.PI))));
            return Times(d[0], Plus(share, Times(x, density)));
        }));
    }

    /// <summary>(x − mean)/√(variance + ε) of each row; weight and bias are further nodes.</summary>
    public Term Normalize(Term x, float epsilon)
    {
        var ones = graph.Constant<float>([.. Enumerable.Repeat(1f, (int)x.Shape[^1])], x.Shape[^1]);
        var names = graph.Nodes("LayerNormalization", 3, [x.Name, ones], ("axis", -1), ("epsilon", epsilon));
        var (y, inverse) = (new Term(names[0], x.Shape), new Term(names[2], [.. x.Shape[..^1], 1]));
        return Keep(y, [x], d => Give(x, () => Times(Minus(Minus(d[0], MeanOfRows(d[0])), Times(y, MeanOfRows(Times(d[0], y)))), inverse)));
    }

    /// <summary>Σ −t·log softmax(x) over all rows and classes, divided by <paramref name="batch"/>; of each member for itself, [members] or [1].</summary>
    public Term CrossEntropy(Term logits, Term targets, int batch)
    {
        var logs = Write("LogSoftmax", logits.Shape, [logits], ("axis", -1));
        var share = Number(1f / batch);
        var loss = Times(SumOver(Times(logs, targets), -1, -2), Number(-1f / batch));
        // Gradients begin here, with one.
        return Keep(Shaped(loss, Count(loss.Shape)), [logits], _ => Give(logits, () => Times(Minus(Each("Exp", logs), targets), share)));
    }
}
