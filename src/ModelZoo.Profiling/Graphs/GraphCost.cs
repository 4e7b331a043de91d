using ModelZoo.Weights;
using ModelZoo.Weights.Onnx;

namespace ModelZoo.Profiling.Graphs;

/// <summary>What a graph costs at given input sizes.</summary>
/// <param name="Macs">Multiply-accumulates of products, convolutions and recurrent layers.</param>
/// <param name="Parameters">Elements of initialisers that something learned with.</param>
/// <param name="WeightBytes">Their bytes.</param>
/// <param name="OutputElements">Elements that convolutions, products and recurrent layers write.</param>
/// <param name="PeakBytes">Most bytes alive at once in the file's order: an upper bound, since runtimes reuse and fuse.</param>
/// <param name="Unknown">Nodes whose shapes could not be told, by operator.</param>
sealed record GraphCost(double Macs, long Parameters, long WeightBytes, double OutputElements, double PeakBytes, IReadOnlyDictionary<string, int> Unknown, IReadOnlyList<string> Assumed)
{
    static readonly HashSet<string> s_weighing = new(StringComparer.Ordinal)
    {
        "Conv", "ConvInteger", "QLinearConv", "ConvTranspose", "Gemm", "MatMul", "MatMulInteger", "QLinearMatMul", "LSTM", "GRU", "RNN", "Attention", "MultiHeadAttention",
    };

    /// <summary>Operators whose float inputs are arithmetic on shapes or settings, never learned.</summary>
    static readonly HashSet<string> s_settings = new(StringComparer.Ordinal) { "Resize", "Upsample", "Clip", "Pad", "Pow", "Where", "Equal", "Less", "Greater", "Range", "Reshape", "Slice", "Expand", "Tile" };

    public static GraphCost Of(OnnxNetwork network, IReadOnlyDictionary<string, long> sizes, long opset)
    {
        var shapes = new GraphShapes();
        var assumed = new List<string>();
        foreach (var input in network.Inputs) Place(shapes, input, sizes, assumed);
        foreach (var (name, constant) in network.Initialisers) shapes.SetConstant(name, constant);
        var lastUse = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var i = 0; i < network.Nodes.Count; i++)
            foreach (var input in network.Nodes[i].Inputs) lastUse[input] = i;
        foreach (var output in network.Outputs) lastUse[output.Name] = network.Nodes.Count;

        double macs = 0, outputs = 0, live = 0, peak = 0;
        var alive = new Dictionary<string, double>(StringComparer.Ordinal);
        var unknown = new SortedDictionary<string, int>(StringComparer.Ordinal);
        foreach (var input in network.Inputs) Keep(input.Name, -1);
        for (var i = 0; i < network.Nodes.Count; i++)
        {
            var node = network.Nodes[i];
            if (!shapes.Infer(node, opset) || node.HasGraph) unknown[node.Operator] = unknown.GetValueOrDefault(node.Operator) + 1;
            var own = MacsOf(node, shapes);
            macs += own;
            if (own > 0 && shapes.Find(node.Outputs[0]) is { } written) outputs += GraphShapes.Count(written);
            if (node.Operator != "Constant")
                foreach (var output in node.Outputs.Where(o => o.Length > 0)) Keep(output, i);
            peak = Math.Max(peak, live);
            foreach (var name in node.Inputs.Concat(node.Outputs).Distinct().Where(name => lastUse.GetValueOrDefault(name, -1) <= i).ToList())
                if (alive.Remove(name, out var bytes)) live -= bytes;
        }
        var (parameters, weightBytes) = Learned(network);
        return new(macs, parameters, weightBytes, outputs, peak, unknown, assumed);

