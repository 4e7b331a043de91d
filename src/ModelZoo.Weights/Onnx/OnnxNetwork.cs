namespace ModelZoo.Weights.Onnx;

/// <summary>A node of a graph: an operator, the names it reads and writes, and the attributes that shapes depend on.</summary>
/// <param name="Operator">With its domain in front (<c>com.microsoft::Attention</c>) unless that is ONNX's own.</param>
public sealed record OnnxNode(string Operator, IReadOnlyList<string> Inputs, IReadOnlyList<string> Outputs, IReadOnlyDictionary<string, IReadOnlyList<long>> Numbers, IReadOnlyDictionary<string, string> Texts)
{
    /// <summary>The tensor of a <c>Constant</c> or the value of a <c>ConstantOfShape</c>.</summary>
    public OnnxConstant? Constant { get; init; }

    /// <summary>Holds a graph of its own: a branch or the body of a loop.</summary>
    public bool HasGraph { get; init; }

    public long? FindNumber(string name) => Numbers.TryGetValue(name, out var numbers) && numbers.Count == 1 ? numbers[0] : null;
}

/// <summary>A tensor of the graph, with its numbers when they are few and whole, as those that shapes are computed from.</summary>
public sealed record OnnxConstant(TensorInfo Tensor, IReadOnlyList<long>? Values);

/// <summary>The main graph of an ONNX model, node by node in the file's order, which is an order of execution.</summary>
public sealed record OnnxNetwork(IReadOnlyList<OnnxNode> Nodes, IReadOnlyDictionary<string, OnnxConstant> Initialisers, IReadOnlyList<GraphValue> Inputs, IReadOnlyList<GraphValue> Outputs)
{
    /// <exception cref="WeightFormatException">The file breaks the rules of its format or exceeds a limit.</exception>
    public static Task<OnnxNetwork> ReadAsync(IByteSource source, CancellationToken stop) => new OnnxNodes(source).ReadAsync(stop);
}
