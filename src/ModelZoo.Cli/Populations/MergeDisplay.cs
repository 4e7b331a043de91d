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
        foreach (var pair in advice) screen.Say($"{pair.First} and {pair.Second}: {MergeAdvice.Word(pair.Verdict)}. {string.Join(" ", pair.Reasons)}");
    }

    public static JsonNode ToJson<T>(T value) => JsonSerializer.SerializeToNode(value, JsonSerializerOptions.Web)!;

    /// <summary>Weights, companions, recipe and a card with lineage.</summary>
    /// <param name="first">Whose configuration comes with it.</param>
    /// <param name="tokens">Whose tokenizer, when it is another's.</param>
    public static async Task<IReadOnlyList<string>> WriteAsync(LocalCall call, string folder, MergedModel merged, MergeSource first, JsonObject recipe, long? maxShardBytes, MergeSource? tokens = null)
    {
        var files = await ConversionDisplay.RunAsync(call.Screen, progress => SafetensorsModel.WriteAsync(Path.Combine(folder, "model.safetensors"), merged.Tensors, new Dictionary<string, string> { ["format"] = "pt" }, maxShardBytes, progress, call.Stop));
        foreach (var name in s_companions)
            if ((IsTokenizer(name) ? tokens ?? first : first).Folder is { } source && File.Exists(Path.Combine(source, name)) && Path.GetFullPath(source) != Path.GetFullPath(folder)) File.Copy(Path.Combine(source, name), Path.Combine(folder, name), overwrite: true);
        await FitConfigAsync(Path.Combine(folder, "config.json"), merged, call.Stop);
        await WriteRecipeAsync(folder, recipe, call.Stop);
        return files;
    }

    /// <summary>The configuration says how many layers there are now, which type was written and what a new head tells apart.</summary>
    static async Task FitConfigAsync(string path, MergedModel merged, CancellationToken stop)
    {
        if (!File.Exists(path)) return;
        try
        {
            if (JsonNode.Parse(await File.ReadAllTextAsync(path, stop)) is JsonObject config && ModelConfiguration.Fit(config, merged.Tensors, merged.Head)) await File.WriteAllTextAsync(path, config.ToJsonString(s_pages) + "\n", stop);
        }
        catch (JsonException)
        {
            // What is no JSON was copied as it is.
        }
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
    public static async Task RequireFiniteAsync(IEnumerable<MergeSource> sources, CancellationToken stop)
    {
        foreach (var source in sources) await FiniteNumbers.RequireAsync(source.Name, source.Tensors, " --allow-nan does it all the same.", stop);
    }

    /// <summary>What a merge of several tokenizers could not be.</summary>
    public static void RequireTokenizer(MergeConfiguration configuration, IReadOnlyList<MergeSource> sources)
    {
        if (!configuration.WantsTokenizerUnion) return;
        var folders = sources.Select(source => source.Folder).OfType<string>().ToList();
        foreach (var folder in folders.Skip(1))
            foreach (var name in s_companions.Where(IsVocabulary))
                if (!Same(Path.Combine(folders[0], name), Path.Combine(folder, name)))
                    throw new MergeException($"tokenizer_source: union is taken only where all models have one tokenizer; '{name}' in '{folder}' is another than in '{folders[0]}'. Name a model or 'base' instead.");

        static bool Same(string a, string b) => File.Exists(a) == File.Exists(b) && (!File.Exists(a) || File.ReadAllBytes(a).AsSpan().SequenceEqual(File.ReadAllBytes(b)));
    }

    static bool IsVocabulary(string name) => name is "tokenizer.json" or "tokenizer.model" or "vocab.txt" or "vocab.json" or "merges.txt";

    static bool IsTokenizer(string name) => name is not ("config.json" or "generation_config.json" or "preprocessor_config.json" or "labels.txt");
}
