using System.Text.Json;
using System.Text.RegularExpressions;

namespace ModelZoo.Hub.Cards;

/// <summary>A parent named by <c>base_model</c>.</summary>
/// <param name="Relation">finetune, adapter, quantized or merge.</param>
sealed record CardParent(string Id, string Relation);

/// <summary>What a repository is found by: its tags, its task, its library and its parents, from card, file names and config.json.</summary>
sealed partial record CardTags(IReadOnlyList<string> Tags, string? PipelineTag, string? LibraryName, IReadOnlyList<CardParent> Parents)
{
    public static readonly IReadOnlyList<string> Relations = ["finetune", "adapter", "quantized", "merge"];

    /// <summary>Keys of data sets whose values become tags "key:value".</summary>
    static readonly string[] DatasetKeys =
    [
        "task_categories", "task_ids", "annotations_creators", "language_creators", "multilinguality", "size_categories", "source_datasets", "modality", "format",
    ];

    /// <summary>Most tags one repository gets; what a card lists beyond them is not indexed.</summary>
    const int MaxTags = 500;

    const int MaxTagLength = 200;

    /// <param name="files">All paths of the revision.</param>
    /// <param name="config">config.json of the root, when there is one that is JSON.</param>
    public static CardTags Of(Card card, CardKind kind, IReadOnlyCollection<string> files, JsonElement? config, CardVocabulary? vocabulary = null)
    {
        vocabulary ??= CardVocabulary.Default;
        var metadata = card.Metadata;
        if (kind != CardKind.Model) return OfOther(card, kind, files);

        var library = metadata.LibraryName ?? metadata.Tags.FirstOrDefault(vocabulary.Libraries.Contains) ?? CardEvidence.FindLibrary(files, config);
        var modelType = CardEvidence.Text(config, "model_type");
        var task = metadata.PipelineTag ?? library switch
        {
            "transformers" or "transformers.js" or null => CardEvidence.FindPipelineTag(CardEvidence.Architectures(config), modelType),
            "sentence-transformers" => "sentence-similarity",
            _ => null,
        };
        var parents = ParentsOf(metadata, files, config);

        var tags = new TagList();
        tags.Add(library);
        tags.AddRange(CardEvidence.Formats(files));
        tags.Add(modelType);
        tags.Add(task);
        tags.AddRange(metadata.Tags);
        if (config is { ValueKind: JsonValueKind.Object } json && json.TryGetProperty("auto_map", out _)) tags.Add("custom_code");
        tags.AddRange(metadata.Languages);
        tags.AddRange(metadata.Datasets.Select(id => $"dataset:{CardMetadata.SplitPin(id).Name}"));
        tags.AddRange(ArxivIds(card.Body).Select(id => $"arxiv:{id}"));
        foreach (var parent in parents)
        {
            tags.Add($"base_model:{parent.Id}");
            tags.Add($"base_model:{parent.Relation}:{parent.Id}");
        }
        tags.AddRange(metadata.Licenses.Select(id => $"license:{id}"));
        tags.Add("region:us");
        return new(tags.Values, task, library, parents);
    }

    /// <summary>The relation the card names, or the one its files show.</summary>
    public static IReadOnlyList<CardParent> ParentsOf(CardMetadata metadata, IReadOnlyCollection<string> files, JsonElement? config)
    {
        var ids = metadata.BaseModels.Distinct(StringComparer.Ordinal).ToList();
        if (ids.Count == 0) return [];
        var relation = Relations.Contains(metadata.BaseModelRelation) ? metadata.BaseModelRelation! : InferRelation(ids.Count, files, config);
        return [.. ids.Select(id => new CardParent(id, relation))];
    }

    static string InferRelation(int parents, IReadOnlyCollection<string> files, JsonElement? config)
    {
        if (files.Contains("adapter_config.json")) return "adapter";
        if (CardEvidence.IsQuantized(files, config)) return "quantized";
        return parents > 1 ? "merge" : "finetune";
    }

    static CardTags OfOther(Card card, CardKind kind, IReadOnlyCollection<string> files)
    {
        var metadata = card.Metadata;
        var tags = new TagList();
        if (kind == CardKind.Space) tags.Add(metadata.Text("sdk"));
        if (kind == CardKind.Dataset)
        {
            foreach (var key in DatasetKeys) tags.AddRange(metadata.TextList(key).Select(value => $"{key}:{value}"));
            tags.AddRange(metadata.Languages.Select(code => $"language:{code}"));
        }
        tags.AddRange(metadata.Licenses.Select(id => $"license:{id}"));
        if (kind == CardKind.Dataset) tags.AddRange(DatasetFormats(files));
        tags.AddRange(ArxivIds(card.Body).Select(id => $"arxiv:{id}"));
        tags.Add("region:us");
        tags.AddRange(metadata.Tags);
        return new(tags.Values, null, null, []);
    }

    static IEnumerable<string> DatasetFormats(IReadOnlyCollection<string> files)
    {
        bool Any(params string[] endings) => files.Any(file => Array.Exists(endings, ending => file.EndsWith(ending, StringComparison.OrdinalIgnoreCase)));

        if (Any(".parquet")) yield return "format:parquet";
        if (Any(".csv", ".tsv")) yield return "format:csv";
        if (Any(".jsonl", ".ndjson")) yield return "format:json";
        if (Any(".arrow")) yield return "format:arrow";
        if (Any(".jpg", ".jpeg", ".png", ".webp")) yield return "modality:image";
        if (Any(".wav", ".flac", ".mp3", ".ogg")) yield return "modality:audio";
        if (Any(".mp4", ".mkv", ".webm")) yield return "modality:video";
    }

    static IEnumerable<string> ArxivIds(string body) => ArxivLink().Matches(body).Select(match => match.Groups[1].Value).Distinct().Take(100);

    [GeneratedRegex(@"arxiv\.org/(?:abs|pdf|html)/([0-9]{4}\.[0-9]{4,5})", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex ArxivLink();

    /// <summary>Tags in the order they were found, each once, without those that no index could hold.</summary>
    sealed class TagList
    {
        readonly HashSet<string> _seen = new(StringComparer.Ordinal);
        readonly List<string> _values = [];

        public IReadOnlyList<string> Values => _values;

        public void AddRange(IEnumerable<string> tags)
        {
            foreach (var tag in tags) Add(tag);
        }

        public void Add(string? tag)
        {
            if (tag is { Length: > 0 and <= MaxTagLength } && _values.Count < MaxTags && !tag.AsSpan().ContainsAnyInRange('\0', '\u001f') && _seen.Add(tag))
                _values.Add(tag);
        }
    }
}
