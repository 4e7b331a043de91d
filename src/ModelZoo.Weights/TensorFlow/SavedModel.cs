using ModelZoo.Weights.Protobuf;

namespace ModelZoo.Weights.TensorFlow;

/// <summary>
/// <c>saved_model.pb</c>: the graph, its functions and its signatures (tensorflow/core/protobuf/saved_model.proto and meta_graph.proto). The
/// variables lie beside it, in <c>variables/variables.index</c>.
/// </summary>
static class SavedModel
{
    const WeightFormat Format = WeightFormat.TensorFlowSavedModel;
    const int MaxOperators = 10_000;
    const int MaxSignatureValues = 10_000;

    public static async Task<WeightFile> ReadAsync(IByteSource source, CancellationToken stop)
    {
        var message = ProtobufMessage.Open(new SourceCursor(source, Format), Format);
        var metadata = new Dictionary<string, MetadataValue>(StringComparer.Ordinal);
        var operators = new SortedDictionary<string, int>(StringComparer.Ordinal);
        var signatures = new SortedDictionary<string, (List<GraphValue> Inputs, List<GraphValue> Outputs)>(StringComparer.Ordinal);
        while (await message.NextAsync(stop))
        {
            if (message.Field == 1) metadata["tensorflow.saved_model_schema_version"] = new MetadataValue.Whole(message.Number);
            else if (message.Field == 2) await ReadMetaGraphAsync(message.Enter(), metadata, operators, signatures, stop);
        }
        // "serving_default" is what serving programs call when nobody names another.
        var chosen = signatures.TryGetValue("serving_default", out var serving) ? serving : signatures.Values.FirstOrDefault();
        return new(Format, [], metadata)
        {
            Graph = new(chosen.Inputs ?? [], chosen.Outputs ?? [], operators, new Dictionary<string, long>()),
            Remarks = ["The variables of this model lie in variables/variables.index."],
        };
    }

    static async Task ReadMetaGraphAsync(ProtobufMessage graph, Dictionary<string, MetadataValue> metadata, SortedDictionary<string, int> operators,
        SortedDictionary<string, (List<GraphValue>, List<GraphValue>)> signatures, CancellationToken stop)
    {
        while (await graph.NextAsync(stop))
        {
            switch (graph.Field)
            {
                case 1: await ReadDescriptionAsync(graph.Enter(), metadata, stop); break;
                case 2: await CountOperatorsAsync(graph.Enter(), operators, isLibrary: false, stop); break;
                case 5: await ReadSignatureAsync(graph.Enter(), signatures, stop); break;
            }
        }
    }

    static async Task ReadDescriptionAsync(ProtobufMessage description, Dictionary<string, MetadataValue> metadata, CancellationToken stop)
    {
        var tags = new List<MetadataValue>();
        while (await description.NextAsync(stop))
        {
            if (description.Field == 4 && tags.Count < WeightLimits.MaxShortList)
                tags.Add(new MetadataValue.Text(await description.ReadTextAsync(WeightLimits.MaxNameBytes, "A tag", stop)));
            else if (description.Field == 5)
                metadata["tensorflow.version"] = new MetadataValue.Text(await description.ReadTextAsync(WeightLimits.MaxNameBytes, "A version", stop));
        }
        if (tags.Count > 0) metadata["tensorflow.tags"] = new MetadataValue.Series("string", tags.Count, tags);
    }

    /// <summary>Nodes of a GraphDef (field 1) and of the functions in its library (field 2, then field 1, then field 3).</summary>
    static async Task CountOperatorsAsync(ProtobufMessage graph, SortedDictionary<string, int> operators, bool isLibrary, CancellationToken stop)
    {
        while (await graph.NextAsync(stop))
        {
            if (!isLibrary && graph.Field == 1) await CountNodeAsync(graph.Enter(), operators, stop);
            else if (!isLibrary && graph.Field == 2) await CountOperatorsAsync(graph.Enter(), operators, isLibrary: true, stop);
            else if (isLibrary && graph.Field == 1)
            {
                var function = graph.Enter();
                while (await function.NextAsync(stop))
                    if (function.Field == 3) await CountNodeAsync(function.Enter(), operators, stop);
            }
        }
    }

    static async Task CountNodeAsync(ProtobufMessage node, SortedDictionary<string, int> operators, CancellationToken stop)
    {
        while (await node.NextAsync(stop))
        {
            if (node.Field != 2) continue;
            var name = await node.ReadTextAsync(WeightLimits.MaxNameBytes, "An operator name", stop);
            if (!operators.TryGetValue(name, out var count) && operators.Count == MaxOperators) throw Bad($"The graph uses more than {MaxOperators} operators.");
            operators[name] = count + 1;
            return;
        }
    }

    static async Task ReadSignatureAsync(ProtobufMessage entry, SortedDictionary<string, (List<GraphValue>, List<GraphValue>)> signatures, CancellationToken stop)
    {
        var name = "";
        List<GraphValue> inputs = [], outputs = [];
        while (await entry.NextAsync(stop))
        {
            if (entry.Field == 1) name = await entry.ReadTextAsync(WeightLimits.MaxNameBytes, "A signature name", stop);
            if (entry.Field != 2) continue;
            var signature = entry.Enter();
            while (await signature.NextAsync(stop))
            {
                if (signature.Field is not (1 or 2)) continue;
                var values = signature.Field == 1 ? inputs : outputs;
                if (values.Count == MaxSignatureValues) throw Bad($"A signature has more than {MaxSignatureValues} inputs or outputs.");
                values.Add(await ReadValueAsync(signature.Enter(), stop));
            }
        }
        if (signatures.Count == 1000) throw Bad("The model has more than 1000 signatures.");
        inputs.Sort((left, right) => string.CompareOrdinal(left.Name, right.Name));
        outputs.Sort((left, right) => string.CompareOrdinal(left.Name, right.Name));
        signatures[name] = (inputs, outputs);
    }

    static async Task<GraphValue> ReadValueAsync(ProtobufMessage entry, CancellationToken stop)
    {
        var value = new GraphValue("", null, null);
        while (await entry.NextAsync(stop))
        {
            if (entry.Field == 1) value = value with { Name = await entry.ReadTextAsync(WeightLimits.MaxNameBytes, "An input name", stop) };
            if (entry.Field != 2) continue;
            var tensor = entry.Enter();
            while (await tensor.NextAsync(stop))
            {
                if (tensor.Field == 2 && !tensor.HasBytes) value = value with { DType = TensorFlowTypes.Find(tensor.Number) };
                else if (tensor.Field == 3 && await TensorFlowShape.ReadAsync(tensor.Enter(), Format, stop) is { } shape)
                    value = value with { Shape = shape.ConvertAll(axis => new GraphAxis(axis < 0 ? null : axis, null)) };
            }
        }
        return value;
    }

    static WeightFormatException Bad(string message) => new(Format, message);
}
