using ModelZoo.Weights.Onnx;

namespace ModelZoo.Profiling.Graphs;

/// <summary>
/// Shapes of all values of a graph, from the inputs on. Where shapes are computed by the graph itself (Shape, Gather, Concat, Reshape), the
/// numbers are followed. A value whose shape cannot be told stays unknown, and so does what follows from it.
/// </summary>
sealed class GraphShapes
{
    readonly Dictionary<string, long[]> _shapes = new(StringComparer.Ordinal);
    readonly Dictionary<string, long[]> _values = new(StringComparer.Ordinal);

    public long[]? Find(string name) => _shapes.GetValueOrDefault(name);

    long[]? Input(OnnxNode node, int index) => index < node.Inputs.Count ? Find(node.Inputs[index]) : null;

    public long[]? FindValues(string name) => _values.GetValueOrDefault(name);

    const int MaxRank = 64;

    /// <summary>More numbers than any value has; sums over them stay far from the end of a double's whole numbers.</summary>
    const double MaxElements = 1L << 48;

    /// <summary>A shape that cannot be (axes below zero, too many of them, more numbers than exist) leaves its value unknown.</summary>
    public void Set(string name, long[] shape)
    {
        var elements = 1.0;
        foreach (var axis in shape) elements *= axis < 0 ? double.PositiveInfinity : Math.Max(1, axis);
        if (shape.Length > MaxRank || elements > MaxElements) _shapes.Remove(name);
        else _shapes[name] = shape;
    }

    public void SetValues(string name, long[] values) => _values[name] = values;

    public static long Count(IReadOnlyList<long> shape)
    {
        long count = 1;
        foreach (var axis in shape) count = checked(count * axis);
        return count;
    }

    /// <summary>Infers what a node writes.</summary>
    /// <returns>False when the shape of what a node writes cannot be told.</returns>
    public bool Infer(OnnxNode node, long opset) => Follow(node, opset) && (node.Outputs.Count == 0 || node.Outputs[0].Length == 0 || Find(node.Outputs[0]) is not null);

    bool Follow(OnnxNode node, long opset)
    {
        var outputs = node.Outputs;
        if (outputs.Count == 0) return true;
        var x = node.Inputs.Count > 0 ? Find(node.Inputs[0]) : null;
        switch (Plain(node.Operator))
        {
            case "Constant":
                if (node.Constant is { } constant) SetConstant(outputs[0], constant);
                else if (node.Numbers.TryGetValue("value_ints", out var ints)) SetBoth(outputs[0], [ints.Count], [.. ints]);
                else if (node.FindNumber("value_int") is { } whole) SetBoth(outputs[0], [], [whole]);
                else Set(outputs[0], []);
                return true;
            case "Shape" when x is not null:
                var start = Axis(node.FindNumber("start") ?? 0, x.Length + 1);
                var end = node.FindNumber("end") is { } to ? Axis(to, x.Length + 1) : x.Length;
                var dims = x[(int)Math.Clamp(start, 0, x.Length)..(int)Math.Clamp(end, 0, x.Length)];
                SetBoth(outputs[0], [dims.Length], dims);
                return true;
            case "ConstantOfShape" when node.Inputs.Count > 0 && FindValues(node.Inputs[0]) is { } filled:
                Set(outputs[0], filled);
                if (filled.Length <= 1 && Find(outputs[0]) is not null && Count(filled) <= 256) SetValues(outputs[0], [.. Enumerable.Repeat(node.Constant?.Values is [var v] ? v : 0, (int)Count(filled))]);
                return true;
            case "Conv" or "ConvInteger" or "QLinearConv": return Convolution(node, x);
            case "ConvTranspose": return Transposed(node, x);
            case "MaxPool" or "AveragePool" or "LpPool": return Pool(node, x);
            case "GlobalAveragePool" or "GlobalMaxPool" when x is not null: Set(outputs[0], [.. x.Select((axis, i) => i < 2 ? axis : 1)]); return true;
            case "Gemm": return Gemm(node, x);
            case "MatMul" or "MatMulInteger" or "QLinearMatMul": return MatMul(node, x);
            case "LSTM" or "GRU" or "RNN": return Recurrent(node, x);
            case "Add" or "Sub" or "Mul" or "Div" or "Pow" or "Min" or "Max" or "Mod" or "Equal" or "Less" or "Greater" or "LessOrEqual" or "GreaterOrEqual" or "And" or "Or" or "Xor" or "Where" or "PRelu" or "Sum" or "Mean" or "QLinearAdd" or "QLinearMul":
                return Broadcast(node);
            default: return ShapeOperators.Infer(this, node, x, opset) || Same(node, x);
        }
    }

    /// <summary>Operators of other domains that compute the same (com.microsoft).</summary>
    public static string Plain(string name) => name.StartsWith("com.microsoft::", StringComparison.Ordinal) ? name["com.microsoft::".Length..] : name;

