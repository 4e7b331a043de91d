using ModelZoo.Inference.Graphs;
using ModelZoo.Inference.Runtime;
using ModelZoo.Learning.Models;

namespace ModelZoo.Bench.TrainingGraphs;

/// <summary>
/// One training step of the vision transformer as one graph: forward, backward, AdamW. Parameters and moments of all members come in as [members, count]
/// and go out anew; weights, gradients and moments are flat, because an optimiser of a dozen nodes for each of 56 small tensors would cost more than the model.
/// </summary>
sealed class VitStep
{
    const float Epsilon = 1e-6f;

    readonly GraphBuilder _graph = new("step");
    readonly Tape _tape;
    readonly Architecture _model;
    readonly ParameterLayout _layout;
    readonly Dictionary<string, Term> _weights = new(StringComparer.Ordinal);
    readonly List<Term> _leaves = [];

    /// <summary>Leading axes of every activation: none for one member alone.</summary>
    readonly long[] _stack;
    readonly int _batch;

    VitStep(Architecture model, HeadShape head, int members, int batch)
    {
        (_model, _layout, _batch) = (model, ParameterLayout.Of(model, head), batch);
        _stack = members == 1 ? [] : [members];
        _tape = new(_graph);
    }

    /// <summary>Inputs: images, targets, parameters, first, second, keep, rate, correction. Outputs: loss, gradients and the new parameters, first and second.</summary>
    public static byte[] Write(Architecture model, HeadShape head, int members, int batch)
    {
        var step = new VitStep(model, head, members, batch);
        var loss = step.Loss(head);
        step._tape.Backward(loss);
        var flat = step._tape.Joined(-1, [.. step._leaves.Select(leaf => step._tape.Shaped(step._tape.Gradient(leaf), [.. step._stack, Tape.Count(leaf.Shape[step._stack.Length..])]))]);
        step.Give("loss", loss);
        step.Give("gradients", flat);
        step.Update(flat);
        return step._graph.ToBytes();
    }

    Term Input(string name, params long[] shape) => new(_graph.Input(name, ElementType.Float, [.. shape.Cast<object>()]), shape);

    void Give(string name, Term term)
    {
        _graph.Name("Identity", [term.Name], name);
        _graph.Output(name, ElementType.Float, [.. term.Shape.Cast<object>()]);
    }

    long[] Of(params long[] shape) => [.. _stack, .. shape];

    /// <summary>Axes behind those of the stack.</summary>
    long[] Order(params long[] axes) => [.. _stack.Select((_, i) => (long)i), .. axes.Select(axis => axis + _stack.Length)];

    void ReadWeights()
    {
        var parts = _graph.Nodes("Split", _layout.Tensors.Count, [Input("parameters", Of(_layout.Count)).Name, _graph.Numbers([.. _layout.Tensors.Select(tensor => (long)tensor.Count)])], ("axis", -1));
        foreach (var (tensor, part) in _layout.Tensors.Zip(parts))
        {
            var leaf = new Term(part, Of(tensor.Count));
            _tape.Learn(leaf);
            _leaves.Add(leaf);
            // A convolution whose stride is its kernel is a matrix over patches.
            long[] shape = tensor.Shape.Count == 1 ? [tensor.Count] : [tensor.Shape[0], tensor.Count / tensor.Shape[0]];
            if (tensor.Name is "cls_token" or "pos_embed") shape = [1, tensor.Shape[1], tensor.Shape[2]];
            _weights[tensor.Name] = shape.Length == 1 ? leaf : _tape.Reshape(leaf, Of(shape));
        }
    }

