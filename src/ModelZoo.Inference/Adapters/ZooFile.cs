using System.Globalization;
using System.Text.Json;
using ModelZoo.Inference.Files;
using ModelZoo.Inference.Images;
using ModelZoo.Weights;

namespace ModelZoo.Inference.Adapters;

/// <summary>
/// <c>zoo.yaml</c>: what a model's other files do not say of how it is run. Everything in it is optional and wins over what is guessed. docs/serving.md
/// lists the keys.
/// </summary>
public sealed record ZooFile
{
    public const string Name = "zoo.yaml";

    static readonly ZooFile s_nothing = new();

    static readonly HashSet<string> s_keys = new(StringComparer.Ordinal)
    {
        "version", "adapter", "file", "task", "output", "output_name", "labels", "labels_file", "channel_order", "scale", "mean", "std", "size", "shortest_edge", "crop", "resample", "layout",
        "detection", "pooling", "normalize", "max_length", "base", "notes",
    };

    JsonElement? _json;

    /// <summary>The adapter it is to be run with, such as <c>onnx-image</c>; null: found out.</summary>
    public string? Adapter { get; init; }

    /// <summary>The file of the graph.</summary>
    public string? File { get; init; }

    /// <summary>What its scores are.</summary>
    public ScoreKind? Output { get; init; }

    /// <summary>The output that holds them; null: found out.</summary>
    public string? OutputName { get; init; }

    public IReadOnlyList<string> Labels { get; init; } = [];

    /// <summary>How a detector's outputs are read; null when it says nothing of them.</summary>
    public DetectorRules? Detection { get; init; }

    public Pooling? Pooling { get; init; }

    /// <summary>Whether embeddings are made one long.</summary>
    public bool? Normalises { get; init; }

    public int? MaxLength { get; init; }

    public static async Task<ZooFile> ReadAsync(IModelFiles files, CancellationToken stop)
    {
        if (await JsonParts.FindBytesAsync(files, Name, stop) is not { } bytes) return s_nothing;
        var json = YamlParts.Parse(bytes, Name);
        foreach (var property in json.EnumerateObject())
            if (!s_keys.Contains(property.Key())) throw JsonParts.Bad($"'{Name}' has the key '{property.Key()}', which is not known; there are {string.Join(", ", s_keys)}.");
        foreach (var key in (string[])["adapter", "file", "output", "output_name", "labels_file", "channel_order", "resample", "layout", "pooling"])
            if (json.Find(key) is { ValueKind: not JsonValueKind.String }) throw JsonParts.Bad($"'{key}' of '{Name}' must be a text.");
        var adapter = json.FindText("adapter");
        if (adapter is not null && !AdapterNames.All.Contains(adapter)) throw JsonParts.Bad($"'{Name}' names the adapter '{adapter}'; there are {string.Join(", ", AdapterNames.All)}.");
        return new()
        {
            _json = json,
            Adapter = adapter,
            File = json.FindText("file") is { } file ? files.Files.Any(other => other.Path == file) ? file : throw JsonParts.Bad($"'{Name}' names '{file}', which is not there.") : null,
            Output = json.FindText("output") switch
            {
                null => null,
                "probs" => ScoreKind.Probabilities,
                "logits" => ScoreKind.Logits,
                "log_probs" => ScoreKind.LogProbabilities,
                "independent" => ScoreKind.Independent,
                var other => throw JsonParts.Bad($"'output' is '{other}'; probs, logits, log_probs and independent are known."),
            },
            OutputName = json.FindText("output_name"),
            Labels = json.Find("labels") is not null ? Limited(json.List("labels").Select(LabelOf)) : json.FindText("labels_file") is { } path ? await ReadLabelsAsync(files, path, stop) : [],
            Detection = json.Find("detection") is { } detection ? ReadDetection(detection) : null,
            Pooling = json.FindText("pooling") switch
            {
                null => null,
                "mean" => Adapters.Pooling.Mean,
                "cls" => Adapters.Pooling.First,
                "last" => Adapters.Pooling.Last,
                "max" => Adapters.Pooling.Max,
                var other => throw JsonParts.Bad($"'pooling' is '{other}'; mean, cls, last and max are known."),
            },
            Normalises = json.Find("normalize") is null ? null : json.Flag("normalize"),
            MaxLength = json.FindInt("max_length") is { } length ? length is > 0 and <= 10_000_000 ? length : throw JsonParts.Bad("'max_length' is out of range.") : null,
        };
    }

