using System.Text.Json;
using ModelZoo.Hub.Cards;
using ModelZoo.Hub.Profiles;
using ModelZoo.Hub.Repositories;
using ModelZoo.Hub.Web.Components;

namespace ModelZoo.Hub.Web.Pages.Repositories;

/// <summary>Turns the rows of projections into the words and numbers of a page. What is not there is said to be not measured.</summary>
static class CardFactsReader
{
    static readonly string[] s_weightEndings = [".safetensors", ".gguf", ".onnx", ".bin", ".pt", ".pth", ".h5", ".tflite"];

    public static string? ModelType(string? configJson) => Property(configJson, "model_type") is { ValueKind: JsonValueKind.String } type ? type.GetString() : null;

    /// <summary>Six facts for a model; for other kinds those that make sense.</summary>
    public static IReadOnlyList<PlateFact> Plate(Repository repository, CardRow? card, WeightSummaryRow? summary, IReadOnlyList<CardResult> results, IReadOnlyList<FileFact> files)
    {
        if (repository.Kind != RepositoryKind.Model)
            return [Files(card), Size(card), Licence(card)];
        var weights = files.Where(f => s_weightEndings.Any(e => f.Path.EndsWith(e, StringComparison.OrdinalIgnoreCase))).ToList();
        // One model in several formats is stored several times; the first format there is says how heavy it is.
        var ending = s_weightEndings.FirstOrDefault(e => weights.Any(f => f.Path.EndsWith(e, StringComparison.OrdinalIgnoreCase)));
        var bytes = weights.Where(f => ending is not null && f.Path.EndsWith(ending, StringComparison.OrdinalIgnoreCase)).Sum(f => f.SizeBytes);
        var best = results.Count > 0 ? results[0] : null;
        return
        [
            summary?.Parameters is { } count and > 0
                ? new("Parameters", Quantity.Parameters(count), "read from the files", Quantity.Exact(count))
                : new("Parameters", null, Explanation: "parameters"),
            bytes > 0
                ? new("Weights", Quantity.Bytes(bytes), DTypes(summary) ?? ending!.TrimStart('.'), $"{Quantity.Exact(bytes)} bytes")
                : new("Weights", null, Explanation: "parameters"),
            new("Work per token", null, Explanation: "work"),
            new("Bound on your device", null, Explanation: "bound"),
            best?.ValueText is { } value
                ? new("First score", Short(value), $"claimed: {best.MetricName ?? best.MetricType} on {best.DatasetName}")
                : new("Best score", null, Explanation: "score"),
            Licence(card),
        ];
    }

    public static IReadOnlyList<ScoreFact> Scores(IReadOnlyList<CardResult> results) =>
        [.. results.Where(r => r.ValueText is not null).Take(8).Select(r => new ScoreFact(r.DatasetName, r.MetricName ?? r.MetricType, Short(r.ValueText!), "claimed"))];

    public static Completeness? Completeness(CardRow? card)
    {
        if (card is null) return null;
        var points = JsonSerializer.Deserialize<List<CardPoint>>(card.PointsJson) ?? [];
        return new((int)card.Score, [.. points.Where(p => p.Points == 0).OrderByDescending(p => p.Worth).Take(6).Select(p => p.Id.Replace('_', ' '))]);
    }

    public static IReadOnlyList<Finding> Findings(IEnumerable<CardFinding> findings) =>
        [.. findings.Take(30).Select(f => new Finding(f.IsError ? "error" : "warning", f.Message, f.Place))];

    public static IReadOnlyList<TaxonStep> Tags(CardRow? card, RepositoryKind kind)
    {
        if (card is null) return [];
        var tags = JsonSerializer.Deserialize<List<string>>(card.TagsJson) ?? [];
        return [.. tags.Take(40).Select(tag => new TaxonStep(tag, Href.Local($"/{kind.Plural()}?tag={Uri.EscapeDataString(tag)}")))];
    }

    static PlateFact Licence(CardRow? card) =>
        card?.Licence is { } licence ? new("Licence", licence, "stated by the card") : new("Licence", null, Explanation: "license");

    static PlateFact Files(CardRow? card) => new("Files", Quantity.Exact(card?.FileCount ?? 0));

    static PlateFact Size(CardRow? card) => new("Size", Quantity.Bytes(card?.SizeBytes ?? 0), null, $"{Quantity.Exact(card?.SizeBytes ?? 0)} bytes");

    static string? DTypes(WeightSummaryRow? summary)
    {
        if (Property(summary?.SafetensorsJson, "parameters") is not { ValueKind: JsonValueKind.Object } types) return null;
        var names = types.EnumerateObject().OrderByDescending(t => t.Value.GetInt64()).Select(t => t.Name).Take(3).ToList();
        return names.Count == 0 ? null : string.Join(", ", names);
    }

    static JsonElement? Property(string? json, string name)
    {
        if (json is null) return null;
        using var document = JsonDocument.Parse(json);
        return document.RootElement.ValueKind == JsonValueKind.Object && document.RootElement.TryGetProperty(name, out var value) ? value.Clone() : null;
    }

    static string Short(string text) => text.Length <= 24 ? text : text[..23] + "…";
}
