using ModelZoo.Learning.Yaml;
using ModelZoo.Weights;

namespace ModelZoo.Learning.Merging;

/// <summary>A model of a configuration, whole or some layers of it.</summary>
/// <param name="Model">As written: a repository, a path, perhaps with a revision.</param>
/// <param name="FirstLayer">Layers from this one on; null for all.</param>
/// <param name="EndLayer">Up to, but without, this one.</param>
public sealed record ConfiguredSource(string Model, int? FirstLayer, int? EndLayer, IReadOnlyDictionary<string, TensorParameter> Parameters);

/// <summary>Consecutive layers of the result and what they are made of.</summary>
public sealed record ConfiguredSlice(IReadOnlyList<ConfiguredSource> Sources);

/// <summary>
/// A merge as mergekit's YAML describes it (documented at github.com/arcee-ai/mergekit; read in 2026), mapped to the methods here. Its defaults are kept
/// where they differ from ours: a file means what its author saw.
/// </summary>
public sealed record MergeConfiguration
{
    static readonly string[] s_methods = ["linear", "slerp", "task_arithmetic", "ties", "dare_linear", "dare_ties", "breadcrumbs", "breadcrumbs_ties", "della", "della_linear", "model_stock", "karcher", "multislerp", "passthrough"];

    public required string Method { get; init; }

    public string? BaseModel { get; init; }

    /// <summary>One slice that holds whole models where the configuration lists models.</summary>
    public required IReadOnlyList<ConfiguredSlice> Slices { get; init; }

    public required IReadOnlyDictionary<string, TensorParameter> Parameters { get; init; }

    public DType? Type { get; init; }

    /// <summary>Keys that are understood elsewhere or have no effect here, in sentences.</summary>
    public IReadOnlyList<string> Remarks { get; init; } = [];

    /// <summary>The model whose tokenizer the result gets; null for the base, or the first where there is none.</summary>
    public string? TokenizerModel { get; init; }

    /// <summary>One vocabulary of all was asked for: honest only where all have the same.</summary>
    public bool WantsTokenizerUnion { get; init; }

    /// <summary>Every model that is needed, each once, the base first.</summary>
    public IReadOnlyList<string> Models => [.. (BaseModel is null ? [] : new[] { BaseModel }).Concat(Slices.SelectMany(slice => slice.Sources).Select(source => source.Model)).Distinct()];

    /// <exception cref="RecipeException">The text is no such configuration; names line and key.</exception>
    public static MergeConfiguration Parse(string yaml)
    {
        var root = YamlReader.Parse(yaml);
        root.AllowOnly("merge_method", "base_model", "models", "slices", "modules", "parameters", "dtype", "out_dtype", "tokenizer_source", "tokenizer", "chat_template", "name");
        if (root.Find("modules") is { } modules) throw modules.Wrong("'modules' describes models of several parts, which are not merged here; give each part a configuration of its own.");
        var method = Text(root.Find("merge_method") ?? throw root.Wrong("'merge_method' is missing."));
        if (!s_methods.Contains(method)) throw root.Find("merge_method")!.Wrong($"'{method}' is no known method; there are {string.Join(", ", s_methods)}.");
        if (root.Find("models") is not null == root.Find("slices") is not null) throw root.Wrong("either 'models' or 'slices' says what is merged.");
        var remarks = new List<string>();
        var tokenizer = ReadTokenizer(root, remarks);
        return new()
        {
            Method = method,
            BaseModel = root.Find("base_model") is { } origin ? ModelName(origin) : null,
            Slices = root.TryFind("models", out var models)
                ? [new([.. Items(models).Select(item => ReadSource(item, isSlice: false))])]
                : [.. Items(root.Find("slices")!).Select(ReadSlice)],
            Parameters = ReadParameters(root.Find("parameters")),
            Type = (root.Find("out_dtype") ?? root.Find("dtype")) is { } type ? Text(type) switch
            {
                "float32" => DType.F32,
                "float16" => DType.F16,
                "bfloat16" => DType.BF16,
                "float64" => DType.F64,
                var other => throw type.Wrong($"'{other}' is no type that is written; there are float32, float16, bfloat16, float64."),
            } : null,
            Remarks = remarks, TokenizerModel = tokenizer is "base" or "union" ? null : tokenizer, WantsTokenizerUnion = tokenizer == "union",
        };
    }

    /// <summary>"base", "union", a model's name, or null; what would make a new vocabulary is refused by name.</summary>
    static string? ReadTokenizer(YamlMap root, List<string> remarks)
    {
        if (root.Find("chat_template") is { } template && !(template is YamlScalar { Text: "auto" })) throw template.Wrong("only 'auto' is taken: the template comes with the tokenizer.");
        if (root.Find("chat_template") is not null) remarks.Add("'chat_template: auto': the template comes with the tokenizer.");
        if (root.Find("tokenizer_source") is { } source && root.Find("tokenizer") is not null) throw source.Wrong("'tokenizer_source' and 'tokenizer' are two words for one choice; give one.");
        var node = root.Find("tokenizer_source");
        if (root.Find("tokenizer") is { } whole)
        {
            if (whole is not YamlMap map) throw whole.Wrong("'tokenizer' is a mapping with source.");
            map.AllowOnly("source", "tokens", "pad_to_multiple_of");
            foreach (var key in (string[])["tokens", "pad_to_multiple_of"])
                if (map.Find(key) is { } made) throw made.Wrong($"'{key}' would make embeddings for a new vocabulary, which is not done here.");
            node = map.Find("source");
        }
        if (node is null) return null;
        var name = node is YamlScalar { Text: "base" or "union" } word ? word.Text : ModelName(node);
        remarks.Add(name == "union" ? "'tokenizer_source: union' is taken only where all models have one tokenizer." : $"tokenizer_source: the tokenizer of {(name == "base" ? "the base" : name)} comes with the result.");
        return name;
    }

