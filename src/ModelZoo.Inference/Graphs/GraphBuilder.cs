using System.Globalization;
using System.Runtime.InteropServices;
using ModelZoo.Inference.Runtime;

namespace ModelZoo.Inference.Graphs;

/// <summary>
/// Writes an ONNX graph (ModelProto, onnx/onnx.proto): nodes in an order of execution, small constants inside, weights inside or as pieces of a file
/// beside it, which are mapped and never copied. Node methods return the name of what the node computes.
/// </summary>
public sealed class GraphBuilder(string name, int opset = 17)
{
    const int IrVersion = 8;    // goes with opset 17 (onnx/docs/Versioning.md)

    /// <summary>Operators that ONNX Runtime adds to the standard ones, written as <c>com.microsoft::Name</c>.</summary>
    const string Microsoft = "com.microsoft";

    readonly ProtobufWriter _nodes = new();
    readonly ProtobufWriter _ports = new();
    readonly ProtobufWriter _initialisers = new();
    readonly Dictionary<string, string> _constants = new(StringComparer.Ordinal);
    readonly HashSet<string> _weights = new(StringComparer.Ordinal);
    bool _usesMicrosoft;
    int _next;

    /// <summary>Declares an input. Axes are lengths or names of lengths that are open, such as <c>batch</c>.</summary>
    public string Input(string input, ElementType type, params ReadOnlySpan<object> axes)
    {
        _ports.Message(11, Port(input, type, axes));
        return input;
    }

    public void Output(string output, ElementType type, params ReadOnlySpan<object> axes) => _ports.Message(12, Port(output, type, axes));

    /// <summary>A weight that lies in another file of the same folder.</summary>
    public string Weight(string weight, ElementType type, IReadOnlyList<long> shape, string file, long offset, long bytes)
    {
        if (!_weights.Add(weight)) return weight;
        var tensor = new ProtobufWriter();
        foreach (var length in shape) tensor.Number(1, length);
        tensor.Number(2, (long)type).Text(8, weight);
        foreach (var (key, value) in (ReadOnlySpan<(string, string)>)[("location", file), ("offset", Text(offset)), ("length", Text(bytes))])
            tensor.Message(13, new ProtobufWriter().Text(1, key).Text(2, value));
        _initialisers.Message(5, tensor.Number(14, 1));
        return weight;

        static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
    }

    /// <summary>A constant inside the graph; equal ones are written once.</summary>
    public string Constant<T>(ReadOnlySpan<T> values, params ReadOnlySpan<long> shape) where T : unmanaged
    {
        var type = ElementTypes.Of<T>();
        var tensor = new ProtobufWriter();
        foreach (var length in shape) tensor.Number(1, length);
        tensor.Number(2, (long)type).Bytes(9, MemoryMarshal.AsBytes(values));
        var key = Convert.ToHexString(tensor.Written);
        if (_constants.TryGetValue(key, out var known)) return known;
        var constant = _constants[key] = Fresh("const");
        _initialisers.Message(5, tensor.Text(8, constant));
        return constant;
    }

    /// <summary>Weights inside the graph, under a name of their own.</summary>
    public string Stored(ReadOnlySpan<float> values, params ReadOnlySpan<long> shape) => Stored(Fresh("stored"), values, shape);

    /// <summary>Weights inside the graph; those of one name are written once.</summary>
    public string Stored(string weight, ReadOnlySpan<float> values, ReadOnlySpan<long> shape)
    {
        if (!_weights.Add(weight)) return weight;
        var tensor = new ProtobufWriter();
        foreach (var length in shape) tensor.Number(1, length);
        _initialisers.Message(5, tensor.Number(2, (long)ElementType.Float).Text(8, weight).Bytes(9, MemoryMarshal.AsBytes(values)));
        return weight;
    }

    public string Scalar<T>(T value) where T : unmanaged => Constant<T>([value]);

