using System.Buffers.Binary;
using ModelZoo.Weights.Protobuf;

namespace ModelZoo.Weights.Onnx;

/// <summary>Reads the nodes of the main graph. Tensor content is passed over, but for short lists of whole numbers.</summary>
sealed class OnnxNodes(IByteSource source)
{
    const WeightFormat Format = WeightFormat.Onnx;

    /// <summary>Longest list of whole numbers that is read: shapes, axes and indices are far shorter.</summary>
    const int MaxValues = 256;

    const int MaxPorts = 65_536;

    readonly List<OnnxNode> _nodes = [];
    readonly Dictionary<string, OnnxConstant> _initialisers = new(StringComparer.Ordinal);
    readonly List<GraphValue> _inputs = [];
    readonly List<GraphValue> _outputs = [];

    public async Task<OnnxNetwork> ReadAsync(CancellationToken stop)
    {
        var message = ProtobufMessage.Open(new SourceCursor(source, Format), Format);
        while (await message.NextAsync(stop))
            if (message.Field == 7) await ReadGraphAsync(message.Enter(), stop);
        return new(_nodes, _initialisers, [.. _inputs.Where(input => !_initialisers.ContainsKey(input.Name))], _outputs);
    }

    async Task ReadGraphAsync(ProtobufMessage graph, CancellationToken stop)
    {
        while (await graph.NextAsync(stop))
        {
            switch (graph.Field)
            {
                case 1:
                    if (_nodes.Count == WeightLimits.MaxGraphNodes) throw Bad($"The graph has more than {WeightLimits.MaxGraphNodes} nodes.");
                    _nodes.Add(await ReadNodeAsync(graph.Enter(), stop));
                    break;
                case 5:
                    var constant = await ReadConstantAsync(graph, stop);
                    if (_initialisers.Count == WeightLimits.MaxTensors) throw Bad($"There are more than {WeightLimits.MaxTensors} tensors.");
                    _initialisers[constant.Tensor.Name] = constant;
                    break;
                case 11: Add(_inputs, await OnnxValue.ReadAsync(graph.Enter(), stop)); break;
                case 12: Add(_outputs, await OnnxValue.ReadAsync(graph.Enter(), stop)); break;
            }
        }
    }

    static void Add(List<GraphValue> values, GraphValue value)
    {
        if (values.Count == WeightLimits.MaxTensors) throw Bad($"The graph has more than {WeightLimits.MaxTensors} inputs or outputs.");
        values.Add(value);
    }

    async Task<OnnxNode> ReadNodeAsync(ProtobufMessage node, CancellationToken stop)
    {
        List<string> inputs = [], outputs = [];
        string type = "", domain = "";
        var numbers = new Dictionary<string, IReadOnlyList<long>>(StringComparer.Ordinal);
        var texts = new Dictionary<string, string>(StringComparer.Ordinal);
        OnnxConstant? constant = null;
        var hasGraph = false;
        while (await node.NextAsync(stop))
        {
            switch (node.Field)
            {
                case 1 or 2:
                    var ports = node.Field == 1 ? inputs : outputs;
                    if (ports.Count == MaxPorts) throw Bad($"A node has more than {MaxPorts} inputs or outputs.");
                    ports.Add(await node.ReadTextAsync(WeightLimits.MaxNameBytes, "A value name", stop));
                    break;
                case 4: type = await node.ReadTextAsync(WeightLimits.MaxNameBytes, "An operator name", stop); break;
                case 7: domain = await node.ReadTextAsync(WeightLimits.MaxNameBytes, "An operator domain", stop); break;
                case 5:
                    if (numbers.Count + texts.Count > 1000) throw Bad("A node has more than 1000 attributes.");
                    var (name, ints, text, tensor, graph) = await ReadAttributeAsync(node.Enter(), stop);
                    if (ints is not null) numbers[name] = ints;
                    if (text is not null) texts[name] = text;
                    constant ??= tensor;
                    hasGraph |= graph;
                    break;
            }
        }
        return new(domain is "" or "ai.onnx" ? type : $"{domain}::{type}", inputs, outputs, numbers, texts) { Constant = constant, HasGraph = hasGraph };
    }

    async Task<(string Name, IReadOnlyList<long>? Numbers, string? Text, OnnxConstant? Constant, bool HasGraph)> ReadAttributeAsync(ProtobufMessage attribute, CancellationToken stop)
    {
        var name = "";
        List<long>? numbers = null;
        string? text = null;
        OnnxConstant? constant = null;
        var hasGraph = false;
        while (await attribute.NextAsync(stop))
        {
            switch (attribute.Field)
            {
                case 1: name = await attribute.ReadTextAsync(WeightLimits.MaxNameBytes, "An attribute name", stop); break;
                case 3: numbers = [(long)attribute.Number]; break;
                case 4 when attribute.Length <= 64: text = await attribute.ReadTextAsync(64, "An attribute", stop); break;
                case 5: constant = await ReadConstantAsync(attribute, stop); break;
                case 6 or 11: hasGraph = true; break;
                case 8 when !attribute.HasBytes || attribute.Length <= 10 * MaxValues:
                    numbers ??= [];
                    await attribute.AddNumbersAsync(numbers, 10 * MaxValues, "A list of an attribute", stop);
                    break;
            }
        }
        return (name, numbers, text, constant, hasGraph);
    }

    /// <summary>The tensor of the current field, and its numbers when they are few and whole.</summary>
    async Task<OnnxConstant> ReadConstantAsync(ProtobufMessage outer, CancellationToken stop)
    {
        var tensor = await OnnxTensor.ReadAsync(outer.Enter(), "", stop);
        if (tensor.ElementCount is 0 or > MaxValues || tensor.ExternalFile is not null || (tensor.DType != DType.I64 && tensor.DType != DType.I32)) return new(tensor, tensor.ElementCount == 0 ? [] : null);
        if (tensor.Offset >= 0)
        {
            var raw = new byte[tensor.ByteLength];
            var filled = 0;
            while (filled < raw.Length && await source.ReadAsync(tensor.Offset + filled, raw.AsMemory(filled), stop) is > 0 and var read) filled += read;
            if (filled < raw.Length) throw Bad("The file ends inside a tensor.");
            var width = tensor.DType.BytesPerBlock;
            return new(tensor, [.. Enumerable.Range(0, (int)tensor.ElementCount)
                .Select(i => width == 8 ? BinaryPrimitives.ReadInt64LittleEndian(raw.AsSpan(i * 8)) : BinaryPrimitives.ReadInt32LittleEndian(raw.AsSpan(i * 4)))]);
        }
        var numbers = new List<long>();
        var message = outer.Enter();
        while (await message.NextAsync(stop))
            if (message.Field is 5 or 7) await message.AddNumbersAsync(numbers, MaxValues, "A tensor", stop);
        return new(tensor, numbers.Count == tensor.ElementCount ? numbers : null);
    }

    static WeightFormatException Bad(string message) => new(Format, message);
}
