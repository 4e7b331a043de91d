using ModelZoo.Weights.Protobuf;

namespace ModelZoo.Weights.Onnx;

/// <summary>
/// An ONNX model is one protobuf message (ModelProto in onnx/onnx.proto). It is walked field by field; the content of tensors is
/// stepped over, so a model of gigabytes costs its graph only.
/// </summary>
static class OnnxHeader
{
    const WeightFormat Format = WeightFormat.Onnx;

    public static async Task<WeightFile> ReadAsync(IByteSource source, CancellationToken stop)
    {
        var message = ProtobufMessage.Open(new SourceCursor(source, Format), Format);
        var graph = new OnnxGraph();
        var metadata = new Dictionary<string, MetadataValue>(StringComparer.Ordinal);
        var operatorSets = new SortedDictionary<string, long>(StringComparer.Ordinal);
        var hasGraph = false;
        while (await message.NextAsync(stop))
        {
            switch (message.Field)
            {
                case 1: metadata["onnx.ir_version"] = new MetadataValue.Whole((long)message.Number); break;
                case 2: await KeepAsync("onnx.producer_name"); break;
                case 3: await KeepAsync("onnx.producer_version"); break;
                case 4: await KeepAsync("onnx.domain"); break;
                case 5: metadata["onnx.model_version"] = new MetadataValue.Whole((long)message.Number); break;
                case 6: await KeepAsync("onnx.doc_string"); break;
                case 7 when hasGraph: throw Bad("The model has two graphs.");
                case 7:
                    hasGraph = true;
                    await graph.ReadAsync(message.Enter(), "", stop);
                    break;
                case 8: await ReadOperatorSetAsync(message.Enter(), operatorSets, stop); break;
                case 14:
                    var (key, value) = await ReadPairAsync(message.Enter(), stop);
                    if (metadata.Count == WeightLimits.MaxMetadataEntries) throw Bad($"There are more than {WeightLimits.MaxMetadataEntries} metadata entries.");
                    metadata[key] = new MetadataValue.Text(value);
                    break;
            }
        }
        if (!hasGraph) throw Bad("The model has no graph: the file is truncated or something else.");
        return new(Format, graph.Tensors, metadata)
        {
            Graph = new(graph.GetInputs(), graph.Outputs, graph.Operators, operatorSets),
        };

        async Task KeepAsync(string key)
        {
            var text = await message.ReadTextAsync(WeightLimits.MaxTextBytes, key, stop);
            if (text.Length > 0) metadata[key] = new MetadataValue.Text(text);
        }
    }

    static async Task ReadOperatorSetAsync(ProtobufMessage set, SortedDictionary<string, long> sets, CancellationToken stop)
    {
        var domain = "";
        var version = 0L;
        while (await set.NextAsync(stop))
        {
            if (set.Field == 1) domain = await set.ReadTextAsync(WeightLimits.MaxNameBytes, "An operator domain", stop);
            else if (set.Field == 2) version = (long)set.Number;
        }
        if (sets.Count == 1000) throw Bad("The model imports more than 1000 operator sets.");
        sets[domain == "ai.onnx" ? "" : domain] = version;
    }

    /// <summary>A StringStringEntryProto.</summary>
    public static async Task<(string Key, string Value)> ReadPairAsync(ProtobufMessage pair, CancellationToken stop)
    {
        var (key, value) = ("", "");
        while (await pair.NextAsync(stop))
        {
            if (pair.Field == 1) key = await pair.ReadTextAsync(WeightLimits.MaxNameBytes, "A key", stop);
            else if (pair.Field == 2) value = await pair.ReadTextAsync(WeightLimits.MaxTextBytes, "A value", stop);
        }
        return (key, value);
    }

    static WeightFormatException Bad(string message) => new(Format, message);
}
