using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using ModelZoo.Evaluation.Records;
using ModelZoo.Hub.Evaluations.Runs;

namespace ModelZoo.Hub.Web.Pages.Runs;

/// <summary>Sample records and scores in words that fit a table.</summary>
static class SampleView
{
    const int Cell = 140;
    const int Whole = 900;

    public static ScoreLine Line(ScoreRecord score) => new(score.Task.Id, score.Metric, score.Filter, Number(score.Value) is { Length: > 0 } value ? value : "undefined", Number(score.Stderr),
        score.Ci95 is { } interval ? $"{Number(interval.Low)} to {Number(interval.High)}" : "", score.N is { } n ? Quantity.Exact(n) : "", score.Unranked);

    static string Number(double? value) => value?.ToString("0.######", CultureInfo.InvariantCulture) ?? "";

    public static SampleLine Of(ShownSample sample)
    {
        try
        {
            var record = JsonNode.Parse(sample.Line) as JsonObject ?? [];
            var metric = (record["metrics"] as JsonArray)?.Select(name => name?.GetValue<string>()).OfType<string>().FirstOrDefault(name => record[name] is JsonValue value && value.GetValueKind() == JsonValueKind.Number);
            var first = ((record["arguments"] as JsonObject)?.FirstOrDefault().Value as JsonObject)?["arg_0"];
            return new(sample.Number, Short(record["id"] ?? record["doc_id"]), Short(first ?? record["doc"]), Short(record["error"] ?? record["filtered_resps"]), Short(record["target"]),
                record["error"] is not null ? "error" : metric is null ? "" : Number(record[metric]!.GetValue<double>()), sample.IsWrong, sample.Line.Length <= Whole ? sample.Line : sample.Line[..(Whole - 1)] + "…");
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
        {
            return new(sample.Number, $"{sample.Number}", "This record is too long to be shown here.", "", "", "", sample.IsWrong, "");
        }
    }

    static string Short(JsonNode? node)
    {
        var text = node is null ? "" : node is JsonValue value && value.GetValueKind() == JsonValueKind.String ? value.GetValue<string>() : node.ToJsonString(s_plain);
        return text.Length <= Cell ? text : text[..(Cell - 1)] + "…";
    }

    static readonly JsonSerializerOptions s_plain = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
}
