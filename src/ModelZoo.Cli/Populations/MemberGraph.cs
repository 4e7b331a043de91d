using ModelZoo.Inference.Graphs;
using ModelZoo.Inference.Runtime;
using ModelZoo.Learning.Models;

namespace ModelZoo.Cli.Populations;

/// <summary>
/// A member as an ONNX file: standard operators of opset 17 only and weights inside, so that every runtime loads it. It stands here because only this
/// project sees both the networks and the graph writer.
/// </summary>
sealed class MemberGraph
{
    const float NormEpsilon = 1e-6f;

    readonly GraphBuilder _graph = new("member");
    readonly Architecture _model;
    readonly ParameterLayout _layout;
    readonly float[] _parameters;

    MemberGraph(Architecture model, HeadShape head, float[] parameters)
    {
        (_model, _layout, _parameters) = (model, ParameterLayout.Of(model, head), parameters);
        if (parameters.Length != _layout.Count) throw new ArgumentException($"The model has {_layout.Count} parameters, not {parameters.Length}.", nameof(parameters));
    }

    /// <summary>From <c>pixel_values</c> [batch, channels, side, side] to <c>logits</c> [batch, classes].</summary>
    public static byte[] Write(Architecture model, HeadShape head, float[] parameters)
    {
        var graph = new MemberGraph(model, head, parameters);
        graph._graph.Input("pixel_values", ElementType.Float, "batch", model.Channels, model.Image, model.Image);
        var features = model.Family switch { Family.Vit => graph.Vit(), Family.Mlp => graph.Mlp(), _ => graph.Cnn() };
        var logits = head.Kind == HeadKind.Linear ? graph.Linear(features, "head") : graph.Linear(graph._graph.Node("Relu", graph.Linear(features, "head.0")), "head.2");
        graph._graph.Name("Identity", [logits], "logits");
        graph._graph.Output("logits", ElementType.Float, "batch", head.Out);
        return graph._graph.ToBytes();
    }

    string Vit()
    {
        var (dim, heads, width) = (_model.Dim, _model.Heads, _model.Dim / _model.Heads);
        var patches = _graph.Node("Conv", ["pixel_values", Weight("patch_embed.proj.weight"), Weight("patch_embed.proj.bias")], ("kernel_shape", new long[] { _model.Patch, _model.Patch }), ("strides", new long[] { _model.Patch, _model.Patch }));
        var x = _graph.Node("Transpose", [_graph.Node("Reshape", patches, _graph.Numbers(0, dim, -1))], ("perm", new long[] { 0, 2, 1 }));
        var batch = _graph.Node("Unsqueeze", _graph.Node("Gather", [_graph.Node("Shape", "pixel_values"), _graph.Scalar(0L)], ("axis", 0L)), _graph.Numbers(0));
        var token = _graph.Node("Expand", Weight("cls_token"), _graph.Node("Concat", [batch, _graph.Numbers(1, dim)], ("axis", 0L)));
        x = _graph.Node("Add", _graph.Node("Concat", [token, x], ("axis", 1L)), Weight("pos_embed"));
        for (var i = 0; i < _model.Depth; i++)
        {
            var qkv = _graph.Node("Reshape", Linear(Norm(x, $"blocks.{i}.norm1"), $"blocks.{i}.attn.qkv"), _graph.Numbers(0, 0, 3, heads, width));
            var parts = _graph.Node("Transpose", [qkv], ("perm", new long[] { 2, 0, 3, 1, 4 }));
            var (q, k, v) = (Part(0), _graph.Node("Transpose", [Part(1)], ("perm", new long[] { 0, 1, 3, 2 })), Part(2));
            var scores = _graph.Node("Mul", _graph.Node("MatMul", q, k), _graph.Scalar((float)(1 / Math.Sqrt(width))));
            var attended = _graph.Node("Transpose", [_graph.Node("MatMul", _graph.Node("Softmax", [scores], ("axis", -1L)), v)], ("perm", new long[] { 0, 2, 1, 3 }));
            x = _graph.Node("Add", x, Linear(_graph.Node("Reshape", attended, _graph.Numbers(0, 0, dim)), $"blocks.{i}.attn.proj"));
            x = _graph.Node("Add", x, Linear(Activate(Linear(Norm(x, $"blocks.{i}.norm2"), $"blocks.{i}.mlp.fc1")), $"blocks.{i}.mlp.fc2"));

            string Part(long part) => _graph.Node("Gather", [parts, _graph.Scalar(part)], ("axis", 0L));
        }
        return Norm(_graph.Node("Gather", [x, _graph.Scalar(0L)], ("axis", 1L)), "norm");
    }

    string Mlp()
    {
        var x = _graph.Node("Flatten", ["pixel_values"], ("axis", 1L));
        for (var i = 0; i < _model.Hidden.Count; i++) x = Activate(Linear(x, $"layers.{i}"));
        return x;
    }

    string Cnn()
    {
        var (x, half) = ("pixel_values", _model.Kernel / 2);
        var after = _model.Kernel - 1 - half;
        for (var i = 0; i < _model.Hidden.Count; i++)
        {
            x = Activate(_graph.Node("Conv", [x, Weight($"convs.{i}.weight"), Weight($"convs.{i}.bias")], ("kernel_shape", new long[] { _model.Kernel, _model.Kernel }), ("pads", new long[] { half, half, after, after })));
            if (_model.SideAfter(i + 1) < _model.SideAfter(i)) x = _graph.Node("AveragePool", [x], ("kernel_shape", new long[] { 2, 2 }), ("strides", new long[] { 2, 2 }));
        }
        return _graph.Node("ReduceMean", [x], ("axes", new long[] { 2, 3 }), ("keepdims", 0L));
    }

    string Norm(string x, string name) => _graph.Node("LayerNormalization", [x, Weight($"{name}.weight"), Weight($"{name}.bias")], ("axis", -1L), ("epsilon", NormEpsilon));

    /// <summary>x·Wᵀ + b; the matrix is stored turned, as MatMul takes it.</summary>
    string Linear(string x, string name)
    {
        var tensor = _layout[$"{name}.weight"];
        var (rows, columns) = (tensor.Shape[0], tensor.Shape[1]);
        var turned = new float[tensor.Count];
        for (var r = 0; r < rows; r++)
            for (var c = 0; c < columns; c++) turned[c * rows + r] = _parameters[tensor.Offset + r * columns + c];
        return _graph.Node("Add", _graph.Node("MatMul", x, _graph.Weight<float>($"{name}.weight.T", turned, columns, rows)), Weight($"{name}.bias"));
    }

    string Activate(string x) => _model.Activation switch
    {
        Activation.Gelu => _graph.Node("Mul", _graph.Node("Mul", x, _graph.Scalar(0.5f)), _graph.Node("Add", _graph.Node("Erf", _graph.Node("Mul", x, _graph.Scalar((float)(1 / Math.Sqrt(2))))), _graph.Scalar(1f))),
        Activation.Relu => _graph.Node("Relu", x),
        Activation.Tanh => _graph.Node("Tanh", x),
        _ => _graph.Node("Sigmoid", x),
    };

    string Weight(string name)
    {
        var tensor = _layout[name];
        return _graph.Weight<float>(name, _parameters.AsSpan(tensor.Offset, tensor.Count), [.. tensor.Shape.Select(axis => (long)axis)]);
    }
}
