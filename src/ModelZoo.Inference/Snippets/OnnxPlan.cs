using ModelZoo.Inference.Images;
using ModelZoo.Weights;

namespace ModelZoo.Inference.Snippets;

/// <summary>How the scripts that run the ONNX file do it: which part they begin with, what it is told, and which files and packages it needs.</summary>
/// <param name="Part">text, generate, image, rows or tensors: a file of data/snippets/*/parts.</param>
/// <param name="HasJavaScript">False where the graph's numbers are of a type that JavaScript has none for.</param>
sealed record OnnxPlan(string Part, IReadOnlyList<string> Files, IReadOnlyDictionary<string, object?> Values, bool HasJavaScript)
{
    static readonly HashSet<string> s_encoderInputs = ["input_ids", "attention_mask", "token_type_ids"];
    static readonly HashSet<string> s_decoderInputs = ["input_ids", "attention_mask", "position_ids"];

    const string Past = "past_key_values.";

    /// <summary>Null where there is no ONNX file, or its graph takes what a script cannot give it.</summary>
    public static OnnxPlan? Find(ModelFacts facts)
    {
        if (facts is not { GraphPath: { } path, Graph: { } graph } || graph.Inputs.Count == 0 || graph.Outputs.Count == 0) return null;
        if (graph.Inputs.Any(input => Type(input) is null || input.Shape is null)) return null;
        var (part, values) = Generate(facts, graph) ?? Text(facts, graph) ?? Image(facts, graph) ?? Rows(graph) ?? Tensors(graph);
        values["graph"] = path;
        values["input"] = graph.Inputs[0].Name;
        values["inputType"] = Type(graph.Inputs[0]);
        values["outputs"] = graph.Outputs.Where(output => Type(output) is not null).Select(output => output.Name).ToList();
        var isText = part is "text" or "generate";
        var files = new List<string> { path };
        // Weights beside the graph are called like it, or as exporters do.
        files.AddRange(facts.Files.Select(file => file.Path).Where(file => file == path + "_data" || file == path + ".data" || file.StartsWith(path + "_data_", StringComparison.Ordinal)));
        if (isText) files.Add("tokenizer.json");
        files.AddRange(((string[])["config.json", "tokenizer_config.json"]).Where(file => facts.Has(file) && (isText || (part == "image" && file == "config.json"))));
        var isHalf = graph.Inputs.Concat(graph.Outputs).Any(port => port.DType == DType.F16);
        return new(part, files, values, !isHalf && (part != "image" || values["kernel"] is not null));
    }

    /// <summary>A decoder, with or without the keys and values of what was read.</summary>
    static (string, Dictionary<string, object?>)? Generate(ModelFacts facts, GraphSummary graph)
    {
        var past = graph.Inputs.Where(input => input.Name.StartsWith(Past, StringComparison.Ordinal)).ToList();
        var others = graph.Inputs.Except(past).ToList();
        var isCausal = past.Count > 0 || facts.IsArchitecture("ForCausalLM") || facts.IsArchitecture("LMHeadModel") || facts.Task == "text-generation";
        if (!isCausal || !facts.Has("tokenizer.json") || !Covers(others, s_decoderInputs) || graph.Outputs.FirstOrDefault(output => output.Name == "logits") is not { Shape.Count: 3 }) return null;
        // The empty past has every length but the batch's and its own.
        if (past.Any(input => input is not { Shape: [_, { Length: not null }, _, { Length: not null }] } || input.DType != DType.F32 && input.DType != DType.F16)) return null;
        if (past.Any(input => graph.Outputs.All(output => output.Name != input.Name.Replace("past_key_values", "present", StringComparison.Ordinal)))) return null;
        return ("generate", new() { ["inputs"] = Types(others) });
    }

    static (string, Dictionary<string, object?>)? Text(ModelFacts facts, GraphSummary graph)
    {
        if (!facts.Has("tokenizer.json") || !Covers(graph.Inputs, s_encoderInputs)) return null;
        var wantsVectors = facts.Task is "feature-extraction" or "sentence-similarity" || (facts.Task is null && !facts.IsArchitecture("ForSequenceClassification"));
        var logits = graph.Outputs.FirstOrDefault(output => output is { Name: "logits", Shape.Count: 2 });
        var values = new Dictionary<string, object?> { ["inputs"] = Types(graph.Inputs) };
        if (logits is not null && !wantsVectors) return ("text", With(values, ("classify", true), ("output", logits.Name)));
        if (!wantsVectors) return null;
        if (graph.Outputs.FirstOrDefault(output => output is { Name: "sentence_embedding", Shape.Count: 2 }) is { } pooled)
            return ("text", With(values, ("embed", true), ("pooled", true), ("output", pooled.Name)));
        if (graph.Outputs.FirstOrDefault(output => output is { Name: "last_hidden_state" or "token_embeddings", Shape.Count: 3 }) is not { } hidden) return null;
        return ("text", With(values, ("embed", true), (facts.Pooling == "cls" ? "poolFirst" : "poolMean", true), ("unitLength", facts.HasUnitLength), ("output", hidden.Name)));
    }