    /// <summary>The treatment of pictures: what <c>preprocessor_config.json</c> says, with this file's words in place of its own; null when neither says anything.</summary>
    public ImagePipeline? Refine(ImagePipeline? pipeline)
    {
        if (_json is not { } json) return pipeline;
        string[] keys = ["channel_order", "scale", "mean", "std", "size", "shortest_edge", "crop", "resample", "layout"];
        if (keys.All(key => json.Find(key) is null)) return pipeline;
        // Whoever writes one of these keys without a preprocessor's file means raw values unless it says otherwise.
        pipeline ??= new() { Scale = 1 };
        var order = json.FindText("channel_order");
        if (order is not (null or "rgb" or "bgr" or "gray")) throw JsonParts.Bad($"'channel_order' is '{order}'; rgb, bgr and gray are known.");
        if (order is not null) pipeline = pipeline with { IsBgr = order == "bgr", IsGrey = order == "gray" };
        if (json.FindReal("scale") is { } scale) pipeline = pipeline with { Scale = (float)scale };
        if (json.Find("mean") is not null) pipeline = pipeline with { Mean = Numbers(json, "mean") };
        if (json.Find("std") is not null) pipeline = pipeline with { Deviation = Numbers(json, "std") };
        if (pipeline.Deviation.Contains(0)) throw JsonParts.Bad("'std' holds a zero.");
        if (json.Find("size") is { } size) pipeline = pipeline with { Size = ReadSize(size, "size"), ShortestEdge = null };
        if (json.FindInt("shortest_edge") is { } edge) pipeline = pipeline with { Size = null, ShortestEdge = Side(edge, "shortest_edge") };
        if (json.Find("crop") is { } crop) pipeline = pipeline with { Crop = ReadSize(crop, "crop") };
        if (json.FindText("resample") is { } filter)
            pipeline = pipeline with { Resample = Enum.TryParse<Resample>(filter, ignoreCase: true, out var known) && Enum.IsDefined(known) ? known : throw JsonParts.Bad($"The filter '{filter}' is not known.") };
        return json.FindText("layout") switch
        {
            null => pipeline,
            "nchw" => pipeline with { IsChannelsLast = false },
            "nhwc" => pipeline with { IsChannelsLast = true },
            var other => throw JsonParts.Bad($"'layout' is '{other}'; nchw and nhwc are known."),
        };
    }

    static DetectorRules ReadDetection(JsonElement json)
    {
        var rules = new DetectorRules();
        return rules with
        {
            Boxes = json.FindText("boxes") ?? rules.Boxes,
            Scores = json.FindText("scores") ?? rules.Scores,
            HasCentres = json.FindText("format") switch { null or "xyxy" => false, "cxcywh" => true, var other => throw JsonParts.Bad($"'format' is '{other}'; xyxy and cxcywh are known.") },
            IsRelative = json.FindText("coordinates") switch { null or "relative" => true, "pixels" => false, var other => throw JsonParts.Bad($"'coordinates' is '{other}'; relative and pixels are known.") },
            Background = json.FindInt("background"),
            MinScore = (float)(json.FindReal("min_score") ?? rules.MinScore),
            MaxOverlap = (float)(json.FindReal("max_overlap") ?? rules.MaxOverlap),
            MaxDetections = json.FindInt("max_detections") is { } most ? most is > 0 and <= 10_000 ? most : throw JsonParts.Bad("'max_detections' is out of range.") : rules.MaxDetections,
        };
    }

