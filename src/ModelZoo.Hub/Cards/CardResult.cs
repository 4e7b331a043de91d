namespace ModelZoo.Hub.Cards;

/// <summary>One metric of one result of <c>model-index</c>.</summary>
/// <param name="Place">Where in the card: <c>model-index[0].results[1].metrics[0]</c>.</param>
/// <param name="ValueText">The value's text exactly as written; null when it is a list or a mapping.</param>
sealed record CardResult(string Place, string ModelName, string TaskType, string DatasetType, string DatasetName, string MetricType, CardValue Value, string? ValueText)
{
    public string? TaskName { get; init; }
    public string? DatasetConfig { get; init; }
    public string? DatasetSplit { get; init; }
    public string? DatasetRevision { get; init; }
    public CardValue? DatasetArgs { get; init; }
    public string? MetricName { get; init; }
    public string? MetricConfig { get; init; }
    public CardValue? MetricArgs { get; init; }
    public string? VerifyToken { get; init; }
    public string? SourceName { get; init; }
    public string? SourceUrl { get; init; }

    /// <summary>True when the data-set revision is a whole commit id.</summary>
    public bool IsPinned => ModelZoo.Git.ObjectId.TryParse(DatasetRevision, out _);

    /// <summary>Results with one key are one cell of a leaderboard; the later in the file counts.</summary>
    public string CellKey => string.Join('\n', TaskType, DatasetType, DatasetConfig, DatasetSplit, DatasetRevision, MetricType, MetricConfig,
        DatasetArgs?.ToJson()?.ToJsonString(), MetricArgs?.ToJson()?.ToJsonString());
}

/// <summary>Reads <c>model-index</c>. A result that lacks something required is left out, with an error that names the place.</summary>
static class ModelIndex
{
    public static (IReadOnlyList<CardResult> Results, IReadOnlyList<CardFinding> Findings) Read(CardMetadata metadata)
    {
        if (metadata["model-index"] is not { } index || index is CardScalar { Kind: ScalarKind.Null }) return ([], []);
        var results = new List<CardResult>();
        var findings = new List<CardFinding>();
        if (index is not CardList models) return ([], [Invalid("model-index", "must be a list")]);
        for (var m = 0; m < models.Values.Count; m++)
        {
            var place = $"model-index[{m}]";
            var name = Required(models.Values[m], "name", place, findings) ?? "";
            if (models.Values[m]["results"] is not CardList list) findings.Add(Invalid($"{place}.results", "is missing"));
            else
                for (var r = 0; r < list.Values.Count; r++) ReadResult(name, list.Values[r], $"{place}.results[{r}]", results, findings);
        }
        return (results, findings);
    }

    static void ReadResult(string model, CardValue result, string place, List<CardResult> results, List<CardFinding> findings)
    {
        var before = findings.Count;
        var task = Required(result["task"], "type", $"{place}.task", findings);
        var dataset = result["dataset"];
        var datasetType = Required(dataset, "type", $"{place}.dataset", findings);
        var datasetName = Required(dataset, "name", $"{place}.dataset", findings);
        var source = result["source"];
        if (source is not null and not CardScalar { Kind: ScalarKind.Null } && Text(source, "url") is null)
            findings.Add(CardFinding.Error("source_url_missing", $"{place}.source", "`source` needs `url`."));
        if (result["metrics"] is not CardList { Values.Count: > 0 } metrics)
        {
            findings.Add(Invalid($"{place}.metrics", "is missing"));
            return;
        }
        var read = new List<CardResult>();
        for (var i = 0; i < metrics.Values.Count; i++)
        {
            var (metric, at) = (metrics.Values[i], $"{place}.metrics[{i}]");
            var type = Required(metric, "type", at, findings);
            if (metric["value"] is not { } value || value is CardScalar { Kind: ScalarKind.Null })
            {
                findings.Add(Invalid($"{at}.value", "is missing"));
                continue;
            }
            read.Add(new(at, model, task ?? "", datasetType ?? "", datasetName ?? "", type ?? "", value, value.Text)
            {
                TaskName = Text(result["task"], "name"), DatasetConfig = Text(dataset, "config"), DatasetSplit = Text(dataset, "split"),
                DatasetRevision = Text(dataset, "revision"), DatasetArgs = dataset?["args"], MetricName = Text(metric, "name"),
                MetricConfig = Text(metric, "config"), MetricArgs = metric["args"], VerifyToken = Text(metric, "verifyToken"),
                SourceName = Text(source, "name"), SourceUrl = Text(source, "url"),
            });
        }
        if (findings.Count == before) results.AddRange(read);
    }

    static string? Required(CardValue? parent, string key, string place, List<CardFinding> findings)
    {
        var text = Text(parent, key);
        if (text is null) findings.Add(Invalid($"{place}.{key}", "is missing"));
        return text;
    }

    static string? Text(CardValue? parent, string key) => parent?[key]?.Text?.Trim() is { Length: > 0 } text ? text : null;

    static CardFinding Invalid(string place, string problem) => CardFinding.Error("result_invalid", place, $"{place} {problem}.");
}