    /// <summary>A list of whole numbers, as shapes and axes are given.</summary>
    public string Numbers(params ReadOnlySpan<long> values) => Constant(values, values.Length);

    public string Node(string op, params ReadOnlySpan<string> inputs) => Node(op, inputs, []);

    public string Node(string op, ReadOnlySpan<string> inputs, params ReadOnlySpan<(string Name, object Value)> attributes) => Nodes(op, 1, inputs, attributes)[0];

    public string[] Nodes(string op, int outputs, ReadOnlySpan<string> inputs, params ReadOnlySpan<(string Name, object Value)> attributes)
    {
        var names = new string[outputs];
        for (var i = 0; i < outputs; i++) names[i] = Fresh(op.ToLowerInvariant());
        Write(op, inputs, names, attributes);
        return names;
    }

    /// <summary>A node that gives its result a name of the caller's choice, as outputs of the graph need.</summary>
    public void Name(string op, ReadOnlySpan<string> inputs, string output, params ReadOnlySpan<(string Name, object Value)> attributes) => Write(op, inputs, [output], attributes);

    void Write(string op, ReadOnlySpan<string> inputs, ReadOnlySpan<string> outputs, ReadOnlySpan<(string Name, object Value)> attributes)
    {
        var node = new ProtobufWriter();
        foreach (var input in inputs) node.Text(1, input);
        foreach (var output in outputs) node.Text(2, output);
        var domain = op.Contains("::", StringComparison.Ordinal) ? op[..op.IndexOf("::", StringComparison.Ordinal)] : "";
        _usesMicrosoft |= domain == Microsoft;
        node.Text(4, domain.Length > 0 ? op[(domain.Length + 2)..] : op);
        foreach (var (key, value) in attributes) node.Message(5, Attribute(key, value));
        if (domain.Length > 0) node.Text(7, domain);
        _nodes.Message(1, node);
    }

    static ProtobufWriter Attribute(string key, object value)
    {
        var attribute = new ProtobufWriter().Text(1, key);
        switch (value)
        {
            case float real: return attribute.Real(2, real).Number(20, 1);
            case int number: return attribute.Number(3, number).Number(20, 2);
            case long number: return attribute.Number(3, number).Number(20, 2);
            case string text: return attribute.Text(4, text).Number(20, 3);
            case GraphBuilder graph: return attribute.Message(6, graph.Graph()).Number(20, 5);
            case long[] numbers:
                foreach (var number in numbers) attribute.Number(8, number);
                return attribute.Number(20, 7);
            default: throw new ArgumentException($"An attribute of {value.GetType().Name} is not written.");
        }
    }

    ProtobufWriter Graph() => new ProtobufWriter().Append(_nodes).Text(2, name).Append(_initialisers).Append(_ports);

    /// <summary>The whole file.</summary>
    public byte[] ToBytes()
    {
        var model = new ProtobufWriter().Number(1, IrVersion).Text(2, "ModelZoo").Message(7, Graph()).Message(8, new ProtobufWriter().Text(1, "").Number(2, opset));
        if (_usesMicrosoft) model.Message(8, new ProtobufWriter().Text(1, Microsoft).Number(2, 1));
        return model.Written.ToArray();
    }

    static ProtobufWriter Port(string port, ElementType type, ReadOnlySpan<object> axes)
    {
        var shape = new ProtobufWriter();
        foreach (var axis in axes)
            shape.Message(1, axis is string symbol ? new ProtobufWriter().Text(2, symbol) : new ProtobufWriter().Number(1, Convert.ToInt64(axis, CultureInfo.InvariantCulture)));
        var tensor = new ProtobufWriter().Number(1, (long)type).Message(2, shape);
        return new ProtobufWriter().Text(1, port).Message(2, new ProtobufWriter().Message(1, tensor));
    }

    string Fresh(string stem) => $"{name}/{stem}_{_next++}";
}