    /// <summary>One label a line, a JSON list, or a JSON mapping of numbers to labels.</summary>
    static async Task<IReadOnlyList<string>> ReadLabelsAsync(IModelFiles files, string path, CancellationToken stop)
    {
        var bytes = await JsonParts.FindBytesAsync(files, path, stop) ?? throw JsonParts.Bad($"'{Name}' names '{path}', which is not there.");
        if (!path.EndsWith(".json", StringComparison.OrdinalIgnoreCase))
            return Limited(System.Text.Encoding.UTF8.GetString(bytes).TrimEnd().Split('\n').Select(line => line.TrimEnd('\r')));
        if (bytes.AsSpan().TrimStart(" \t\r\n"u8).StartsWith("["u8)) return Limited(JsonParts.Parse((byte[])[.. "{\"labels\":"u8, .. bytes, (byte)'}'], path).List("labels").Select(LabelOf));
        return LabelsById(JsonParts.Parse(bytes, path));
    }

    /// <summary>Labels by their numbers, as id2label holds them; gaps are named after their number.</summary>
    internal static string[] LabelsById(JsonElement labels)
    {
        var byId = new SortedDictionary<int, string>();
        foreach (var label in labels.EnumerateObject())
            if (int.TryParse(label.Key(), NumberStyles.None, CultureInfo.InvariantCulture, out var id) && id < 1_000_000 && label.Value.ValueKind == JsonValueKind.String) byId[id] = label.Value.Text();
        return [.. Enumerable.Range(0, byId.Count == 0 ? 0 : Math.Min(byId.Keys.Last() + 1, 10 * byId.Count)).Select(id => byId.GetValueOrDefault(id, $"LABEL_{id}"))];
    }

    static string LabelOf(JsonElement label) => label.ValueKind switch
    {
        JsonValueKind.String => label.Text(),
        JsonValueKind.Number => label.GetRawText(),
        JsonValueKind.True => "true",
        JsonValueKind.False => "false",
        _ => throw JsonParts.Bad("A label is no text."),
    };

    static string[] Limited(IEnumerable<string> labels) => [.. labels.Take(1_000_000)];

    static float[] Numbers(JsonElement json, string key) => json.Find(key) is { ValueKind: JsonValueKind.Number } one ? [one.GetSingle()]
        : [.. json.List(key).Take(5).Select(item => item.ValueKind == JsonValueKind.Number ? item.GetSingle() : throw JsonParts.Bad($"'{key}' holds what is no number."))];

    /// <summary>A number for a square, [height, width], or a mapping of both.</summary>
    static (int Width, int Height) ReadSize(JsonElement size, string key)
    {
        if (size.ValueKind == JsonValueKind.Number && size.TryGetInt32(out var side)) return (Side(side, key), Side(side, key));
        if (size.ValueKind == JsonValueKind.Array && size.GetArrayLength() == 2 && size[0].TryGetInt32(out var height) && size[1].TryGetInt32(out var width)) return (Side(width, key), Side(height, key));
        return (Side(size.FindInt("width") ?? 0, key), Side(size.FindInt("height") ?? 0, key));
    }

    static int Side(int length, string key) => length is > 0 and <= 8192 ? length : throw JsonParts.Bad($"'{key}' of {length} is out of range.");
}

/// <summary>The ways to run a model, by the names that zoo.yaml and task files use.</summary>
public static class AdapterNames
{
    public static readonly IReadOnlyDictionary<string, Capability?> Capabilities = new Dictionary<string, Capability?>(StringComparer.Ordinal)
    {
        ["onnx-image"] = Capability.ClassifyImages, ["onnx-text"] = null, ["onnx-embed"] = Capability.EmbedText, ["onnx-lm"] = Capability.Generate, ["onnx-tabular"] = Capability.PredictRows,
        ["onnx-detect"] = Capability.DetectObjects, ["onnx-speech"] = Capability.DetectSpeech, ["onnx-tensors"] = null, ["safetensors"] = null,
    };

    public static IEnumerable<string> All => Capabilities.Keys;
}
