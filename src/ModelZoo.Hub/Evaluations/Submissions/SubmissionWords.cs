using System.Globalization;
using System.Text;
using System.Text.Json;
using ModelZoo.Evaluation.Submissions;

namespace ModelZoo.Hub.Evaluations.Submissions;

/// <summary>Writes what was accepted as files of <c>.eval_results</c>.</summary>
static class SubmissionWords
{
    public static string Results(string benchmark, string? revision, IReadOnlyList<AcceptedScore> scores, string evidence, string? samples, string format)
    {
        var text = new StringBuilder();
        foreach (var score in scores.Where(score => score.Record is { Subgroup: null, Value: not null }))
        {
            var record = score.Record;
            text.Append($"- dataset:\n    id: {Quote(benchmark)}\n    task_id: {Quote(record.Task.Id)}\n");
            if (revision is not null) text.Append($"    revision: {Quote(revision)}\n");
            text.Append($"  value: {Number(record.Value!.Value)}\n");
            if (score.Date is { } date) text.Append($"  date: \"{date.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture)}\"\n");
            if (score.SourceUrl is { } url) text.Append($"  source:\n    url: {Quote(url)}\n    name: {Quote(score.SourceName ?? format)}\n");
            if (score.Notes is { } notes) text.Append($"  notes: {Quote(notes)}\n");
            text.Append($"  zoo:\n    metric: {Quote(record.Metric)}\n    filter: {Quote(record.Filter)}\n    standing: {(score.IsReported ? "reported" : "claimed")}\n");
            if (record.N is { } n) text.Append($"    n: {n}\n");
            if (record.Stderr is { } error) text.Append($"    stderr: {Number(error)}\n");
            if (record.Unranked is { } unranked) text.Append($"    unranked: {Quote(unranked)}\n");
            text.Append($"    evidence: {Quote(evidence)}\n");
            if (samples is not null) text.Append($"    samples: {Quote(samples)}\n");
        }
        return text.ToString();
    }

    /// <summary>One line for each sample and filter, as the hub's own runs write them, without what was asked.</summary>
    public static byte[] Samples(IEnumerable<ImportedSample> samples)
    {
        using var buffer = new MemoryStream();
        foreach (var sample in samples)
        {
            using (var writer = new Utf8JsonWriter(buffer))
            {
                writer.WriteStartObject();
                writer.WriteString("id", sample.Id);
                writer.WriteString("filter", sample.Filter);
                foreach (var (metric, value) in sample.Scores)
                    if (double.IsFinite(value)) writer.WriteNumber(metric, value);
                writer.WriteEndObject();
            }
            buffer.WriteByte((byte)'\n');
        }
        return buffer.ToArray();
    }

    static string Number(double value) => value.ToString("R", CultureInfo.InvariantCulture);

    /// <summary>JSON's strings are YAML's, too.</summary>
    static string Quote(string text) => JsonSerializer.Serialize(text);
}