    public void SetConstant(string name, OnnxConstant constant)
    {
        Set(name, [.. constant.Tensor.Shape]);
        if (constant.Values is { } values) SetValues(name, [.. values]);
    }

    public void SetBoth(string name, long[] shape, long[] values)
    {
        Set(name, shape);
        SetValues(name, values);
    }

    /// <summary>Element by element: what goes in comes out. Further outputs (masks of dropout, statistics of norms) stay unknown.</summary>
    bool Same(OnnxNode node, long[]? x)
    {
        if (x is null || node.HasGraph || !s_same.Contains(Plain(node.Operator))) return false;
        Set(node.Outputs[0], x);
        if (Plain(node.Operator) is "Identity" or "Cast" or "Dropout" or "Floor" or "Ceil" && FindValues(node.Inputs[0]) is { } values) SetValues(node.Outputs[0], values);
        if (Plain(node.Operator) is "SkipLayerNormalization" or "SkipSimplifiedLayerNormalization" && node.Outputs.Count > 3) Set(node.Outputs[3], x);
        return true;
    }

    static readonly HashSet<string> s_same = new(StringComparer.Ordinal)
    {
        "Relu", "Sigmoid", "Tanh", "Clip", "Cast", "CastLike", "Erf", "Sqrt", "Exp", "Log", "Neg", "Abs", "LeakyRelu", "HardSigmoid", "HardSwish", "Elu", "Selu", "Celu", "Gelu", "FastGelu", "QuickGelu", "BiasGelu",
        "Softmax", "LogSoftmax", "Hardmax", "Identity", "Dropout", "LayerNormalization", "SimplifiedLayerNormalization", "SkipLayerNormalization", "SkipSimplifiedLayerNormalization", "RMSNormalization",
        "BatchNormalization", "InstanceNormalization", "GroupNormalization", "LpNormalization", "MeanVarianceNormalization", "LRN", "Softplus", "Softsign", "Not", "Floor", "Ceil", "Round", "Sign", "Reciprocal",
        "Sin", "Cos", "QuantizeLinear", "DequantizeLinear", "CumSum", "Trilu", "IsNaN", "IsInf", "Mish", "ThresholdedRelu", "Shrink", "Scaler", "Normalizer", "ImageScaler", "Swish", "BiasAdd", "RotaryEmbedding", "ScatterND", "ScatterElements",
    };

    bool Broadcast(OnnxNode node)
    {
        long[]? shape = null;
        foreach (var input in node.Inputs)
        {
            if (Find(input) is not { } other) return false;
            shape = shape is null ? other : Broadcast(shape, other);
            if (shape is null) return false;
        }
        if (shape is null) return false;
        Set(node.Outputs[0], shape);
        if (node.Inputs.Count == 2 && FindValues(node.Inputs[0]) is { } a && FindValues(node.Inputs[1]) is { } b && Match(a.Length, b.Length))
        {
            var values = new long[Math.Max(a.Length, b.Length)];
            for (var i = 0; i < values.Length; i++)
            {
                var (left, right) = (a[a.Length == 1 ? 0 : i], b[b.Length == 1 ? 0 : i]);
                if (Compute(Plain(node.Operator), left, right) is not { } value) return true;
                values[i] = value;
            }
            SetValues(node.Outputs[0], values);
        }
        else if (Plain(node.Operator) == "Where" && node.Inputs.Count == 3 && FindValues(node.Inputs[0]) is { } when && FindValues(node.Inputs[1]) is { } then && FindValues(node.Inputs[2]) is { } otherwise
            && Match(when.Length, then.Length) && Match(then.Length, otherwise.Length) && Match(when.Length, otherwise.Length))
        {
            var count = Math.Max(when.Length, Math.Max(then.Length, otherwise.Length));
            SetValues(node.Outputs[0], [.. Enumerable.Range(0, count).Select(i => when[when.Length == 1 ? 0 : i] != 0 ? then[then.Length == 1 ? 0 : i] : otherwise[otherwise.Length == 1 ? 0 : i])]);
        }
        return true;
    }

    static bool Match(int a, int b) => a > 0 && b > 0 && (a == b || a == 1 || b == 1);

    static long? Compute(string op, long a, long b) => op switch
    {
        "Add" => checked(a + b),
        "Sub" => checked(a - b),
        "Mul" => checked(a * b),
        "Div" when b != 0 && !(a == long.MinValue && b == -1) => a / b,
        "Mod" when b is not (0 or -1) => a % b,
        "Min" => Math.Min(a, b),
        "Max" => Math.Max(a, b),
        "Equal" => a == b ? 1 : 0,
        _ => null,
    };

    public static long[]? Broadcast(long[] a, long[] b)
    {
        var shape = new long[Math.Max(a.Length, b.Length)];
        for (var i = 1; i <= shape.Length; i++)
        {
            var (left, right) = (i <= a.Length ? a[^i] : 1, i <= b.Length ? b[^i] : 1);
            if (left != right && left != 1 && right != 1) return null;
            shape[^i] = left == 1 ? right : left;
        }
        return shape;
    }

