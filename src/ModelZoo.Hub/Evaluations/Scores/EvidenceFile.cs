using System.Globalization;
using System.Text.Json;
using ModelZoo.Evaluation.Records;
using ModelZoo.Hub.Kernel;

namespace ModelZoo.Hub.Evaluations.Scores;

/// <summary>Reads and writes the records behind scores: a list of <see cref="ScoreRecord"/> as JSON in snake case.</summary>
static class EvidenceFile
{
    const int MaxDepth = 32;

    public static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = System.Text.Json.Serialization.JsonIgnoreCondition.WhenWritingNull, MaxDepth = MaxDepth,
    };

    static readonly JsonSerializerOptions s_indented = new(Json) { WriteIndented = true, IndentSize = 1, NewLine = "\n", Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The records; empty with a problem where the file is none.</summary>
    public static (IReadOnlyList<ScoreRecord> Records, string? Problem) Read(ReadOnlySpan<byte> json)
    {
        try
        {
            if (!JsonText.IsUnicode(json, MaxDepth)) return ([], "It has text that is not Unicode.");
            var records = JsonSerializer.Deserialize<List<ScoreRecord?>>(json, Json) ?? [];
            // What a record must have may still be null in JSON.
            return ([.. records.OfType<ScoreRecord>().Where(record => record is { Task.Id.Length: > 0, Metric.Length: > 0, Filter: not null, Harness: not null, Protocol: not null }).Take(ScoreLimits.MaxScores)], null);
        }
        catch (JsonException error)
        {
            return ([], $"It is no list of records: line {error.LineNumber + 1}.");
        }
    }

    public static byte[] Write(IReadOnlyList<ScoreRecord> records) => [.. JsonSerializer.SerializeToUtf8Bytes(records, s_indented), (byte)'\n'];

    /// <summary>What a record says, in the fields of a row.</summary>
    public static ScoreRow Add(ScoreRow row, ScoreRecord record) => row with
    {
        Metric = Short(record.Metric), Filter = Short(record.Filter) ?? "none", Subgroup = Short(record.Subgroup), Value = Finite(record.Value), Stderr = Finite(record.Stderr) is { } error and >= 0 ? error : null,
        Low = Finite(record.Ci95?.Low), High = Finite(record.Ci95?.High), N = record.N is > 0 and var n ? n : null, HigherIsBetter = record.HigherIsBetter ? 1 : 0,
        TaskHash = Short(record.Task.Hash), TaskVersion = Short(record.Task.Version), DatasetDigest = Short(record.Dataset?.Digest), DatasetRevision = Short(record.Dataset?.Revision) ?? row.DatasetRevision,
        Config = Short(record.Dataset?.Config) ?? row.Config, Split = Short(record.Dataset?.Split) ?? row.Split, Protocol = ProtocolWords(record.Protocol),
        MeasuredAt = row.MeasuredAt ?? record.Run?.Started?.ToUnixTimeMilliseconds(), RunSeconds = Finite(record.Run?.Seconds), Host = Short(record.Run?.Cpu),
        ModelCommit = Short(record.Model?.Revision), ModelDigest = Short(record.Model?.Digest), Samples = row.Samples ?? Short(record.Samples?.Path),
        Unranked = Short(record.Unranked) ?? row.Unranked ?? (record.Protocol.Limit is { } limit ? $"Only {limit.ToString(CultureInfo.InvariantCulture)} samples were asked for." : null),
    };

    /// <summary>Scores of different protocols are not ranked together; null where nothing is known of it.</summary>
    public static string? ProtocolWords(Protocol protocol)
    {
        var words = new List<string>();
        if (protocol.NumFewshot is { } shots) words.Add($"{shots}-shot");
        if (protocol.FewshotSeed is { } seed && protocol.NumFewshot > 0) words.Add($"seed {seed}");
        if (Short(protocol.Scoring) is { } scoring) words.Add(scoring);
        if (Short(protocol.ChatTemplate) is { } template) words.Add($"chat template {(template.Length > 12 ? template[..12] : template)}");
        return words.Count == 0 ? null : string.Join(", ", words);
    }

    static double? Finite(double? number) => number is { } value && double.IsFinite(value) ? value : null;

    static string? Short(string? text) => text is { Length: > 0 } ? JsonText.Storable(text.Length > ScoreLimits.MaxName ? text[..ScoreLimits.MaxName] : text) : null;
}
