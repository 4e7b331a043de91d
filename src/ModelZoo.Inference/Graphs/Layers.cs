using ModelZoo.Inference.Runtime;

namespace ModelZoo.Inference.Graphs;

/// <summary>Parts of transformers as ONNX nodes. B: batch, T: tokens of this call, P: those before it, H: width, h: heads, d: width of a head.</summary>
sealed class Layers(GraphBuilder graph, StoredWeights weights)
{
    public GraphBuilder Graph => graph;

    public string Weight(string name, params ReadOnlySpan<long> shape) => weights.Use(graph, name, shape);

    public string Add(string a, string b) => graph.Node("Add", a, b);

    /// <summary>x·Wᵀ + b, W as PyTorch stores it: [out, in]. The transposition is the kernel's, so the stored bytes are used as they lie.</summary>
    public string Linear(string x, string name, long outputs, long inputs)
    {
        var product = graph.Node("com.microsoft::FusedMatMul", [x, Weight($"{name}.weight", outputs, inputs)], ("transB", 1L));
        product = weights.Adapt(graph, $"{name}.weight", x, product);
        return weights.Has($"{name}.bias") ? Add(product, Weight($"{name}.bias", outputs)) : product;
    }

    /// <summary>x·W + b, W as GPT-2 stores it: [in, out].</summary>
    public string Conv1D(string x, string name, long inputs, long outputs) =>
        Add(weights.Adapt(graph, $"{name}.weight", x, graph.Node("MatMul", x, Weight($"{name}.weight", inputs, outputs))), Weight($"{name}.bias", outputs));

    /// <summary>Rows of a table [rows, width].</summary>
    public string Embed(string ids, string name, long rows, long width) => weights.AdaptRows(graph, name, ids, graph.Node("Gather", Weight(name, rows, width), ids));

    /// <summary>x·Wᵀ with a matrix of the output, which may be the table of the input.</summary>
    public string Head(string x, string name, long outputs, long inputs, bool isTable)
    {
        var product = graph.Node("com.microsoft::FusedMatMul", [x, Weight(name, outputs, inputs)], ("transB", 1L));
        return isTable ? product : weights.Adapt(graph, name, x, product);
    }

    public string LayerNorm(string x, string name, long width, double epsilon) =>
        graph.Node("LayerNormalization", [x, Weight($"{name}.weight", width), Weight($"{name}.bias", width)], ("axis", -1L), ("epsilon", (float)epsilon));

    /// <summary>x / √(mean x² + ε) · w (Zhang and Sennrich 2019, arXiv:1910.07467).</summary>
    public string RmsNorm(string x, string name, long width, double epsilon)
    {
        var mean = graph.Node("ReduceMean", [graph.Node("Mul", x, x)], ("axes", new long[] { -1 }), ("keepdims", 1L));
        var scaled = graph.Node("Div", x, graph.Node("Sqrt", Add(mean, graph.Scalar((float)epsilon))));
        return graph.Node("Mul", scaled, Weight($"{name}.weight", width));
    }

    public string Activate(string x, string name) => name switch
    {
        "gelu" => Gelu(x, graph.Node("Erf", graph.Node("Mul", x, graph.Scalar((float)(1 / Math.Sqrt(2)))))),
        "gelu_new" or "gelu_pytorch_tanh" or "gelu_fast" => Gelu(x, graph.Node("Tanh", graph.Node("Mul", graph.Scalar((float)Math.Sqrt(2 / Math.PI)),
            Add(x, graph.Node("Mul", graph.Scalar(0.044715f), graph.Node("Mul", x, graph.Node("Mul", x, x))))))),
        "silu" or "swish" => graph.Node("Mul", x, graph.Node("Sigmoid", x)),
        "relu" => graph.Node("Relu", x),
        "quick_gelu" => graph.Node("Mul", x, graph.Node("Sigmoid", graph.Node("Mul", x, graph.Scalar(1.702f)))),
        _ => throw new InferenceException(InferenceFault.Model, $"The activation '{name}' is not known."),
    };