    Term Loss(HeadShape head)
    {
        ReadWeights();
        var (side, patch, dim, tokens, rows) = ((long)_model.Image, (long)_model.Patch, (long)_model.Dim, (long)_model.Tokens, (long)_batch * _model.Tokens);
        var grid = side / patch;
        var images = Input("images", Of(_batch, side, side));
        var cut = _tape.Transpose(_tape.Reshape(images, Of(_batch, grid, patch, grid, patch)), Order(0, 1, 3, 2, 4));
        var embedded = Linear(_tape.Reshape(cut, Of(_batch * (tokens - 1), patch * patch)), "patch_embed.proj");
        var x = _tape.Concat(-2, _tape.Expand(_weights["cls_token"], Of(_batch, 1, dim)), _tape.Reshape(embedded, Of(_batch, tokens - 1, dim)));
        x = _tape.Reshape(_tape.Add(x, _weights["pos_embed"]), Of(rows, dim));
        for (var i = 0; i < _model.Depth; i++)
        {
            // As in our passes: behind the last block only the class token is read, so only its query is made there.
            var (whole, isLast) = (Norm(x, $"blocks.{i}.norm1"), i == _model.Depth - 1);
            if (isLast) x = First(x);
            x = _tape.Add(x, Linear(Attend(whole, $"blocks.{i}.attn.qkv", isLast), $"blocks.{i}.attn.proj"));
            x = _tape.Add(x, Linear(_tape.Gelu(Linear(Norm(x, $"blocks.{i}.norm2"), $"blocks.{i}.mlp.fc1")), $"blocks.{i}.mlp.fc2"));
        }
        var logits = Linear(Norm(x, "norm"), "head");
        return _tape.CrossEntropy(logits, Input("targets", Of(_batch, head.Out)), _batch);
    }

    /// <summary>[rows, dim] to that of class tokens, [batch, dim].</summary>
    Term First(Term x) => _tape.Reshape(_tape.Split(_tape.Reshape(x, Of(_batch, _model.Tokens, _model.Dim)), -2, 1, _model.Tokens - 1)[0], Of(_batch, _model.Dim));

    Term Linear(Term x, string name) => _tape.Linear(x, _weights[$"{name}.weight"], _weights[$"{name}.bias"]);

    Term Norm(Term x, string name) => _tape.Add(_tape.Multiply(_tape.Normalize(x, Epsilon), Row($"{name}.weight")), Row($"{name}.bias"));

    /// <summary>A vector that meets every row of its member.</summary>
    Term Row(string name) => _stack.Length == 0 ? _weights[name] : _tape.Reshape(_weights[name], Of(1, _model.Dim));

    /// <param name="x">[rows, dim].</param>
    /// <param name="first">For class tokens only.</param>
    Term Attend(Term x, string name, bool first)
    {
        var (queries, dim, heads, width) = (first ? 1L : _model.Tokens, (long)_model.Dim, (long)_model.Heads, (long)_model.Dim / _model.Heads);
        var (weight, bias) = (_weights[$"{name}.weight"], _weights[$"{name}.bias"]);
        Term[] parts;
        if (first)
        {
            var (weights, biases) = (_tape.Split(weight, -2, dim, 2 * dim), _tape.Split(bias, -1, dim, 2 * dim));
            parts = [_tape.Linear(First(x), weights[0], biases[0]), .. _tape.Split(_tape.Linear(x, weights[1], biases[1]), -1, dim, dim)];
        }
        else parts = _tape.Split(_tape.Linear(x, weight, bias), -1, dim, dim, dim);
        parts = [.. parts.Select((part, i) => _tape.Transpose(_tape.Reshape(part, Of(_batch, i == 0 ? queries : _model.Tokens, heads, width)), Order(0, 2, 1, 3)))];
        var shares = _tape.Softmax(_tape.Product(parts[0], parts[1], turnB: true, factor: (float)(1 / Math.Sqrt(width))));
        return _tape.Reshape(_tape.Transpose(_tape.Product(shares, parts[2]), Order(0, 2, 1, 3)), Of(_batch * queries, dim));
    }

    /// <summary>AdamW with decay on all tensors; what depends on the step comes in as numbers.</summary>
    void Update(Term gradients)
    {
        const float beta1 = 0.9f, beta2 = 0.999f;
        var (keep, rate, correction) = (Input("keep", 1), Input("rate", 1), Input("correction", 1));
        var first = _tape.Plus(_tape.Times(Input("first", gradients.Shape), _tape.Number(beta1)), _tape.Times(gradients, _tape.Number(1 - beta1)));
        var second = _tape.Plus(_tape.Times(Input("second", gradients.Shape), _tape.Number(beta2)), _tape.Times(_tape.Times(gradients, gradients), _tape.Number((float)(1 - 0.999))));
        var down = _tape.Plus(_tape.Times(_tape.Each("Sqrt", second), correction), _tape.Number(1e-8f));
        var parameters = new Term("parameters", gradients.Shape);
        Give("new_first", first);
        Give("new_second", second);
        Give("new_parameters", _tape.Minus(_tape.Times(parameters, keep), _tape.Over(_tape.Times(first, rate), down)));
    }
}