    bool Convolution(OnnxNode node, long[]? x)
    {
        var w = Input(node, node.Operator == "QLinearConv" ? 3 : 1);
        if (x is null || w is null || x.Length < 3 || w.Length != x.Length) return false;
        var shape = new long[x.Length];
        (shape[0], shape[1]) = (x[0], w[0]);
        for (var i = 2; i < x.Length; i++) shape[i] = Window(node, i - 2, x.Length - 2, x[i], w[i]);
        if (shape.Any(axis => axis < 0)) return false;
        Set(node.Outputs[0], shape);
        return true;
    }

    bool Pool(OnnxNode node, long[]? x)
    {
        if (x is null || x.Length < 3 || !node.Numbers.TryGetValue("kernel_shape", out var kernel) || kernel.Count != x.Length - 2) return false;
        var shape = (long[])[.. x];
        for (var i = 2; i < x.Length; i++) shape[i] = Window(node, i - 2, x.Length - 2, x[i], kernel[i - 2]);
        if (shape.Any(axis => axis < 0)) return false;
        Set(node.Outputs[0], shape);
        return true;
    }

    static long Window(OnnxNode node, int axis, int axes, long size, long kernel)
    {
        var stride = Math.Max(1, At(node, "strides", axis, 1));
        var wide = checked((kernel - 1) * At(node, "dilations", axis, 1) + 1);
        var auto = node.Texts.GetValueOrDefault("auto_pad");
        if (auto is "SAME_UPPER" or "SAME_LOWER") return (size + stride - 1) / stride;
        var pads = auto == "VALID" ? 0 : checked(At(node, "pads", axis, 0) + At(node, "pads", axis + axes, 0));
        var free = checked(size + pads - wide);
        if (free < 0) return -1;
        return (node.FindNumber("ceil_mode") == 1 ? (free + stride - 1) / stride : free / stride) + 1;
    }

    bool Transposed(OnnxNode node, long[]? x)
    {
        var w = node.Inputs.Count > 1 ? Find(node.Inputs[1]) : null;
        if (x is null || w is null || x.Length < 3 || w.Length != x.Length) return false;
        var shape = new long[x.Length];
        (shape[0], shape[1]) = (x[0], checked(w[1] * (node.FindNumber("group") ?? 1)));
        for (var i = 2; i < x.Length; i++)
            shape[i] = checked((x[i] - 1) * At(node, "strides", i - 2, 1) + (w[i] - 1) * At(node, "dilations", i - 2, 1) + 1
                + At(node, "output_padding", i - 2, 0) - At(node, "pads", i - 2, 0) - At(node, "pads", i - 2 + x.Length - 2, 0));
        if (shape.Any(axis => axis < 0)) return false;
        Set(node.Outputs[0], shape);
        return true;
    }

    bool Gemm(OnnxNode node, long[]? a)
    {
        var b = node.Inputs.Count > 1 ? Find(node.Inputs[1]) : null;
        if (a is not { Length: 2 } || b is not { Length: 2 }) return false;
        Set(node.Outputs[0], [node.FindNumber("transA") == 1 ? a[1] : a[0], node.FindNumber("transB") == 1 ? b[0] : b[1]]);
        return true;
    }

    bool MatMul(OnnxNode node, long[]? a)
    {
        var b = Input(node, node.Operator == "QLinearMatMul" ? 3 : 1);
        if (a is null or [] || b is null or []) return false;
        var (left, right) = (a.Length == 1 ? [1, a[0]] : a, b.Length == 1 ? [b[0], 1] : b);
        if (left[^1] != right[^2] || Broadcast(left[..^2], right[..^2]) is not { } leading) return false;
        List<long> shape = [.. leading];
        if (a.Length > 1) shape.Add(left[^2]);
        if (b.Length > 1) shape.Add(right[^1]);
        Set(node.Outputs[0], [.. shape]);
        return true;
    }

    bool Recurrent(OnnxNode node, long[]? x)
    {
        var r = node.Inputs.Count > 2 ? Find(node.Inputs[2]) : null;
        if (x is not { Length: 3 } || r is not { Length: 3 }) return false;
        var (directions, hidden) = (r[0], r[2]);
        Set(node.Outputs[0], [x[0], directions, x[1], hidden]);
        for (var i = 1; i < node.Outputs.Count; i++) Set(node.Outputs[i], [directions, x[1], hidden]);
        return true;
    }

    static long At(OnnxNode node, string name, int index, long otherwise) => node.Numbers.TryGetValue(name, out var numbers) && index < numbers.Count ? numbers[index] : otherwise;

    public static int Axis(long axis, int rank) => (int)Math.Clamp(axis < 0 ? axis + rank : axis, 0, Math.Max(0, rank - 1));
}