    string Gelu(string x, string inner) => graph.Node("Mul", graph.Node("Mul", x, graph.Scalar(0.5f)), Add(inner, graph.Scalar(1f)));

    /// <summary>[B, T, h·d] to [B, h, T, d].</summary>
    public string SplitHeads(string x, long heads, long width) =>
        graph.Node("Transpose", [graph.Node("Reshape", x, graph.Numbers(0, 0, heads, width))], ("perm", new long[] { 0, 2, 1, 3 }));

    public string JoinHeads(string x, long width) =>
        graph.Node("Reshape", graph.Node("Transpose", [x], ("perm", new long[] { 0, 2, 1, 3 })), graph.Numbers(0, 0, width));

    /// <summary>softmax(q·kᵀ/√d, blocked places left out)·v; all [B, h, ·, d].</summary>
    /// <param name="blocked">True where nothing may be looked at; broadcasts to [B, h, T, P+T]. Null: everything may.</param>
    public string Attend(string q, string k, string v, long width, string? blocked)
    {
        var scores = graph.Node("com.microsoft::FusedMatMul", [q, k], ("transB", 1L), ("alpha", (float)(1 / Math.Sqrt(width))));
        if (blocked is not null) scores = graph.Node("Where", blocked, graph.Scalar(float.MinValue), scores);
        return graph.Node("MatMul", graph.Node("Softmax", [scores], ("axis", -1L)), v);
    }

    /// <summary>Each key and value head for as many query heads as share it.</summary>
    public string RepeatHeads(string x, long heads, long times, long width)
    {
        if (times == 1) return x;
        var wide = graph.Node("Expand", graph.Node("Unsqueeze", x, graph.Numbers(2)), graph.Numbers(1, 1, times, 1, 1));
        return graph.Node("Reshape", wide, graph.Numbers(0, heads * times, -1, width));
    }

    public string Axis(string x, long axis) => graph.Node("Gather", [graph.Node("Shape", x), graph.Scalar(axis)], ("axis", 0L));

    /// <summary>Positions of this call's tokens [T], and which keys each must not see [B, 1, T, P+T], from input_ids [B, T] and attention_mask [B, P+T].</summary>
    public (string Positions, string Blocked) Causal(string ids, string mask)
    {
        var (total, one) = (Axis(mask, 1), graph.Scalar(1L));
        var past = graph.Node("Sub", total, Axis(ids, 1));
        var positions = graph.Node("Range", past, total, one);
        var keys = graph.Node("Range", graph.Scalar(0L), total, one);
        var later = graph.Node("Greater", graph.Node("Unsqueeze", keys, graph.Numbers(0)), graph.Node("Unsqueeze", positions, graph.Numbers(1)));
        return (positions, graph.Node("Or", later, Absent(mask)));
    }

    /// <summary>Padding, as [B, 1, 1, keys].</summary>
    public string Absent(string mask) => graph.Node("Unsqueeze", graph.Node("Equal", mask, graph.Scalar(0L)), graph.Numbers(1, 2));

    /// <summary>Puts what went before in front of this call's keys or values, and gives the whole out as <c>present</c>.</summary>
    public string Cache(string x, int layer, string kind, long heads, long width)
    {
        var past = graph.Input($"past_key_values.{layer}.{kind}", ElementType.Float, "batch", heads, "past", width);
        graph.Name("Concat", [past, x], $"present.{layer}.{kind}", ("axis", 2L));
        graph.Output($"present.{layer}.{kind}", ElementType.Float, "batch", heads, "total", width);
        return $"present.{layer}.{kind}";
    }

    /// <summary>An output of the graph: x under another name.</summary>
    public void Output(string x, string name, params ReadOnlySpan<object> axes)
    {
        graph.Name("Identity", [x], name);
        graph.Output(name, ElementType.Float, axes);
    }
}
