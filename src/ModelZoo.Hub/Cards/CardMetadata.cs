namespace ModelZoo.Hub.Cards;

/// <summary>The metadata block as a tree that never changes, with names for the keys that mean something.</summary>
sealed record CardMetadata(CardMap Root)
{
    public static readonly CardMetadata Empty = new(CardMap.Empty);

    public bool IsEmpty => Root.Entries.Count == 0;

    public CardValue? this[string key] => Root.Find(key);

    public IReadOnlyList<string> Licenses => TextList("license");
    public string? LicenseName => Text("license_name");
    public string? LicenseLink => Text("license_link");
    public IReadOnlyList<string> Languages => TextList("language");
    public string? LibraryName => Text("library_name");
    public string? PipelineTag => Text("pipeline_tag");
    public IReadOnlyList<string> Tags => TextList("tags");
    public IReadOnlyList<string> Datasets => TextList("datasets");
    public IReadOnlyList<string> Metrics => TextList("metrics");
    public IReadOnlyList<string> BaseModels => TextList("base_model");
    public string? BaseModelRelation => Text("base_model_relation");
    public string? NewVersion => Text("new_version");
    public string? ModelName => Text("model_name");
    public string? QuantizedBy => Text("quantized_by");
    public string? Thumbnail => Text("thumbnail");
    public string? InstancePrompt => Text("instance_prompt");
    public string? PrettyName => Text("pretty_name");

    /// <summary>False only when the card turns the widget off.</summary>
    public bool InferenceAllowed => this["inference"] is not CardScalar { Kind: ScalarKind.Boolean, Raw: ['f' or 'F', ..] };

    /// <summary>Grams of CO2 equivalents, from the number itself or its <c>emissions</c>.</summary>
    public double? EmissionsGrams => (this["co2_eq_emissions"] is CardMap map ? map.Find("emissions") : this["co2_eq_emissions"])?.Number;

    /// <summary>The structured results of <c>model-index</c> that have everything required.</summary>
    public IReadOnlyList<CardResult> Results => ModelIndex.Read(this).Results;

    /// <summary>A scalar's text, without blanks around it; null when absent, empty, a list or a mapping.</summary>
    public string? Text(string key) => this[key]?.Text?.Trim() is { Length: > 0 } text ? text : null;

    /// <summary>A text, or the texts of a list, in order and without empty ones.</summary>
    public IReadOnlyList<string> TextList(string key) => this[key] switch
    {
        CardList list => [.. list.Values.Select(value => value.Text?.Trim()).OfType<string>().Where(text => text.Length > 0)],
        CardScalar scalar when scalar.Text?.Trim() is { Length: > 0 } text => [text],
        _ => [],
    };

    /// <summary>"name@revision" in two.</summary>
    public static (string Name, string? Revision) SplitPin(string id) =>
        id.IndexOf('@') is var at and > 0 && at < id.Length - 1 ? (id[..at], id[(at + 1)..]) : (id.TrimEnd('@'), null);
}