        // Four bytes a number: the graph's own types of inner values are rarely written down.
        void Keep(string name, int at)
        {
            if (shapes.Find(name) is { } shape && !network.Initialisers.ContainsKey(name) && lastUse.GetValueOrDefault(name, -1) > at - 1 && alive.TryAdd(name, 4.0 * GraphShapes.Count(shape))) live += 4.0 * GraphShapes.Count(shape);
        }
    }

    /// <summary>Fills open axes: the first is the batch and becomes 1; a picture is 224 on a side, a sequence 128 long, unless sizes say otherwise.</summary>
    static void Place(GraphShapes shapes, GraphValue input, IReadOnlyDictionary<string, long> sizes, List<string> assumed)
    {
        if (input.Shape is not { } axes) return;
        var shape = new long[axes.Count];
        for (var i = 0; i < shape.Length; i++)
        {
            if (axes[i].Length is { } known) shape[i] = i == 0 && axes.Count > 1 && known == 0 ? 1 : known;
            else
            {
                var isGiven = Given(axes[i].Symbol, i, axes.Count, sizes, out var given);
                shape[i] = isGiven ? given : i == 0 ? 1 : axes.Count == 4 ? 224 : 128;
                if (i > 0 && !isGiven) assumed.Add($"{input.Name} axis {i} ({axes[i]}) = {shape[i]}");
            }
        }
        if (GraphShapes.Count(shape) > ProfileLimits.MaxDimension) return;
        shapes.Set(input.Name, shape);
    }

    /// <summary>By the name that the file gives an axis, or by what axes of this place are: height and width of a picture, the length of a sequence. The batch stays 1: scenarios have their own.</summary>
    static bool Given(string? symbol, int axis, int rank, IReadOnlyDictionary<string, long> sizes, out long size)
    {
        size = 0;
        return (symbol is not null && sizes.TryGetValue(symbol, out size)) || (rank == 4 ? axis == 2 && sizes.TryGetValue("height", out size) || axis == 3 && sizes.TryGetValue("width", out size)
            : axis == 1 && sizes.TryGetValue("sequence", out size));
    }

    /// <summary>Multiply-accumulates of one node; zero for everything that multiplies no matrices.</summary>
    static double MacsOf(OnnxNode node, GraphShapes shapes)
    {
        if (node.Outputs.Count == 0 || node.Inputs.Count < 2 || shapes.Find(node.Outputs[0]) is not { } y) return 0;
        long[]? Input(int i) => node.Inputs.Count > i ? shapes.Find(node.Inputs[i]) : null;
        var elements = (double)GraphShapes.Count(y);
        switch (GraphShapes.Plain(node.Operator))
        {
            case "Conv" or "ConvInteger" or "QLinearConv":
                // [C_out, C_in / groups, kernel…]: each output takes one product per weight of its channel.
                return Input(node.Operator == "QLinearConv" ? 3 : 1) is { Length: > 2 } w && w[0] > 0 ? elements * GraphShapes.Count(w) / w[0] : 0;
            case "ConvTranspose":
                return Input(0) is { } x && Input(1) is { Length: > 2 } wt && wt[0] > 0 ? (double)GraphShapes.Count(x) * GraphShapes.Count(wt) / wt[0] : 0;
            case "Gemm":
                return Input(0) is { Length: 2 } a ? elements * (node.FindNumber("transA") == 1 ? a[0] : a[1]) : 0;
            case "MatMul" or "MatMulInteger" or "QLinearMatMul":
                return Input(0) is { Length: > 0 } m ? elements * m[^1] : 0;
            case "LSTM" or "GRU" or "RNN":
                // Gates × hidden × (input + hidden) per step, sequence and direction.
                return Input(0) is { Length: 3 } seq && Input(1) is { Length: 3 } wx && Input(2) is { Length: 3 } wr ? (double)seq[0] * seq[1] * wx[0] * wx[1] * (wx[2] + wr[2]) : 0;
            case "Attention" or "MultiHeadAttention":
                // Two products of all pairs over the full width; projections of the fused form besides.
                if (Input(0) is not { Length: 3 } q || y.Length == 0) return 0;
                var keys = node.Operator == "com.microsoft::Attention" ? q[1] : Input(1) is { Length: 3 } k ? k[1] : q[1];
                return 2.0 * q[0] * q[1] * keys * y[^1] + (node.Operator == "com.microsoft::Attention" && Input(1) is { Length: 2 } fused ? (double)q[0] * q[1] * GraphShapes.Count(fused) : 0);
            default: return 0;
        }
    }

    /// <summary>Initialisers and constants that something learned with. Running statistics of batch norms and constants of shape arithmetic do not count.</summary>
    static (long Parameters, long Bytes) Learned(OnnxNetwork network)
    {
        var constants = new Dictionary<string, TensorInfo>(StringComparer.Ordinal);
        foreach (var (name, constant) in network.Initialisers) constants[name] = constant.Tensor;
        foreach (var node in network.Nodes)
            if (node is { Operator: "Constant", Constant: { } constant, Outputs: [var output, ..] }) constants.TryAdd(output, constant.Tensor);
        var quantised = network.Nodes.Where(n => n.Operator is "DequantizeLinear" || n.Operator.StartsWith("QLinear", StringComparison.Ordinal) || n.Operator.EndsWith("Integer", StringComparison.Ordinal)).ToList();
        var counted = new HashSet<string>(StringComparer.Ordinal);
        var settings = new HashSet<string>(StringComparer.Ordinal);
        foreach (var node in quantised)
            foreach (var (input, i) in node.Inputs.Select((input, i) => (input, i)))
                if (constants.TryGetValue(input, out var tensor) && node.Operator == "DequantizeLinear" ? i > 0 : tensor?.DType.IsFloating == true) settings.Add(input);
                else if (constants.TryGetValue(input, out tensor) && tensor.ElementCount > 1) counted.Add(input);
        foreach (var node in network.Nodes)
        {
            if (s_settings.Contains(node.Operator)) continue;
            for (var i = 0; i < node.Inputs.Count; i++)
            {
                if (node.Operator == "BatchNormalization" && i > 2) continue;
                if (constants.TryGetValue(node.Inputs[i], out var tensor) && tensor.DType.IsFloating && tensor.ElementCount > 1 && !settings.Contains(node.Inputs[i])) counted.Add(node.Inputs[i]);
            }
        }
        long parameters = 0, bytes = 0;
        foreach (var name in counted) (parameters, bytes) = (checked(parameters + constants[name].ElementCount), checked(bytes + constants[name].ByteLength));
        return (parameters, bytes);
    }

    public bool IsComplete => !Unknown.Keys.Any(op => s_weighing.Contains(GraphShapes.Plain(op)));
}
