using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using ModelZoo.Learning.Merging;
using ModelZoo.Weights;

namespace ModelZoo.Cli.Populations;

/// <summary>What soups and merges have in common: the advice before, the files after.</summary>
static class MergeDisplay
{
    /// <summary>Pairs that are looked at before a merge; more would read the models more often than the merge itself.</summary>
    public const int MostModels = 12;

    static readonly JsonSerializerOptions s_pages = new() { WriteIndented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Files that make weights a model; they are copied from the base or first input.</summary>
    static readonly string[] s_companions = ["config.json", "generation_config.json", "preprocessor_config.json", "tokenizer.json", "tokenizer_config.json", "tokenizer.model", "special_tokens_map.json", "added_tokens.json", "vocab.txt", "vocab.json", "merges.txt", "chat_template.jinja", "labels.txt"];

    public static void Say(Screen screen, IReadOnlyList<MergeAdvice> advice)
    {
        foreach (var pair in advice) screen.Say($"{pair.First} and {pair.Second}: {Word(pair.Verdict)}. {string.Join(" ", pair.Reasons)}");
    }

    public static string Word(Averageability verdict) => verdict switch { Averageability.Likely => "can be averaged", Averageability.Doubtful => "doubtful", _ => "cannot be averaged" };

    public static object Json(MergeAdvice advice) => new { first = advice.First, second = advice.Second, verdict = Word(advice.Verdict), backbone = advice.Backbone is { } far && double.IsFinite(far) ? advice.Backbone : null, headCosine = advice.HeadCosine, accuracyBarrier = advice.AccuracyBarrier, reasons = advice.Reasons };

    public static JsonNode ToJson<T>(T value) => JsonSerializer.SerializeToNode(value, JsonSerializerOptions.Web)!;

    /// <summary>Weights, companions, recipe and a card with lineage.</summary>
    public static async Task<IReadOnlyList<string>> WriteAsync(LocalCall call, string folder, MergedModel merged, MergeSource first, JsonObject recipe, long? maxShardBytes)
    {
        var files = await ConversionDisplay.RunAsync(call.Screen, progress => SafetensorsModel.WriteAsync(Path.Combine(folder, "model.safetensors"), merged.Tensors, new Dictionary<string, string> { ["format"] = "pt" }, maxShardBytes, progress, call.Stop));
        if (first.Folder is { } source)
            foreach (var name in s_companions.Where(name => File.Exists(Path.Combine(source, name)) && Path.GetFullPath(source) != Path.GetFullPath(folder))) File.Copy(Path.Combine(source, name), Path.Combine(folder, name), overwrite: true);
        await WriteRecipeAsync(folder, recipe, call.Stop);
        return files;
    }

    public static async Task WriteRecipeAsync(string folder, JsonObject recipe, CancellationToken stop)
    {
        Directory.CreateDirectory(folder);
        await File.WriteAllTextAsync(Path.Combine(folder, "merge.json"), recipe.ToJsonString(s_pages) + "\n", stop);
    }

    public static Task WriteCardAsync(string folder, string kind, string method, IReadOnlyList<MergeSource> sources, string? configuration, IEnumerable<string> lines, CancellationToken stop)
    {
        var text = new StringBuilder("---\ntags: [merge]\n");
        var bases = sources.Where(source => source.Repository is not null).Select(source => source.Repository!.Split('@')[0]).Distinct().ToList();
        if (bases.Count > 0) text.Append("base_model:\n").AppendJoin("", bases.Select(name => $"- {name}\n")).Append("base_model_relation: merge\n");
        text.Append("---\n").Append($"# {kind}: {method}\n\nMade of:\n\n").AppendJoin("", sources.Select(source => $"- `{source.Name}`\n"));
        foreach (var line in lines) text.Append('\n').Append(line).Append('\n');
        if (configuration is not null) text.Append("\nConfiguration:\n\n```yaml\n").Append(configuration.TrimEnd()).Append("\n```\n");
        return ModelFolder.WriteReadmeAsync(folder, text.ToString(), stop);
    }

    public static string Number(double value) => value.ToString("0.000", CultureInfo.InvariantCulture);

    /// <summary>Every input is a finite number everywhere; otherwise the first that is not, by name.</summary>
    public static async Task RequireFiniteAsync(IReadOnlyList<MergeSource> sources, CancellationToken stop)
    {
        var (reader, block) = (new WideReader(), new double[1 << 16]);
        foreach (var source in sources)
            foreach (var tensor in source.Tensors.Where(tensor => tensor.DType.IsFloating && TensorCast.CanDecode(tensor.DType)))
            {
                var count = tensor.Shape.Aggregate(1L, (product, axis) => checked(product * axis));
                for (long at = 0; at < count; at += block.Length)
                {
                    var part = block.AsMemory(0, (int)Math.Min(block.Length, count - at));
                    await reader.ReadAsync(tensor, at, part, stop);
                    if (part.Span.IndexOfAnyNotFinite() is >= 0 and var bad)
                        throw new MergeException($"'{tensor.Name}' of '{source.Name}' holds {part.Span[bad]} at {at + bad}; a merge would spread it. --allow-nan does it all the same.");
                }
            }
    }

    static int IndexOfAnyNotFinite(this Span<double> values)
    {
        for (var i = 0; i < values.Length; i++)
            if (!double.IsFinite(values[i])) return i;
        return -1;
    }
}
