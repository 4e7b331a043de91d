using System.Text.Json;
using ModelZoo.Hub.Cards;
using ModelZoo.Hub.Profiles;
using ModelZoo.Hub.Repositories;
using ModelZoo.Hub.Web.Components;
using ModelZoo.Hub.Web.Estimates;
using ModelZoo.Profiling;

namespace ModelZoo.Hub.Web.Pages.Repositories;

/// <summary>Turns the rows of projections into the words and numbers of a page. What is not there is said to be not measured.</summary>
static class CardFactsReader
{
    public static string? ModelType(string? configJson) => Property(configJson, "model_type") is { ValueKind: JsonValueKind.String } type ? type.GetString() : null;

    /// <summary>Six facts for a model; for other kinds those that make sense.</summary>
    /// <param name="device">The reader's.</param>
    public static IReadOnlyList<PlateFact> Plate(Repository repository, CardRow? card, WeightSummaryRow? summary, IReadOnlyList<CardResult> results, Profile? profile, Estimate? estimate)
    {
        if (repository.Kind != RepositoryKind.Model)
            return [Files(card), Size(card), Licence(card)];
        var best = results.Count > 0 ? results[0] : null;
        return
        [
            Parameters(profile, summary),
            profile?.WeightBytes is { } bytes
                ? new("Weights", Amount.Bytes(bytes.Value), DTypes(profile), $"{bytes.Value:N0} bytes")
                : new("Weights", null, Explanation: "parameters"),
            profile?.FlopPerUnit is { } flop
                ? new($"Work per {VerdictWords.Unit(profile.Work?.Unit)}", Amount.Flop(flop.Value), $"from {Words(flop.Origin)}", $"{flop.Value:N0} FLOP, {flop.How}")
                : new("Work per token", null, Explanation: "work"),
            estimate is null ? new("Bound on your device", null, Explanation: "bound")
                : new("Bound", estimate.LatencySeconds is null ? VerdictWords.Short(estimate.Verdict) : estimate.Step.IsOverhead ? "overhead" : VerdictWords.Word(estimate.Bound),
                    $"{VerdictWords.Short(estimate.Verdict)} on {estimate.Device.Name}", VerdictWords.Sentence(estimate)),
            best?.ValueText is { } value
                ? new("First score", Short(value), $"claimed: {best.MetricName ?? best.MetricType} on {best.DatasetName}")
                : new("Best score", null, Explanation: "score"),
            Licence(card),
        ];
    }

    static PlateFact Parameters(Profile? profile, WeightSummaryRow? summary)
    {
        if (profile?.Parameters is { } count)
            return profile.ActiveParameters is { } active && active.Value < count.Value
                ? new("Parameters", $"{Amount.Parameters(active.Value)} / {Amount.Parameters(count.Value)}", $"active / all, from {Words(count.Origin)}", $"{active.Value:N0} of {count.Value:N0}")
                : new("Parameters", Amount.Parameters(count.Value), $"from {Words(count.Origin)}", $"{count.Value:N0}");
        return summary?.Parameters is { } known and > 0 ? new("Parameters", Quantity.Parameters(known), "read from the files", Quantity.Exact(known)) : new("Parameters", null, Explanation: "parameters");
    }

    static string Words(Origin origin) => origin switch
    {
        Origin.Header => "the headers",
        Origin.Config => "the configuration",
        Origin.Declared => "a declaration",
        Origin.Estimate => "an estimate",
        _ => "a measurement",
    };

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

    static string? DTypes(Profile profile) => profile.DTypes.Count == 0 ? null : string.Join(", ", profile.DTypes.Take(3).Select(share => share.DType));

    static JsonElement? Property(string? json, string name)
    {
        if (json is null) return null;
        using var document = JsonDocument.Parse(json);
        return document.RootElement.ValueKind == JsonValueKind.Object && document.RootElement.TryGetProperty(name, out var value) ? value.Clone() : null;
    }

    static string Short(string text) => text.Length <= 24 ? text : text[..23] + "…";
}
