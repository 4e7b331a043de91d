using ModelZoo.Weights.Protobuf;

namespace ModelZoo.Weights.Onnx;

/// <summary>
/// Collects what a GraphProto and the subgraphs of its control-flow nodes hold: initialisers, constants of <c>Constant</c> nodes that are
/// learned numbers, inputs, outputs, and how often each operator occurs.
/// </summary>
sealed class OnnxGraph
{
    const WeightFormat Format = WeightFormat.Onnx;
    const int MaxOperators = 10_000;

    readonly HashSet<string> _initialisers = new(StringComparer.Ordinal);
    int _nodes;

    public List<TensorInfo> Tensors { get; } = [];
    public SortedDictionary<string, int> Operators { get; } = new(StringComparer.Ordinal);
    public List<GraphValue> Outputs { get; } = [];

    /// <summary>Inputs that somebody must give. Old exporters list weights as inputs too; those are left out.</summary>
    public List<GraphValue> GetInputs() => [.. _inputs.Where(input => !_initialisers.Contains(input.Name))];

    readonly List<GraphValue> _inputs = [];

    public async Task ReadAsync(ProtobufMessage graph, string prefix, CancellationToken stop)
    {
        var isMain = prefix.Length == 0;
        while (await graph.NextAsync(stop))
        {
            switch (graph.Field)
            {
                case 1: await ReadNodeAsync(graph.Enter(), prefix, stop); break;
                case 5: AddTensor(await OnnxTensor.ReadAsync(graph.Enter(), prefix, stop), isMain); break;
                case 11 when isMain: AddValue(_inputs, await OnnxValue.ReadAsync(graph.Enter(), stop)); break;
                case 12 when isMain: AddValue(Outputs, await OnnxValue.ReadAsync(graph.Enter(), stop)); break;
                case 15: await ReadSparseAsync(graph.Enter(), prefix, isMain, stop); break;
            }
        }
    }

    async Task ReadNodeAsync(ProtobufMessage node, string prefix, CancellationToken stop)
    {
        if (++_nodes > WeightLimits.MaxGraphNodes) throw Bad($"The graph has more than {WeightLimits.MaxGraphNodes} nodes.");
        string name = "", output = "", type = "", domain = "";
        var inner = new List<(string Attribute, ProtobufMessage Content, bool IsGraph)>();
        while (await node.NextAsync(stop))
        {
            switch (node.Field)
            {
                case 2 when output.Length == 0: output = await node.ReadTextAsync(WeightLimits.MaxNameBytes, "An output name", stop); break;
                case 3: name = await node.ReadTextAsync(WeightLimits.MaxNameBytes, "A node name", stop); break;
                case 4: type = await node.ReadTextAsync(WeightLimits.MaxNameBytes, "An operator name", stop); break;
                case 5: await ReadAttributeAsync(node.Enter(), inner, stop); break;
                case 7: domain = await node.ReadTextAsync(WeightLimits.MaxNameBytes, "An operator domain", stop); break;
            }
        }
        Count(domain is "" or "ai.onnx" ? type : $"{domain}::{type}");
        foreach (var (attribute, content, isGraph) in inner)
        {
            if (isGraph) await ReadAsync(content, $"{prefix}{(name.Length > 0 ? name : output)}.{attribute}/", stop);
            else if (type == "Constant" && domain is "" or "ai.onnx") await ReadConstantAsync(content, prefix, output, stop);
        }
    }

    static async Task ReadAttributeAsync(ProtobufMessage attribute, List<(string, ProtobufMessage, bool)> inner, CancellationToken stop)
    {
        var name = "";
        var found = new List<(ProtobufMessage, bool)>();
        while (await attribute.NextAsync(stop))
        {
            if (attribute.Field == 1) name = await attribute.ReadTextAsync(WeightLimits.MaxNameBytes, "An attribute name", stop);
            else if (attribute.Field is 6 or 11) found.Add((attribute.Enter(), true));
            else if (attribute.Field == 5) found.Add((attribute.Enter(), false));
        }
        foreach (var (content, isGraph) in found) inner.Add((name, content, isGraph));
    }

    /// <summary>Some exporters store weights as constants. Scalars and whole numbers are arithmetic, not weights.</summary>
    async Task ReadConstantAsync(ProtobufMessage content, string prefix, string output, CancellationToken stop)
    {
        var tensor = await OnnxTensor.ReadAsync(content, "", stop);
        if (tensor.ElementCount > 1 && tensor.DType.IsFloating)
            AddTensor(tensor with { Name = prefix + output }, isMain: false);
    }

    async Task ReadSparseAsync(ProtobufMessage sparse, string prefix, bool isMain, CancellationToken stop)
    {
        while (await sparse.NextAsync(stop))
            if (sparse.Field is 1) AddTensor(await OnnxTensor.ReadAsync(sparse.Enter(), prefix, stop), isMain);
    }

    void AddTensor(TensorInfo tensor, bool isMain)
    {
        if (Tensors.Count == WeightLimits.MaxTensors) throw Bad($"There are more than {WeightLimits.MaxTensors} tensors.");
        if (isMain && !_initialisers.Add(tensor.Name)) throw Bad($"The tensor name '{tensor.Name}' occurs twice.");
        Tensors.Add(tensor);
    }

    static void AddValue(List<GraphValue> values, GraphValue value)
    {
        if (values.Count == WeightLimits.MaxTensors) throw Bad($"The graph has more than {WeightLimits.MaxTensors} inputs or outputs.");
        values.Add(value);
    }

    void Count(string name)
    {
        if (!Operators.TryGetValue(name, out var count) && Operators.Count == MaxOperators) throw Bad($"The graph uses more than {MaxOperators} operators.");
        Operators[name] = count + 1;
    }

    static WeightFormatException Bad(string message) => new(Format, message);
}
