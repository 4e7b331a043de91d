using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using ModelZoo.Hub.Kernel;

namespace ModelZoo.Hub.Evaluations.Scores;

/// <summary>Reads <c>model-index</c> of a card's metadata block. The card's own page says what is wrong with it; here such results are left out.</summary>
static class CardResultsFile
{
    const string Fence = "---";

    public static IReadOnlyList<ScoreRow> Read(string readme)
    {
        if (FrontMatter(readme) is not { } block || !block.Contains("model-index", StringComparison.Ordinal)) return [];
        try
        {
            return ScoreYaml.Parse(block) is JsonObject card ? [.. Rows(card)] : [];
        }
        catch (ScoreYamlException)
        {
            return [];
        }
    }

    static string? FrontMatter(string readme)
    {
        var text = readme.TrimStart('\uFEFF').ReplaceLineEndings("\n");
        if (!text.StartsWith(Fence + "\n", StringComparison.Ordinal)) return null;
        var end = text.IndexOf("\n" + Fence, Fence.Length, StringComparison.Ordinal);
        return end < 0 || end > ScoreLimits.MaxFileBytes ? null : text[(Fence.Length + 1)..(end + 1)];
    }

    static IEnumerable<ScoreRow> Rows(JsonObject card)
    {
        foreach (var model in Items(card["model-index"]))
            foreach (var result in Items((model as JsonObject)?["results"]))
            {
                if (result is not JsonObject { } one || one["dataset"] is not JsonObject dataset || Text(dataset["type"]) is not { } type || Text(dataset["name"]) is null) continue;
                if (Text((one["task"] as JsonObject)?["type"]) is null) continue;
                var source = one["source"] as JsonObject;
                foreach (var metric in Items(one["metrics"]))
                {
                    if (metric is not JsonObject stated || Text(stated["type"]) is not { } name || stated["value"] is not { } value) continue;
                    yield return new ScoreRow
                    {
                        Origin = "card", Path = ResultsLayout.Readme, Dataset = type, DatasetKey = type.ToLowerInvariant(), Config = Text(dataset["config"]), Split = Text(dataset["split"]),
                        DatasetRevision = Text(dataset["revision"]), Metric = name, Value = Number(value), ValueText = Shown(value),
                        SourceJson = Text(source?["url"]) is null ? null : JsonText.Storable(source!.ToJsonString()) is { Length: < 4_000 } json ? json : null,
                        Standing = Text(source?["url"]) is null ? Standing.Claimed.Word() : Standing.Reported.Word(),
                        Unranked = Number(value) is null ? "The value is no plain number." : null,
                    };
                }
            }
    }

    static JsonArray Items(JsonNode? node) => node as JsonArray ?? [];

    static string? Text(JsonNode? node)
    {
        if (node is not JsonValue value) return null;
        var text = JsonText.Storable(value.GetValueKind() == JsonValueKind.String ? value.GetValue<string>() : value.ToJsonString()).Trim();
        return text.Length is > 0 and <= ScoreLimits.MaxName ? text : null;
    }

    /// <summary>A number, or one that was written in quotes.</summary>
    static double? Number(JsonNode? node) =>
        node is JsonValue value && double.TryParse(value.GetValueKind() == JsonValueKind.String ? value.GetValue<string>().Trim() : value.ToJsonString(), NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
        && double.IsFinite(number) ? number : null;

    static string Shown(JsonNode node)
    {
        var text = JsonText.Storable(node is JsonValue value && value.GetValueKind() == JsonValueKind.String ? value.GetValue<string>() : node.ToJsonString());
        return text.Length > 60 ? text[..60] + "…" : text;
    }
}
