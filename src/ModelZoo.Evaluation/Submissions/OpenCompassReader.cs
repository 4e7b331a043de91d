using System.Globalization;
using System.Text.Json;
using ModelZoo.Evaluation.Records;

namespace ModelZoo.Evaluation.Submissions;

/// <summary>OpenCompass's summary table and single result files. Its values are percentages.</summary>
static class OpenCompassReader
{
    public static void ReadSummary(SubmissionFile file, Collected into)
    {
        into.Format("opencompass");
        List<string>? header = null;
        foreach (var (number, cells) in SubmissionText.Rows(file, into.Options))
        {
            if (header is null)
            {
                header = cells;
                continue;
            }
            if (cells.Count != header.Count) throw new EvaluationException($"{file.Path}, line {number}: the row has {cells.Count} cells, the header {header.Count}.");
            for (var column = 4; column < cells.Count; column++)
            {
                // A hyphen: this model was not measured on this set.
                if (cells[column].Trim() is "-" or "") continue;
                if (!double.TryParse(cells[column], NumberStyles.Float, CultureInfo.InvariantCulture, out var stated)) throw new EvaluationException($"{file.Path}, line {number}: '{Short(cells[column])}' is no number.");
                Add(file, number, header[column], cells[0], cells[1] is "-" or "" ? null : cells[1], cells[2], stated, into);
            }
        }
    }

    public static void ReadResult(SubmissionFile file, Collected into)
    {
        into.Format("opencompass");
        using var document = SubmissionJson.Parse(file, into.Options);
        var parts = file.Path.Split('/');
        foreach (var entry in document.RootElement.EnumerateObject())
            if (entry.Value.ValueKind == JsonValueKind.Number)
                Add(file, null, parts.Length > 1 ? parts[^2] : "", Path.GetFileNameWithoutExtension(file.Name), null, entry.Name, entry.Value.GetDouble(), into);
    }

    static void Add(SubmissionFile file, int? line, string model, string dataset, string? version, string metric, double stated, Collected into)
    {
        var place = line is { } number ? $"{file.Path}, line {number}" : file.Path;
        var value = ValueRules.Value(place, metric, stated, isPercent: true);
        var record = new ScoreRecord
        {
            Model = new(model, null, null), Task = new(dataset, version, null), Harness = new("opencompass", null, null), Protocol = new(null, null, null, null, null),
            Metric = metric, Value = value, HigherIsBetter = ValueRules.HigherIsBetter(metric), Unranked = ValueRules.Revision(null, into.Options),
        };
        into.Scores.Add(new(record, file.Path) { Line = line, ModelName = model, IsPercent = true, Stated = value == stated ? null : stated });
    }

    static string Short(string text) => text.Length > 40 ? text[..40] : text;
}