    /// <summary>The method with its settings, for tensors that all of one parameter set apply to.</summary>
    /// <exception cref="RecipeException">A needed parameter is missing.</exception>
    public MergeMethod ToMethod(ulong seed = 0) => Method switch
    {
        "linear" => new Average(Flag("normalize", true)),
        "slerp" => new Slerp(Parameters.GetValueOrDefault("t") ?? throw new RecipeException(0, "parameters.t", "slerp needs t, from 0 (base) to 1.")),
        "task_arithmetic" => new TaskArithmetic(Number("lambda", 1), Flag("normalize", false)),
        "ties" => new Ties(Number("lambda", 1), Flag("normalize", true)),
        "dare_linear" or "dare_ties" => new Dare(Number("lambda", 1), Method == "dare_ties", Flag("normalize", false), Flag("rescale", true) ? Rescale.Inverse : Rescale.None, seed),
        "breadcrumbs" or "breadcrumbs_ties" => new Breadcrumbs(Number("gamma", 0.01), Number("lambda", 1), Method == "breadcrumbs_ties", Flag("normalize", false)),
        "della" or "della_linear" => new Della(Number("epsilon", 0.15), Number("lambda", 1), Method == "della", Flag("normalize", Method == "della"), seed),
        "model_stock" => new ModelStock(Flag("filter_wise", false)),
        "passthrough" => new Average(),
        _ => new Karcher((int)Number("max_iter", 100), Number("tol", 1e-9)),
    };

    double Number(string name, double otherwise) => Parameters.GetValueOrDefault(name) is { } value ? value.Of("", null) : otherwise;

    bool Flag(string name, bool otherwise) => Number(name, otherwise ? 1 : 0) != 0;

    static ConfiguredSlice ReadSlice(YamlNode node)
    {
        if (node is not YamlMap map) throw node.Wrong("a slice is a mapping with sources.");
        map.AllowOnly("sources", "parameters", "base_model");
        if (map.Find("base_model") is { } origin) throw origin.Wrong("a base for one slice is not taken; the configuration has one base.");
        var common = ReadParameters(map.Find("parameters"));
        var sources = Items(map.Find("sources") ?? throw map.Wrong("'sources' is missing.")).Select(item => ReadSource(item, isSlice: true)).ToList();
        if (sources.Select(source => source.EndLayer - source.FirstLayer).Distinct().Count() > 1) throw map.Wrong("the sources of a slice have different numbers of layers.");
        return new([.. sources.Select(source => source with { Parameters = common.Concat(source.Parameters).GroupBy(pair => pair.Key).ToDictionary(group => group.Key, group => group.Last().Value) })]);
    }

    static ConfiguredSource ReadSource(YamlNode node, bool isSlice)
    {
        if (node is not YamlMap map) throw node.Wrong("a mapping with model is expected.");
        map.AllowOnly("model", "layer_range", "parameters");
        var model = ModelName(map.Find("model") ?? throw map.Wrong("'model' is missing."));
        var parameters = ReadParameters(map.Find("parameters"));
        if (!isSlice && map.Find("layer_range") is { } stray) throw stray.Wrong("layers are chosen in slices.");
        if (map.Find("layer_range") is not { } range)
            return isSlice ? throw map.Wrong("'layer_range' is missing.") : new(model, null, null, parameters);
        return range is YamlList { Items: [YamlScalar { Value: long first and >= 0 and < 100_000 }, YamlScalar { Value: long end and < 100_000 }] } && end > first
            ? new(model, (int)first, (int)end, parameters)
            : throw range.Wrong("a range is two whole numbers: the first layer, and the one after the last.");
    }

    static Dictionary<string, TensorParameter> ReadParameters(YamlNode? node)
    {
        if (node is null or YamlScalar { Value: null }) return [];
        if (node is not YamlMap map) throw node.Wrong("'parameters' is a mapping.");
        return map.Entries.ToDictionary(entry => entry.Name, entry => TensorParameter.Read(entry.Value));
    }

    static IReadOnlyList<YamlNode> Items(YamlNode node) => node is YamlList { Items.Count: > 0 and <= 1000 } list ? list.Items : throw node.Wrong("a list of 1 to 1000 is expected.");

    /// <summary><c>model</c>, <c>model+lora</c>, or a mapping with path and revision.</summary>
    static string ModelName(YamlNode node)
    {
        if (node is YamlScalar { Text.Length: > 0 and <= 1000 } name)
            return name.Text.Contains('+') ? throw node.Wrong("an adapter behind '+' is not applied on the way; merge it into its base first.") : name.Text;
        if (node is not YamlMap map) throw node.Wrong("a model's name is expected.");
        return map.Find("model") is { } inner ? ModelName(inner) : map.Find("path") is YamlScalar path ? map.Find("revision") is YamlScalar revision ? $"{path.Text}@{revision.Text}" : path.Text : throw map.Wrong("'path' is missing.");
    }

    static string Text(YamlNode node) => node is YamlScalar { Value: string text } ? text : throw node.Wrong("a word is expected.");
}