    /// <summary>Only where the repository says how pictures are prepared: made otherwise, they give wrong answers that look right.</summary>
    static (string, Dictionary<string, object?>)? Image(ModelFacts facts, GraphSummary graph)
    {
        if (facts.Pictures is not { LongestEdge: null } rules || graph.Inputs is not [{ Shape: { Count: 4 } shape } input] || input.DType != DType.F32 && input.DType != DType.F16) return null;
        if (graph.Outputs[0] is not { Shape.Count: 2 } output || (rules.Size ?? rules.Crop) is null) return null;
        var isLast = shape[3].Length is 1 or 3 && shape[1].Length is not (1 or 3);
        var isGrey = shape[isLast ? 3 : 1].Length == 1;
        var channels = isGrey ? 1 : 3;
        return ("image", new()
        {
            ["output"] = output.Name, ["mode"] = isGrey ? "L" : "RGB", ["grey"] = isGrey, ["channelsFirst"] = !isLast, ["batches"] = shape[0].Length is null,
            ["resample"] = (int)rules.Resample, ["size"] = Pair(rules.Size), ["shortest"] = rules.ShortestEdge, ["crop"] = Pair(rules.Crop),
            ["scale"] = rules.Scale, ["mean"] = rules.Mean.Take(channels).ToList(), ["deviation"] = rules.Deviation.Take(channels).ToList(),
            ["kernel"] = rules.Resample switch { Resample.Nearest => "nearest", Resample.Lanczos => "lanczos3", Resample.Bilinear => "linear", Resample.Bicubic => "cubic", _ => null },
        });
    }

    static (string, Dictionary<string, object?>)? Rows(GraphSummary graph)
    {
        if (graph.Inputs is not [{ Shape: { Count: 2 } shape } input] || shape[0].Length is not null || input.Name == "input_ids") return null;
        if (input.DType != DType.F32 && input.DType != DType.F64 && input.DType != DType.I64) return null;
        return ("rows", new() { ["width"] = shape[1].Length, ["whole"] = input.DType == DType.I64, ["array"] = new Raw(input.DType == DType.F64 ? "Float64Array" : "Float32Array") });
    }

    static (string, Dictionary<string, object?>) Tensors(GraphSummary graph) => ("tensors", new()
    {
        ["tensors"] = graph.Inputs.ToDictionary(input => input.Name, input => (object?)(List<object?>)[Type(input), input.Shape!.Select(axis => (object?)axis.Length).ToList()]),
    });

    static bool Covers(IEnumerable<GraphValue> inputs, HashSet<string> known)
    {
        var names = inputs.Where(input => input.DType == DType.I64 || input.DType == DType.I32).Select(input => input.Name).ToHashSet();
        return names.Contains("input_ids") && names.IsSubsetOf(known) && names.Count == inputs.Count();
    }

    static Dictionary<string, object?> Types(IEnumerable<GraphValue> inputs) => inputs.ToDictionary(input => input.Name, input => (object?)Type(input));

    static Dictionary<string, object?> With(Dictionary<string, object?> values, params ReadOnlySpan<(string Name, object? Value)> more)
    {
        foreach (var (name, value) in more) values[name] = value;
        return values;
    }

    static List<int>? Pair((int Width, int Height)? size) => size is { } known ? [known.Width, known.Height] : null;

    /// <summary>What NumPy and ONNX Runtime call a type; null where scripts have no numbers of it.</summary>
    static string? Type(GraphValue port) => port.DType is not { } type ? null
        : type == DType.F32 ? "float32" : type == DType.F16 ? "float16" : type == DType.F64 ? "float64" : type == DType.I64 ? "int64" : type == DType.I32 ? "int32"
        : type == DType.U8 ? "uint8" : type == DType.I8 ? "int8" : type == DType.Bool ? "bool" : null;
}
